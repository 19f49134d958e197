"""Lets an emulated board live for a day, of which an hour takes seconds: QEMU counts time by instructions, and skips
it while the board sleeps. The timers of its user network, and those of the lease, are in that time, too."""

import json
import sys
import time
from pathlib import Path

from board_found import ANNOUNCED, BOARD, is_dhcp, is_mdns, option, question
from board_page import ask, check_workers
from board_push import NAME, Server, with_settings
from emulated import Board
from pages import nc
from tap import Tap
from wire import Packet

FAST = "-icount shift=4,sleep=off -object filter-buffer,id=pace,netdev=network,queue=tx,interval="
# The microseconds of sleep that are skipped at once, at most, since the filter hands over frames as often: a day must
# not be over before a client has sent its request. The other board has a timer that wakes it each millisecond.
PACES = {"embassy-riscv-virt": 2_000, "embassy-lm3s6965": 50_000}

HOUR, DAY, PERIOD = 3_600, 86_400, 5
SAMPLES = 32
PATIENCE = 300  # seconds
REQUEST, ACK = b"\3", b"\5"


def check_day(name: str, port: int, image: Path, directory: Path) -> None:
    board, server = with_settings(name, port, image, directory), Server(port + 2, tells_time=False)
    server.start()
    Day(board, server).live()
    server.stop()


class Day:
    """A day of a board, and what its network has seen of it."""

    def __init__(self, board: Board, server: Server) -> None:
        self.board, self.name, self.server = board, NAME, server
        self.renewals = self.renewed = self.answers = self.puts = 0
        self.tap = Tap(board.directory, self.see, f"{FAST}{PACES[board.name]}")

    def see(self, packet: Packet) -> None:
        is_renewal = is_dhcp(packet, (68, 67)) and packet.data()[12:16] == BOARD
        self.renewals += is_renewal and option(packet, 53) == REQUEST
        is_lease = is_dhcp(packet, (67, 68)) and option(packet, 53) == ACK
        self.renewed += is_lease and self.renewals > self.renewed
        self.answers += is_mdns(packet) and ANNOUNCED in packet.data()

    def live(self) -> None:
        """Looks at the board each hour, until a day and an hour are over."""
        begun, looks = time.monotonic(), 0
        with self.tap, self.board:
            self.board.reboot()
            while (now := self.now()) < DAY + HOUR:
                if now >= looks * HOUR:
                    self.look(looks)
                    looks += 1
                time.sleep(0.1)
            self.check_reports()
            check_workers(self.board.port, self.board.http)
        if not self.renewed:
            sys.exit(f"no lease was renewed in a day; the board has asked {self.renewals} times")
        took = time.monotonic() - begun
        print(f"a day of {now:,} s took {took:.0f} s: {looks} looks, {self.renewed} of {self.renewals} requests "
              f"renewed the lease, {self.answers} answers to the name", flush=True)

    def now(self) -> int:
        """Returns the seconds since boot."""
        return patiently("its time", lambda: json.loads(ask(self.board.http, "/v1/last")[2])["now"])

    def look(self, number: int) -> None:
        self.ask_name()
        puts = range(self.puts, self.puts + SAMPLES // 2 + 1)
        requests = "".join(f"put day.sample {at}.5 {at}\n" for at in puts)
        patiently("puts", lambda: nc(requests, self.board.port) == "ok\n\n" * len(puts))
        self.puts = puts.stop
        series = self.series()
        kept = range(max(0, self.puts - SAMPLES), self.puts)
        expect("the samples", series["day.sample"], [(at, at + 0.5) for at in kept])
        self.check_own(number, series)

    def ask_name(self) -> None:
        """Asks for the board's name, and waits for an answer."""
        before = self.answers
        patiently("its name", lambda: self.tap.send(question(self.name)) or time.sleep(0.2) or self.answers > before)

    def check_own(self, look: int, series: dict[str, list[tuple[int, float]]]) -> None:
        """Checks that the board has stored each of its own metrics each 5 seconds."""
        for what in ("uptime", "stack_free", "open", "connections", "push_sent"):
            times = [at for at, _ in series.get(f"{self.name}.{what}", [])]
            if look and len(times) != SAMPLES or any(b - a != PERIOD for a, b in zip(times, times[1:])):
                sys.exit(f"the board has stored {what} at {times}")
        for what in ("wrong_commands", "refused"):
            expect(what, {value for _, value in series.get(f"{self.name}.{what}", [])} - {0}, set())
        for at, value in series.get(f"{self.name}.uptime", []):
            expect("the uptime", value, at)

    def series(self) -> dict[str, list[tuple[int, float]]]:
        """Returns all samples of the board."""
        lines = patiently("get", lambda: complete(nc("get *\n", self.board.port)))
        found: dict[str, list[tuple[int, float]]] = {}
        for key, value, at in map(str.split, lines):
            found.setdefault(key, []).append((int(at), float(value)))
        return found

    def check_reports(self) -> None:
        """Checks that each sample was reported, counted as lost, or still waits. One whose reply was lost may be
        counted as lost, too."""
        told: dict[tuple[str, str], str] = {}
        for _, key, value, at in list(self.server.puts):
            expect(f"the value of {key} at {at}", told.setdefault((key, at), value), value)
        series = self.series()
        own = [key for key in series if key.startswith(f"{self.name}.")]
        [(at, lost)] = series[f"{self.name}.push_lost"][-1:]
        stored, waiting = len(own) * (at // PERIOD) + self.puts, len(series) * SAMPLES
        if len(told) + lost < stored - waiting or len(told) > stored + waiting:
            sys.exit(f"of {stored} samples {len(told)} were reported, and {lost} are said to be lost")
        print(f"{len(told):,} samples of that day were reported, {lost:,.0f} were lost while the server was late", flush=True)


def complete(reply: str) -> list[str]:
    """Returns the lines of a listing, or none if it is not complete."""
    return reply.splitlines()[1:-1] if reply.startswith("ok\n") and reply.endswith("\n\n") else []


def patiently(what: str, attempt):
    """Tries again until there is something: who is slow is cut, and a second of this machine is minutes there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if found := attempt():
                return found
        except (OSError, ValueError):
            pass
    sys.exit(f"the board does not answer {what}")


def expect(what: str, got: object, expected: object) -> None:
    if got != expected:
        sys.exit(f"{what}: {got!r} instead of {expected!r}")
