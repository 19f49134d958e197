"""The command `python3 -m metric_client` as a process, and its input and output."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from unittest import mock

from metric_client import ClientError, __version__
from metric_client.options import read_options
from metric_client.text import MAX_LINE, read_line, read_lines, value_text
from scripted_server import ScriptedServer, says, says_and_stays, silence

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
OK = says(b"ok\n\n")
REFUSED = says(b"error\nwrong command\n\n")

# Shells make background processes ignore Ctrl-C. This undoes that.
WITH_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("metric_client", run_name="__main__")
"""


def start(
    words: List[str], port: int, unbuffered: str = "", **pipes: Any
) -> "subprocess.Popen[bytes]":
    """Starts the command. Its environment names the server."""
    environment = {**os.environ, "METRIC_SERVER": f"127.0.0.1:{port}"}
    environment["PYTHONUNBUFFERED"] = unbuffered
    command = [sys.executable, "-c", WITH_CTRL_C, *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **pipes}
    return subprocess.Popen(
        command, cwd=PACKAGE_FOLDER, env=environment, stderr=subprocess.PIPE, **pipes
    )


def call(words: List[str], port: int = 1, given: bytes = b"") -> Tuple[int, str, str]:
    """Returns the exit code, the output and the errors."""
    with start(words, port) as process:
        output, errors = process.communicate(given, timeout=30)
    return process.returncode, output.decode(), errors.decode()


