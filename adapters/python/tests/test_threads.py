"""One Client in many threads, in a fork, and interrupted anywhere."""

import os
import socket
import sys
import threading
import unittest
from typing import Any, Callable, Iterator, List, Tuple

from metric_client import Client, ClientError, Disconnected
from metric_client.turns import Turns
from scripted_server import PATIENCE, ScriptedServer, says, silence

OK = says(b"ok\n\n")
THREADS, ROUNDS, BATCH = 16, 20, 7


def in_threads(work: Callable[[int], Any], count: int = THREADS) -> List[Any]:
    """Runs `work` with each number in a thread of its own. Returns the results, or the errors."""
    results: List[Any] = [None] * count

    def run(number: int) -> None:
        try:
            results[number] = work(number)
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=[number], daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
        assert not thread.is_alive(), "a thread waits forever"
    return results


class Threads(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1e-5)

    def test_threads_share_a_client_and_each_gets_its_own_answers(self) -> None:
        def echo(connection: socket.socket) -> None:
            command, key, *_ = server.requests[-1].split()
            connection.sendall(b"ok\n\n" if command == b"put" else b"ok\n" + key + b" 1.0 1\n\n")

        def samples(key: str) -> Iterator[Tuple[str, int, int]]:
            for number in range(BATCH):
                yield key, number, number
                threading.Event().wait(0)  # others may run

        def work(number: int) -> None:
            for _ in range(ROUNDS):
                key = f"key{number}"
                client.put(key, number, number)
                assert client.get(key) == {key: [(1, 1.0)]}
                assert client.put_all(samples(key)) == BATCH

        script = [echo] * (THREADS * ROUNDS * (BATCH + 2))
        with ScriptedServer(*script) as server:
            with Client("127.0.0.1", server.port, timeout=PATIENCE) as client:
                self.assertEqual(in_threads(work), [None] * THREADS)
        for number in range(THREADS):
            key = b"key%d" % number
            own = [request for request in server.requests if request.split()[1] == key]
            self.assertEqual(len(own), ROUNDS * (BATCH + 2))
        self.assert_batches_are_whole(server.requests)

    def assert_batches_are_whole(self, requests: List[bytes]) -> None:
        """Checks that nothing of another thread came between the samples of a put_all."""
        places = [place for place, request in enumerate(requests) if request.startswith(b"get ")]
        for place in places:
            key = requests[place].split()[1]
            after = requests[place + 1 : place + 1 + len(requests)]
            begin = next(i for i, request in enumerate(after) if request.split()[1] == key)
            batch = [b"put %s %d %d\n" % (key, n, n) for n in range(BATCH)]
            self.assertEqual(after[begin : begin + BATCH], batch)

    def test_a_failure_fails_the_calls_that_wait_or_they_reconnect(self) -> None:
        for reconnect in (False, True):
            script = [[OK] * THREADS] if reconnect else []
            with ScriptedServer(says(), then=script) as server:
                with Client("127.0.0.1", server.port, PATIENCE, reconnect=reconnect) as client:
                    errors = in_threads(lambda number: client.put("k", 1, number))
            failed = [error for error in errors if error]
            self.assertEqual(len(failed), 1 if reconnect else THREADS)
            for error in failed:
                self.assertIsInstance(error, Disconnected)
            in_doubt = [error.in_doubt for error in failed if error.in_doubt]
            self.assertEqual(in_doubt, [server.requests[0].decode().rstrip()])
            self.assertEqual(len(set(server.requests)), THREADS if reconnect else 1)

    def test_a_call_inside_a_call_of_the_same_thread_is_refused_at_once(self) -> None:
        def nested(*_: Any) -> None:
            try:
                client.put("k", 1, 9)
            except ClientError as error:
                told.append(str(error))

        def samples() -> Iterator[Tuple[str, int, int]]:
            for number in range(3):
                nested()
                yield "k", 1, number
            yield "", 1, 1

        told: List[str] = []
        with ScriptedServer(OK, OK, OK, OK) as server:
            with Client("127.0.0.1", server.port, PATIENCE) as client:
                self.assertEqual(client.put_all(samples(), nested), 3)
                client.put("k", 1, 3)
        self.assertEqual(len(told), 4)
        for words in told:
            self.assertIn("busy with a call of this thread", words)
        self.assertEqual(server.requests, [b"put k 1 %d\n" % number for number in range(4)])

    def test_an_interrupted_wait_leaves_the_turn_to_its_owner(self) -> None:
        turns = Turns()

        class Interrupted(BaseException):
            pass

        class Watched:
            """The lock of `turns`, but whoever waits for it is interrupted."""

            def __init__(self) -> None:
                self.lock = turns._lock

            def acquire(self) -> None:
                if not self.lock.acquire(blocking=False):
                    raise Interrupted

            def release(self) -> None:
                self.lock.release()

        def work(number: int) -> None:
            with turns.turn():
                pass

        setattr(turns, "_lock", Watched())
        with turns.turn():
            (interrupted,) = in_threads(work, 1)
            self.assertIsInstance(interrupted, Interrupted)
            with self.assertRaisesRegex(ClientError, "busy"), turns.turn():
                pass
        self.assertEqual(in_threads(work, 1), [None])

    def test_close_ends_a_call_of_another_thread(self) -> None:
        calls: Any = [
            lambda client: client.get("k"),
            lambda client: client.put("k", 1, 1),
            lambda client: client.put_all([("k", 1, 1)]),
        ]
        for call in calls:
            for reconnect in (False, True):
                with ScriptedServer(silence) as server:
                    client = Client("127.0.0.1", server.port, reconnect=reconnect)

                    def work(number: int) -> None:
                        if number:
                            call(client)
                        else:
                            while not server.requests:
                                threading.Event().wait(0.001)
                            client.close()

                    closed, *calling = in_threads(work, 4)
                self.assertIsNone(closed)
                for error in calling:
                    self.assertIsInstance(error, Disconnected)
                    self.assertIn("closed by this client", str(error))
                self.assertEqual(client._connection._socket.fileno(), -1)

    def test_a_put_is_not_in_doubt_if_close_came_before_it(self) -> None:
        def ready() -> Any:
            connection = ask_ready()
            client.close()  # as another thread may, right before the put is sent
            return connection

        for reconnect in (False, True):
            with ScriptedServer(OK) as server:
                client = Client("127.0.0.1", server.port, PATIENCE, reconnect=reconnect)
                ask_ready = client._ready
                setattr(client, "_ready", ready)
                with self.assertRaisesRegex(Disconnected, "closed by this client") as raised:
                    client.put("k", 1, 1)
            self.assertIsNone(raised.exception.in_doubt)
            self.assertEqual(server.requests, [])

    def test_close_inside_a_put_all_ends_it(self) -> None:
        def samples() -> Iterator[Tuple[str, int, int]]:
            yield "k", 1, 1
            client.close()
            yield "k", 1, 2

        with ScriptedServer(OK) as server:
            client = Client("127.0.0.1", server.port, PATIENCE, reconnect=True)
            with self.assertRaisesRegex(Disconnected, "closed by this client"):
                client.put_all(samples())
            self.assertEqual(client._connection._socket.fileno(), -1)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
    def test_a_fork_leaves_the_connection_to_its_parent(self) -> None:
        def child() -> bool:
            refused = 0
            for call in (client.get, lambda key: client.put(key, 1, 2)):
                try:
                    call("k")
                except ClientError as error:
                    refused += "another process" in str(error)
            client.close()
            return refused == 2

        def samples() -> Iterator[Tuple[str, int, int]]:
            yield "k", 1, 1
            process = os.fork()  # while the parent has a call in progress
            if not process:
                os._exit(0 if child() else 1)
            self.assertEqual(os.waitpid(process, 0)[1], 0)
            yield "k", 1, 3

        with ScriptedServer(OK, OK, OK) as server:
            with Client("127.0.0.1", server.port, PATIENCE) as client:
                self.assertEqual(client.put_all(samples()), 2)
                client.put("k", 1, 4)
        self.assertEqual(server.requests, [b"put k 1 %d\n" % number for number in (1, 3, 4)])


