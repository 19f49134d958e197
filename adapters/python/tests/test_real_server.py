"""The client, and the README's examples, against the server program."""

import asyncio
import doctest
import socket
import struct
import subprocess
import sys
import unittest
from pathlib import Path
from random import Random
from typing import Iterator, List, Tuple

from metric_client import AsyncClient, Client, CutShort, Server, SomeRefused, WrongCommand
from metric_client.puts import WINDOW
from metric_client.sample import Samples
from metric_client.server import find_program

README = Path(__file__).resolve().parents[1] / "README.md"


@unittest.skipUnless(
    find_program(), "no server program: set METRIC_SERVER_PROGRAM to the path of metric-smol"
)
class RealServer(unittest.TestCase):
    def setUp(self) -> None:
        self.port = self.start()
        self.client = self.connect(self.port)

    def start(self, *options: str) -> int:
        server = Server("127.0.0.1", 0, "--log", "error", *options)
        self.addCleanup(server.close)
        return server.port

    def connect(self, port: int) -> Client:
        client = Client("127.0.0.1", port, timeout=20)
        self.addCleanup(client.close)
        return client

    def test_the_walk_through_prints_what_the_readme_shows(self) -> None:
        text = README.read_text(encoding="utf-8").replace("8888", str(self.port))
        example = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(README), 0)
        self.assertGreater(len(example.examples), 5)
        self.assertEqual(doctest.DocTestRunner().run(example).failed, 0)

    def test_one_client_reads_what_another_put_sorted_by_timestamp(self) -> None:
        other = self.connect(self.port)
        for timestamp in [30, -5, 7, 30]:
            other.put("palm.cpu", timestamp / 4, timestamp)
        other.put("palm.cpu", 99, 7)
        series = [(-5, -1.25), (7, 99.0), (30, 7.5)]
        self.assertEqual(self.client.get("palm.cpu"), {"palm.cpu": series})
        self.assertEqual(self.client.get("palm"), {})

    def test_every_number_comes_back_as_it_was_put(self) -> None:
        values = [0.0, -0.0, 23.7, 0.1 + 0.2, 1e-5, 9.9e-6, 1e15, 1e16, 5e-324]
        values.append(1.7976931348623157e308)
        timestamps = range(-(2**63), 2**63, 2**64 // len(values))
        for timestamp, value in zip(timestamps, values):
            self.client.put("k", value, timestamp)
        self.client.put("k", -values[-1], 2**63 - 1)
        expected = [*zip(timestamps, values), (2**63 - 1, -values[-1])]
        self.assertEqual([*map(bits, self.client.get("k")["k"])], [*map(bits, expected)])

    def test_every_kind_of_key_comes_back_by_itself_and_among_all(self) -> None:
        keys = ["k" * 255, "нагрузка", "a*b", "**", "\U0001f600", "a\u200bb", "put", "K", "k"]
        for key in keys:
            self.client.put(key, 1, 1)
            self.assertEqual(self.client.get(key), {key: [(1, 1.0)]})
        self.assertEqual(list(self.client.get("*")), sorted(keys, key=str.encode))

    def test_keys_may_be_as_long_as_the_server_allows(self) -> None:
        client = self.connect(self.start("--max-key", "1000"))
        for length in [255, 256, 1000]:
            client.put("k" * length, 1, 1)
            self.assertEqual(client.get("k" * length), {"k" * length: [(1, 1.0)]})
        for length in [256, 1000]:
            with self.assertRaises(WrongCommand):
                self.client.put("k" * length, 1, 1)
            with self.assertRaises(WrongCommand):
                self.client.get("k" * length)

    def test_a_full_server_refuses_a_put_and_the_client_goes_on(self) -> None:
        client = self.connect(self.start("--max-series", "1", "--max-samples", "2"))
        for timestamp in [5, 6, 7]:
            client.put("k", 1, timestamp)
        for key, timestamp in [("other", 1), ("k", 5)]:
            with self.assertRaisesRegex(WrongCommand, f"to 'put {key} 1 {timestamp}"):
                client.put(key, 1, timestamp)
        self.assertEqual(client.get("*"), {"k": [(6, 1.0), (7, 1.0)]})

    def test_a_long_reply_of_the_server_is_read_whole(self) -> None:
        for number in range(5_000):
            self.client.put(f"key{number % 5}", number, number)
        everything = self.client.get("*")
        self.assertEqual(sorted(everything), [f"key{number}" for number in range(5)])
        for rest, series in enumerate(everything[key] for key in sorted(everything)):
            self.assertEqual(series, [(n, float(n)) for n in range(rest, 5_000, 5)])

    def test_many_samples_are_put_by_both_clients_and_refused_by_index(self) -> None:
        port = self.start("--max-series", "2", "--max-samples", "5000")
        samples = [(f"key{n % 3}", n / 7, n) for n in range(10_000)]
        expected = {f"key{k}": [(n, v) for _, v, n in samples[k::3]] for k in range(2)}
        refusals: List[int] = []
        client = self.connect(port)
        stored = client.put_all(samples, lambda index, _: refusals.append(index))
        self.assertEqual((stored, refusals), (6667, [*range(2, 10_000, 3)]))
        self.assertEqual(client.get("*"), expected)

        async def put_and_get() -> Samples:
            async with await AsyncClient.connect("127.0.0.1", port, timeout=20) as other:
                with self.assertRaisesRegex(SomeRefused, "3333 of 10000 .* index 2: "):
                    await other.put_all((key, 1 - value, time) for key, value, time in samples)
                key0, key1 = await asyncio.gather(other.get("key0"), other.get("key1"))
                return {**key0, **key1}

        expected = {key: [(n, 1 - v) for n, v in expected[key]] for key in expected}
        self.assertEqual(asyncio.run(put_and_get()), expected)

    def test_a_put_all_goes_on_where_a_restart_of_the_server_has_cut_it(self) -> None:
        first = Server("127.0.0.1", 0, "--log", "error")
        samples = [("k", n, n) for n in range(500)]

        def until_a_restart() -> Iterator[Tuple[str, int, int]]:
            yield from samples[:250]
            first.close()
            second = Server("127.0.0.1", first.port, "--log", "error")
            self.addCleanup(second.close)
            yield from samples[250:]

        client = Client("127.0.0.1", first.port, timeout=20, reconnect=True)
        self.addCleanup(client.close)
        with self.assertRaises(CutShort) as caught:
            client.put_all(until_a_restart())
        answered, taken = caught.exception.answered, caught.exception.taken
        self.assertTrue(250 - WINDOW <= answered <= 250 <= taken <= answered + WINDOW)
        self.assertEqual(client.put_all(samples[answered:]), 500 - answered)
        self.assertEqual(client.get("k"), {"k": [(n, float(n)) for n in range(answered, 500)]})

    def test_the_command_prints_what_the_server_writes(self) -> None:
        digits = Random(1)
        for number in range(2_000):
            value = digits.uniform(-10, 10) * 10.0 ** digits.randrange(-12, 20)
            self.client.put(f"key{number % 3}", value, number)
        with socket.create_connection(("127.0.0.1", self.port), 20) as connection:
            connection.sendall(b"get *\n")
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                reply = stream.read()
        command = [sys.executable, "-m", "metric_client", "--server", f"127.0.0.1:{self.port}"]
        shown = subprocess.run([*command, "get", "*"], cwd=README.parent, stdout=subprocess.PIPE)
        self.assertEqual(b"ok\n" + shown.stdout + b"\n", reply)


def bits(sample: Tuple[int, float]) -> Tuple[int, bytes]:
    """Distinguishes -0.0 from 0.0, which compare as equal."""
    timestamp, value = sample
    return timestamp, struct.pack("<d", value)


if __name__ == "__main__":
    unittest.main()