class Commands(unittest.TestCase):
    def test_put_sends_a_sample_and_prints_nothing(self) -> None:
        cases: Any = [
            (["put", "k", "-1.5"], b"put k -1.5 "),
            (["put", "k", "-1e-5", "-7"], b"put k -1e-05 -7\n"),
            (["put", "k", "-.5", "--timeout", "5", "-6"], b"put k -0.5 -6\n"),
            (["--timeout", "5", "put", "k", "+007.50", "+7"], b"put k 7.5 7\n"),
            (["put", "--", "-k", "1", "2"], b"put -k 1.0 2\n"),
            (["put", "-5", "1", "2"], b"put -5 1.0 2\n"),
            (["put", "нагрузка", "1", "2"], "put нагрузка 1.0 2\n".encode()),
        ]
        for words, request in cases:
            before = int(time.time())
            with self.subTest(words), ScriptedServer(OK) as server:
                self.assertEqual(call(words, server.port), (0, "", ""))
            (sent,) = server.requests
            self.assertTrue(sent.startswith(request), sent)
            if not request.endswith(b"\n"):
                self.assertIn(int(sent.split()[3]), range(before, int(time.time()) + 1))

    def test_get_prints_the_samples_as_the_protocol_writes_them(self) -> None:
        reply = "ok\nb 1.0 5\nb 0.00001 6\nнагрузка 2.5e-7 -3\n\n".encode()
        lines = "b 1.0 5\nb 0.00001 6\nнагрузка 2.5e-7 -3\n"
        for key in ["*", "k", "-5"]:
            with self.subTest(key), ScriptedServer(says(reply)) as server:
                self.assertEqual(call(["get", key], server.port), (0, lines, ""))
            self.assertEqual(server.requests, [f"get {key}\n".encode()])

    def test_put_without_key_puts_lines_and_tells_of_the_refused_by_number(self) -> None:
        given = b"a 1 1\nb\n\nc 1 1\r\nd\t0x1\ne 1 x\nf -3\n\xff 1\n*  1 2\n" + b"x" * 200_000
        given += b" 1 1\ng 1 1\n"
        with ScriptedServer(OK, REFUSED, OK, OK) as server:
            code, output, errors = call(["put"], server.port, given)
        self.assertEqual((code, output), (3, ""))
        words = {
            2: "KEY VALUE [TIMESTAMP], not 'b'",
            3: "KEY VALUE [TIMESTAMP], not ''",
            4: "`wrong command` to 'put c 1.0 1'",
            5: "decimal number such as -1.5, not '0x1'",
            6: "integer such as 1150864247, not 'x'",
            8: "UTF-8",
            9: "all keys",
            10: "less than 65536 bytes",
        }
        told = errors.splitlines()
        self.assertEqual(len(told), len(words))
        for line, (number, reason) in zip(told, words.items()):
            self.assertTrue(line.startswith(f"line {number}: ") and reason in line, line)
        keys = [request.split()[1] for request in server.requests]
        self.assertEqual(keys, [b"a", b"c", b"f", b"g"])

    def test_a_last_line_that_may_be_cut_is_told_as_it_was_read(self) -> None:
        told = "it has no line end, so the input may be cut; it was read as b 2 11508\n"
        cases = [
            (b"a 1 1\nb 2 11508", f"line 2: {told}"),
            (b"a 1 1\nb 2 11508\r\n", ""),
            (b"b 2 11508", ""),
        ]
        for given, errors in cases:
            with self.subTest(given), ScriptedServer(OK, OK) as server:
                self.assertEqual(call(["put"], server.port, given), (0, "", errors))

    def test_lines_go_on_after_the_server_has_restarted(self) -> None:
        def last(connection: socket.socket) -> None:
            OK(connection)
            connection.shutdown(socket.SHUT_RDWR)
            ended.set()

        ended = threading.Event()
        with ScriptedServer(last, then=[[OK]]) as server, start(["put"], server.port) as process:
            assert process.stdin
            process.stdin.write(b"a 1 1\n")
            process.stdin.flush()
            self.assertTrue(ended.wait(30))
            self.assertEqual(process.communicate(b"b 1 1\n", timeout=30), (b"", b""))
        self.assertEqual(process.returncode, 0)
        self.assertEqual(server.requests, [b"put a 1.0 1\n", b"put b 1.0 1\n"])

    def test_a_byte_order_mark_is_told_of_where_it_is(self) -> None:
        given = "\ufeffa 1 1\nb 1 1\n\ufeffc 1 1\n".encode()
        with ScriptedServer(OK) as server:
            code, output, errors = call(["put"], server.port, given)
        self.assertEqual((code, output, server.requests), (3, "", [b"put b 1.0 1\n"]))
        for line, number in zip(errors.splitlines(), (1, 3)):
            self.assertRegex(line, f"^line {number}: .* byte order mark")

    def test_a_line_is_put_and_told_of_before_the_next_one_comes(self) -> None:
        with ScriptedServer(OK, REFUSED, OK) as server:
            with start(["put"], server.port) as process:
                assert process.stdin and process.stderr
                process.stdin.write(b"a 1 1\nb 1 1\n")
                process.stdin.flush()
                self.assertIn(b"line 2: ", process.stderr.readline())
                process.stdin.write(b"c 1 1\nd\n")
                process.stdin.close()
                self.assertIn(b"line 4: ", process.stderr.readline())
            self.assertEqual(process.returncode, 3)

    def test_a_refused_sample_has_an_exit_code_of_its_own(self) -> None:
        with ScriptedServer(REFUSED) as server:
            code, output, errors = call(["put", "k", "1", "2"], server.port)
        self.assertEqual((code, output), (3, ""))
        self.assertRegex(
            errors, "^error: the server answered `wrong command` to 'put k 1.0 2': .*\n$"
        )

    def test_a_failure_is_told_in_one_line(self) -> None:
        cases: Any = [
            (["get", "k"], b"", silence, "timed out"),
            (["put", "k", "1"], b"", says_and_stays(b"what\n"), "neither ok nor"),
            (["get", "k"], b"", says(b"ok\nk 1"), "closed the connection"),
            (["get", "k"], b"", REFUSED, "wrong command"),
            (["put"], b"bad\nk 1\nk 2\nk 3\n", says(b"ok\n\nhm\n"), "lines from 3 on may not"),
        ]
        for words, given, answer, reason in cases:
            timeout = "0.5" if answer is silence else "10"
            script = [says()] * given.count(b"k") + [answer]
            again = [[answer]] if reason == "closed the connection" else []
            with self.subTest(words), ScriptedServer(*script[-3:], then=again) as server:
                result = call(["--timeout", timeout, *words], server.port, given)
                code, output, errors = result
                last = errors.splitlines()[-1]
                self.assertEqual((code, output, last[:7]), (1, "", "error: "))
                self.assertIn(reason, last)
                self.assertNotIn("cannot read the input", last)
                self.assertEqual(len(errors.splitlines()), 1 + given.count(b"bad"))

    def test_no_server_is_told_with_what_to_do(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            code, _, errors = call(["get", "k"], unused.getsockname()[1])
        self.assertEqual(code, 1)
        self.assertRegex(errors, "^error: cannot connect to .*; --server takes another .*\n$")

    def test_a_wrong_command_line_is_told_in_one_line_and_nothing_is_sent(self) -> None:
        cases = [
            ([], "the command is put or get"),
            (["del", "k"], "the command is put or get"),
            (["get"], "the command is put or get"),
            (["get", "a", "b"], "the command is put or get"),
            (["get", "a b"], "white space"),
            (["get", " k"], "white space"),
            (["put", "k"], "KEY VALUE [TIMESTAMP], not 'k'"),
            (["put", "k", "1", "2", "3"], "KEY VALUE [TIMESTAMP]"),
            (["put", "k", "abc"], "'abc'"),
            (["put", "k", "nan"], "'nan'"),
            (["put", "k", "1_0"], "'1_0'"),
            (["put", "k", "\u0661"], "decimal number"),
            (["put", "k", "1e"], "'1e'"),
            (["put", "k", "1e999"], "finite"),
            (["put", "k", "1", "1.5"], "'1.5'"),
            (["put", "k", "1", str(2**63)], "64 bits"),
            (["put", "*", "1"], "all keys"),
            (["put", "-k", "1"], "-k"),
            (["--wrong", "get", "k"], "--wrong"),
            (["get", "k", "--server"], "--server"),
            (["--server", "no name", "get", "k"], "'no name': the host must be a name"),
            (["--server", "127.0.0.1:74424", "get", "k"], "'127.0.0.1:74424'"),
            (["--timeout", "0", "get", "k"], "'0'"),
            (["--timeout", "nan", "get", "k"], "'nan'"),
            (["--timeout", "x", "get", "k"], "'x'"),
        ]
        for words, reason in cases:
            with self.subTest(words), redirect_stderr(io.StringIO()) as errors:
                with self.assertRaises(SystemExit) as caught:
                    read_options(words)
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(reason, errors.getvalue())
                self.assertRegex(errors.getvalue(), "^error: .*; --help shows the usage\n$")

    def test_a_server_is_an_address_or_a_name_with_a_port_or_without(self) -> None:
        good = {
            "": ("127.0.0.1", 8888),
            "127.0.0.1": ("127.0.0.1", 8888),
            "myhost": ("myhost", 8888),
            "my_host-2.example.org.:08888": ("my_host-2.example.org.", 8888),
            "1:1": ("1", 1),
            "::": ("::", 8888),
            "::1": ("::1", 8888),
            "2001:db8::8888": ("2001:db8::8888", 8888),
            "::ffff:127.0.0.1": ("::ffff:127.0.0.1", 8888),
            "[::1]": ("::1", 8888),
            "[::1]:1": ("::1", 1),
            "fe80::1%lo": ("fe80::1%lo", 8888),
            "[fe80::1%eth0.5]:9": ("fe80::1%eth0.5", 9),
            "localhost:65535": ("localhost", 65535),
        }
        for text, address in good.items():
            with mock.patch.dict(os.environ, METRIC_SERVER=text), self.subTest(text):
                self.assertEqual(read_options(["get", "k"])[:2], address)
        wrong = {
            "it names no host": [":", ":8888", "8888"],
            "a port is a number": ["a:", "a:b", "a:0", "a:65536", "a:-1", "a:+1", "[::1]:", "a:١"],
            "needs brackets": ["::1:8888", "fe80::1%lo:8888", "a:b:1", "[::1", "[::1]8888"],
            "must be a name": ["my host", "a/b:1", "a]:1", "[a]:1", "[127.0.0.1]:1", "a%lo", "a\n"],
            "needs its interface": ["fe80::1", "[fe80::1]:1", "[fe80::1]"],
        }
        for why, text in [(why, text) for why, texts in wrong.items() for text in texts]:
            with mock.patch.dict(os.environ, METRIC_SERVER=text), self.assertRaises(SystemExit):
                with redirect_stderr(io.StringIO()) as errors:
                    read_options(["get", "k"])
            self.assertIn(f"error: --server or METRIC_SERVER is {text!r}: ", errors.getvalue())
            self.assertIn(why, errors.getvalue(), text)

    def test_the_server_is_taken_from_the_option_before_the_environment(self) -> None:
        with ScriptedServer(OK) as server:
            words = ["put", "k", "1", "--server", f"localhost:{server.port}"]
            self.assertEqual(call(words, port=1)[0], 0)

    def test_help_tells_the_exit_codes(self) -> None:
        code, output, errors = call(["--help"])
        self.assertEqual((code, errors), (0, ""))
        for text in ["  0 ", "  1 ", "  2 ", "  3 ", "  130 ", "METRIC_SERVER", "--timeout"]:
            self.assertIn(text, output)

    def test_version_tells_the_package_s(self) -> None:
        self.assertEqual(call(["--version"]), (0, f"metric_client {__version__}\n", ""))
        self.assertRegex(__version__, r"^[0-9]+\.[0-9]+\.[0-9]+$")

    def test_the_script_that_is_installed_is_the_same_command_under_its_own_name(self) -> None:
        project = (PACKAGE_FOLDER / "pyproject.toml").read_text(encoding="utf-8")
        self.assertIn('[project.scripts]\nmetric_client = "metric_client.__main__:main"\n', project)
        script = "import sys; sys.argv[0] = '/usr/bin/metric_client'\n"
        script += "from metric_client.__main__ import main; sys.exit(main())"
        command = [sys.executable, "-c", script]
        shown = subprocess.check_output([*command, "--help"], cwd=PACKAGE_FOLDER).decode()
        self.assertTrue(shown.startswith("usage: metric_client [options] put KEY"), shown)
        self.assertNotIn("python3 -m", shown)
        self.assertEqual(subprocess.call(command, cwd=PACKAGE_FOLDER, stderr=subprocess.PIPE), 2)
        self.assertTrue(call(["--help"])[1].startswith("usage: python3 -m metric_client [options]"))

    def test_a_reader_that_has_enough_ends_it_quietly(self) -> None:
        lines = b"".join(b"k 1.0 %d\n" % number for number in range(50_000))
        for unbuffered in ("", "1"):
            with ScriptedServer(says(b"ok\n" + lines + b"\n")) as server:
                with start(["get", "k"], server.port, unbuffered) as process:
                    assert process.stdout and process.stderr
                    self.assertEqual(process.stdout.readline(), b"k 1.0 0\n")
                    process.stdout.close()
                    self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.returncode, 0)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_output_that_cannot_be_written_is_told(self) -> None:
        reply = says(b"ok\nk 1.0 1\n\n")
        for unbuffered in ("", "1"):
            for words in (["get", "k"], ["--help"], ["--version"]):
                with ScriptedServer(reply) as server, open("/dev/full", "wb") as full:
                    with start(words, server.port, unbuffered, stdout=full) as process:
                        errors = process.communicate(timeout=30)[1]
                    if words != ["get", "k"]:
                        socket.create_connection(("127.0.0.1", server.port)).close()
                with self.subTest(words, unbuffered=unbuffered):
                    self.assertEqual(process.returncode, 1)
                    self.assertRegex(errors, b"^error: cannot .*No space left on device\n$")

    def test_ctrl_c_ends_it_quietly(self) -> None:
        for words in (["get", "k"], ["put"]):
            with self.subTest(words), ScriptedServer(silence) as server:
                with start(words, server.port) as process:
                    assert process.stdin and process.stderr
                    process.stdin.write(b"k 1 1\n")
                    process.stdin.flush()
                    deadline = time.monotonic() + 30
                    while not server.requests and time.monotonic() < deadline:
                        time.sleep(0.02)
                    process.send_signal(signal.SIGINT)
                    self.assertEqual(process.communicate(timeout=30), (b"", b""))
                self.assertEqual(process.returncode, 130)


