"""The client in place of the `client.py` of the course that the protocol is from.

The course tests a client with a stand-in for its socket that can only send and receive, and knows
each request by its bytes.
"""

import unittest
from operator import methodcaller
from typing import Any, Dict, List, Optional, Tuple
from unittest import mock

from metric_client import Client, ClientError


class Wire:
    """A socket that answers each request at once, if it knows it."""

    def __init__(self, replies: Dict[bytes, bytes]) -> None:
        self.replies = replies
        self.sent: List[bytes] = []
        self._incoming = b""

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)
        self._incoming += self.replies[data]

    def recv(self, size: int) -> bytes:
        assert self._incoming, "received before a request was sent"
        piece, self._incoming = self._incoming[:size], self._incoming[size:]
        return piece


class DropIn(unittest.TestCase):
    def connect(self, replies: Dict[bytes, bytes], **options: Any) -> Tuple[Client, Wire]:
        wire = Wire(replies)

        def create_connection(address: Tuple[str, int], timeout: Optional[float] = None) -> Wire:
            self.assertEqual((address, timeout), (("127.0.0.1", 10000), options.get("timeout")))
            return wire

        with mock.patch("socket.create_connection", create_connection):
            client = Client("127.0.0.1", 10000, **options)
        self.addCleanup(client.close)
        return client, wire

    def test_metrics_are_put_as_they_are_given(self) -> None:
        metrics: Any = [
            ("room", 21.5, 1, b"put room 21.5 1\n"),
            ("room", 21.0, 2, b"put room 21.0 2\n"),
            ("load", 301, 3, b"put load 301 3\n"),
            ("load", -7, 4, b"put load -7 4\n"),
            ("load", 0, 5, b"put load 0 5\n"),
        ]
        client, wire = self.connect(dict.fromkeys([line for *_, line in metrics], b"ok\n\n"))
        for key, value, timestamp, line in metrics:
            client.put(key, value, timestamp=timestamp)
            self.assertEqual(wire.sent.pop(), line)

    def test_a_put_without_timestamp_takes_the_whole_seconds_of_now(self) -> None:
        client, wire = self.connect({b"put load 301 1150864247\n": b"ok\n\n"}, timeout=5)
        with mock.patch("time.time", return_value=1150864247.9):
            client.put("load", 301)

    def test_a_get_returns_the_samples_of_each_key_by_time(self) -> None:
        client, _ = self.connect(
            {
                b"get room\n": b"ok\nroom 21.0 2\nroom 21.5 1\n\n",
                b"get *\n": b"ok\nroom 21.5 1\nload 301 3\nroom 21.0 2\n\n",
                b"get cellar\n": b"ok\n\n",
            }
        )
        for _ in range(2):
            self.assertEqual(client.get("room"), {"room": [(1, 21.5), (2, 21.0)]})
            expected = {"room": [(1, 21.5), (2, 21.0)], "load": [(3, 301.0)]}
            self.assertEqual(client.get("*"), expected)
            self.assertEqual(client.get("cellar"), {})

    def test_what_is_no_success_is_a_client_error(self) -> None:
        calls: Any = [
            (b"get room\n", methodcaller("get", "room")),
            (b"put room 1 1\n", methodcaller("put", "room", 1, 1)),
        ]
        for request, call in calls:
            for reply in (b"error\nwrong command\n\n", b"ok\nroom warm now\n\n", b"hello\n\n"):
                client, wire = self.connect({request: reply})
                with self.subTest(reply), self.assertRaises(ClientError):
                    call(client)
                self.assertEqual(wire.sent, [request])

    def test_a_mock_of_the_whole_class_works_too(self) -> None:
        with mock.patch("socket.socket") as made:
            made.return_value.recv.side_effect = [b"ok\n\n", b"ok\nload 301 ", b"3\n\n"]
            with Client("127.0.0.1", 10000, timeout=1) as client:
                client.put("load", 301, 3)
                self.assertEqual(client.get("load"), {"load": [(3, 301.0)]})
        made.return_value.sendall.assert_has_calls(
            [mock.call(b"put load 301 3\n"), mock.call(b"get load\n")]
        )


if __name__ == "__main__":
    unittest.main()