class Interrupts(unittest.TestCase):
    """An exception, as by Ctrl-C, at each place where Python takes signals."""

    def test_no_step_leaves_a_lock_or_an_answer_behind(self) -> None:
        def echo(connection: socket.socket) -> None:
            command, key, *_ = server.requests[-1].split()
            connection.sendall(b"ok\n\n" if command == b"put" else b"ok\n" + key + b" 1.0 1\n\n")

        calls: Any = [
            lambda client: client.get("k"),
            lambda client: client.put("k", 1, 1),
            lambda client: client.put_all([("k", 1, 1), ("", 1, 1)], lambda *_: None),
        ]
        for call in calls:
            step, interrupted = 0, True
            while interrupted:
                step += 1
                with ScriptedServer(*[echo] * 9, then=[[echo] * 9]) as server:
                    with Client("127.0.0.1", server.port, PATIENCE, reconnect=True) as client:
                        interrupted = interrupt(lambda: call(client), step)
                        answers = in_threads(lambda number: client.get(str(number)), 3)
                    # The second script is for a connection that was not needed after each step.
                    socket.create_connection(("127.0.0.1", server.port)).close()
                self.assertEqual(answers, [{str(n): [(1, 1.0)]} for n in range(3)], step)
            self.assertGreater(step, 20)


class Stop(BaseException):
    pass


def interrupt(call: Callable[[], Any], step: int) -> bool:
    """Raises after a number of calls of C functions. Returns whether there were so many."""
    left = step

    def profile(_: Any, event: str, __: Any) -> None:
        nonlocal left
        left -= event == "c_return"
        if event == "c_return" and left == 0:
            raise Stop

    sys.setprofile(profile)
    try:
        call()
    except Stop:
        pass
    finally:
        sys.setprofile(None)
    return left <= 0


if __name__ == "__main__":
    unittest.main()