class Lines(unittest.TestCase):
    def test_lines_are_the_same_however_they_come(self) -> None:
        short = b"a 1 1\n\nb 2\r\nc 3"
        long = b"a 1 1\n" + b"x" * (MAX_LINE + 9) + b" 1 1\nc 3"
        cases = [(short, range(1, len(short))), (long, [997, MAX_LINE - 1, MAX_LINE, len(long)])]
        for text, sizes in cases:
            expected = [str(read_line(line)) for line in text.split(b"\n")]
            for size in sizes:
                pieces = [text[i : i + size] for i in range(0, len(text), size)]
                lines = [line for part in read_lines(Pieces(pieces)) for line in part]
                self.assertEqual([str(read_line(line)) for line in lines], expected)

    def test_a_line_of_which_anything_could_be_missing_is_refused(self) -> None:
        line = b"k 1 1".ljust(MAX_LINE)
        self.assertEqual(read_line(line[:-1]), ("k", 1.0, 1))
        self.assertIsInstance(read_line(line), ClientError)

    def test_a_line_without_an_end_takes_bounded_memory(self) -> None:
        pieces = Pieces([b"x" * 60_000] * 50)
        (line,) = [line for part in read_lines(pieces) for line in part]
        self.assertLess(len(line), 3 * MAX_LINE)
        self.assertIsInstance(read_line(line), ClientError)

    def test_values_are_written_as_the_protocol_shows_them(self) -> None:
        shown: Dict[str, float] = {
            "23.7": 23.7,
            "30.0": 30,
            "0.00001": 0.00001,
            "-0.000012345": -0.000012345,
            "0.0001": 0.0001,
            "9.999e-6": 0.000009999,
            "-0.0": -0.0,
            "2.5e-7": 0.00000025,
            "9999999999999998.0": 9999999999999998,
            "1e+16": 1e16,
            "1.5e+308": 1.5e308,
            "-2.2250738585072014e-308": -2.2250738585072014e-308,
            "1e-10": 1e-10,
        }
        for text, value in shown.items():
            self.assertEqual(value_text(float(value)), text)


class Pieces(io.BufferedReader):
    """A stream that returns one piece per read, like a pipe."""

    def __init__(self, pieces: List[bytes]) -> None:
        super().__init__(io.BytesIO())
        self._pieces = pieces[:]

    def read1(self, size: Optional[int] = -1) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


if __name__ == "__main__":
    unittest.main()
