"""Errors are ClientErrors, and also the built-in exceptions that people expect."""

import copy
import pickle
import socket
import unittest
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Callable, Tuple, Type, Union
from unittest import mock

from blocking_client import BlockingClient
from metric_client import Client, ClientError, CutShort, InvalidReply, SomeRefused, WrongCommand
from scripted_server import PATIENCE, ScriptedServer, resets, says, says_and_stays, silence

AnyClient = Union[Client, BlockingClient]
NAN = float("nan")

CALLS: Any = [
    ("get", lambda client: client.get("k")),
    ("put", lambda client: client.put("k", 1, 1)),
    ("put_all", lambda client: client.put_all([("k", 1, 1)])),
]


class Kinds(unittest.TestCase):
    def connect(self, port: int, timeout: Any = PATIENCE, host: str = "127.0.0.1") -> AnyClient:
        client = self.make(host, port, timeout)
        self.addCleanup(client.close)
        return client

    def make(self, host: str, port: Union[int, str], timeout: Any) -> AnyClient:
        return Client(host, port, timeout)

    def assert_raises(self, kinds: Tuple[Type[Exception], ...], call: Callable[[], Any]) -> str:
        """Checks that the error is of all kinds, and that copies and pickles keep its text."""
        with self.assertRaises(ClientError) as caught:
            call()
        error = caught.exception
        for kind in kinds:
            self.assertIsInstance(error, kind)
        for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            self.assertEqual((type(again), str(again)), (type(error), str(error)))
            self.assertEqual(repr(vars(again)), repr(vars(error)))
        return str(error)

    def test_invalid_arguments_are_value_errors_and_type_errors(self) -> None:
        cases: Any = [
            (("", 1, 1), ValueError),
            (("a b", 1, 1), ValueError),
            (("k" * 1001, 1, 1), ValueError),
            (("*", 1, 1), ValueError),
            (("k", NAN, 1), ValueError),
            (("k", 10**400, 1), ValueError),
            (("k", Fraction(10**400), 1), ValueError),
            (("k", 1, 2**63), ValueError),
            ((b"k", 1, 1), TypeError),
            ((None, 1, 1), TypeError),
            (("k", "1", 1), TypeError),
            (("k", True, 1), TypeError),
            (("k", Decimal(1), 1), TypeError),
            (("k", 1, 1.5), TypeError),
            (("k", 1, datetime.now()), TypeError),
        ]
        with ScriptedServer(says(b"ok\n\n")) as server:
            client = self.connect(server.port)
            for arguments, kind in cases:
                with self.subTest(arguments):
                    self.assert_raises((kind,), lambda: client.put(*arguments))
            self.assert_raises((ValueError,), lambda: client.get("a b"))
            self.assert_raises((TypeError,), lambda: client.get(1))  # type: ignore[arg-type]
            with self.assertRaises(SomeRefused) as caught:
                client.put_all([arguments for arguments, _ in cases] + [1, ("k", 1)])
            refusals = list(caught.exception.refusals.values())
            for refusal, (arguments, kind) in zip(refusals, cases):
                with self.subTest(arguments):
                    self.assertIsInstance(refusal, kind)
            self.assertEqual([type(refusal) for refusal in refusals[-2:]], [type(refusals[-3])] * 2)
            client.put("k", 1, 1)

    def test_a_silent_server_is_a_time_out(self) -> None:
        for answer in (silence, says_and_stays(b"ok\n")):
            for name, call in CALLS:
                with self.subTest(name), ScriptedServer(answer) as server:
                    client = self.connect(server.port, timeout=0.1)
                    self.assert_raises((TimeoutError,), lambda: call(client))
                    self.assert_raises((ConnectionError,), lambda: call(client))

    def test_a_lost_connection_is_a_connection_error(self) -> None:
        for answer in (says(), says(b"ok\n"), resets):
            for name, call in CALLS:
                with self.subTest(name), ScriptedServer(answer) as server:
                    client = self.connect(server.port)
                    self.assert_raises((ConnectionError,), lambda: call(client))
                    self.assert_raises((ConnectionError,), lambda: call(client))

    def test_a_call_of_a_closed_client_is_a_connection_error(self) -> None:
        for name, call in CALLS:
            with self.subTest(name), ScriptedServer() as server:
                client = self.connect(server.port)
                closed(client)
                self.assert_raises((ConnectionError,), lambda: call(client))

    def test_an_invalid_reply_has_a_class_of_its_own(self) -> None:
        for answer in (says_and_stays(b"what?\n"), says_and_stays(b"ok\n\xff\n")):
            for name, call in CALLS:
                with self.subTest(name), ScriptedServer(answer) as server:
                    client = self.connect(server.port)
                    with self.assertRaises(ClientError) as caught:
                        call(client)
                    error = caught.exception
                    is_cut = isinstance(error, CutShort)
                    self.assertIsInstance(error.__cause__ if is_cut else error, InvalidReply)
                    self.assertNotIsInstance(error, (TimeoutError, ConnectionError))

    def test_what_failed_in_put_all_can_be_caught_as_cut_short_and_as_the_built_in(self) -> None:
        cases: Any = [
            (silence, 0.1, (CutShort, TimeoutError)),
            (says(), PATIENCE, (CutShort, ConnectionError)),
        ]
        for answer, timeout, kinds in cases:
            with self.subTest(kinds), ScriptedServer(answer) as server:
                client = self.connect(server.port, timeout)
                self.assert_raises(kinds, lambda: client.put_all([("", 1, 1), ("k", 1, 1)]))

    def test_a_refusal_of_the_server_is_none_of_the_built_ins(self) -> None:
        refused = says(b"error\nwrong command\n\n")
        with ScriptedServer(refused, refused, refused) as server:
            client = self.connect(server.port)
            for (_, call), kind in zip(CALLS, [WrongCommand, WrongCommand, SomeRefused]):
                self.assert_raises((kind,), lambda: call(client))

    def test_a_connection_that_cannot_be_made_is_a_connection_error_or_a_wrong_argument(
        self,
    ) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            cases: Any = [
                ("127.0.0.1", port, ConnectionError),
                ("a" * 64, port, ValueError),
                ("a..b", port, ValueError),
            ]
            for host, port, kind in cases:
                with self.subTest(host=host, port=port):
                    words = self.assert_raises((kind,), lambda: self.make(host, port, PATIENCE))
                    self.assertIn(f"cannot connect to {host}:{port}: ", words)

    def test_a_client_shows_its_address_and_its_state(self) -> None:
        with ScriptedServer(says_and_stays(b"what?\n")) as server:
            client = self.connect(server.port)
            shown = f"Client 127.0.0.1:{server.port}, "
            self.assertIn(f"{shown}connected>", repr(client))
            with self.assertRaises(InvalidReply):
                client.get("k")
            self.assertIn(f"{shown}closed: the server's reply is neither ok", repr(client))

    def test_an_ipv6_address_is_shown_in_brackets(self) -> None:
        words = self.assert_raises((ConnectionError,), lambda: self.make("::1", 1, PATIENCE))
        self.assertIn("cannot connect to [::1]:1: ", words)

    def test_a_name_that_nobody_knows_is_a_connection_error(self) -> None:
        unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        with mock.patch("socket.getaddrinfo", side_effect=unknown):
            words = self.assert_raises((ConnectionError,), lambda: self.make("nowhere", 1, 1))
        self.assertIn("cannot connect to nowhere:1: [Errno -2] Name", words)

    def test_a_host_is_a_name_or_an_address_and_a_port_a_number(self) -> None:
        hosts: Any = [
            ("", ValueError, "not ''"),
            ("127.0.0.1\0", ValueError, "'127.0.0.1\\x00'"),
            ("local host", ValueError, "'local host'"),
            ("\ud800", ValueError, "'\\ud800'"),
            ("[::1]", ValueError, "no brackets"),
            ("fe80::1", ValueError, "such as fe80::1%eth0"),
            ("FE80::1", ValueError, "such as FE80::1%eth0"),
            (None, TypeError, "not NoneType"),
            (b"localhost", TypeError, "not bytes"),
        ]
        ports: Any = [
            (0, ValueError, "from 1 to 65535"),
            (65536, ValueError, "from 1 to 65535"),
            (-1, ValueError, "from 1 to 65535"),
            (10**5000, ValueError, "from 1 to 65535"),
            ("http", ValueError, "from 1 to 65535, not 'http'"),
            ("0", ValueError, "from 1 to 65535, not '0'"),
            ("65536", ValueError, "from 1 to 65535, not '65536'"),
            ("١", ValueError, "from 1 to 65535"),
            ("", ValueError, "from 1 to 65535, not ''"),
            (b"8888", TypeError, "such as 8888, not bytes"),
            (8888.0, TypeError, "such as 8888, not float"),
            (True, TypeError, "such as 8888, not bool"),
            (None, TypeError, "such as 8888, not NoneType"),
        ]
        for host, kind, words in hosts:
            with self.subTest(host=host):
                self.assertIn(words, self.assert_raises((kind,), lambda: self.make(host, 1, 1)))
        for port, kind, words in ports:
            with self.subTest(words=words):
                told = self.assert_raises((kind,), lambda: self.make("::1", port, 1))
                self.assertIn(words, told)

    def test_a_port_may_be_the_digits_of_a_number(self) -> None:
        with ScriptedServer(says(b"ok\n\n")) as server:
            client: Any = self.make("127.0.0.1", str(server.port), PATIENCE)
            self.addCleanup(client.close)
            client.put("k", 1, 1)

    def test_a_time_out_is_a_number_of_seconds_or_none(self) -> None:
        cases: Any = [
            (0, ValueError),
            (-1, ValueError),
            (NAN, ValueError),
            (float("inf"), ValueError),
            (1e9, ValueError),
            (10**400, ValueError),
            ("1", TypeError),
            (True, TypeError),
            (Decimal(1), TypeError),
        ]
        for timeout, kind in cases:
            with self.subTest(timeout=timeout):
                words = self.assert_raises((kind,), lambda: self.connect(1, timeout))
                self.assertIn("a timeout is ", words)
        for timeout in (1e-320, Fraction(1, 10**6), 10**6, None):
            with self.subTest(timeout=timeout), ScriptedServer(says(b"ok\n\n")) as server:
                try:
                    self.connect(server.port, timeout).put("k", 1, 1)
                except TimeoutError:
                    self.assertTrue(timeout and timeout < 1)


def closed(client: AnyClient) -> None:
    if isinstance(client, Client):
        client.close()
    else:
        client.close_connection()


class AsyncKinds(Kinds):
    """The same for AsyncClient."""

    def make(self, host: str, port: Union[int, str], timeout: Any) -> AnyClient:
        return BlockingClient(host, port, timeout)


if __name__ == "__main__":
    unittest.main()
