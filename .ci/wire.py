"""A host in the network of an emulated board, which sends and receives whole Ethernet frames. QEMU's user
network is there, too: it gives addresses by DHCP, but forwards neither pings nor groups."""

import socket
import subprocess
import sys
import time

PATIENCE = 60  # seconds

OUR_MAC, OUR_IP = bytes.fromhex("525400000001"), bytes([10, 0, 2, 9])
BROADCAST, ARP, IPV4 = b"\xff" * 6, b"\x08\x06", b"\x08\x00"
ICMP, IGMP, UDP = 1, 2, 17


class Packet:
    """A received packet of IPv4."""

    def __init__(self, frame: bytes) -> None:
        self.frame, packet = frame, frame[14:]
        header = 4 * (packet[0] & 15)
        length = int.from_bytes(packet[2:4], "big")
        self.to_mac, self.hop_limit, self.protocol = frame[:6], packet[8], packet[9]
        self.source, self.to, self.body = packet[12:16], packet[16:20], packet[header:length]

    def ports(self) -> tuple[int, int]:
        return int.from_bytes(self.body[:2], "big"), int.from_bytes(self.body[2:4], "big")

    def data(self) -> bytes:
        """Returns what is behind the header of UDP."""
        return self.body[8:]


class Wire:
    """An emulator that runs, and a cable to its network."""

    def __init__(self, emulator: list[str]) -> None:
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.bind(("127.0.0.1", 0))
        self.wire.settimeout(0.2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.address = free.getsockname()
        ends = f"udp=127.0.0.1:{self.wire.getsockname()[1]},localaddr=127.0.0.1:{self.address[1]}"
        netdevs = [
            "user,id=gateway,restrict=on", f"socket,id=wire,{ends}",
            "hubport,id=port0,hubid=0,netdev=gateway", "hubport,id=port1,hubid=0,netdev=wire",
            "hubport,id=network,hubid=0",
        ]
        network = [word for netdev in netdevs for word in ("-netdev", netdev)]
        self.process = subprocess.Popen([*emulator, *network], stdin=subprocess.DEVNULL)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.wire.close()

    def hear(self, what: str, is_it) -> Packet:
        """Returns the next packet of a kind. Ends this program if none comes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if (packet := self.next()) and is_it(packet):
                return packet
        sys.exit(f"the board sends no {what}")

    def ask(self, what: str, frame: bytes, is_answer) -> Packet:
        """Sends a frame each second until an answer comes, and returns that."""
        for _ in range(PATIENCE):
            self.wire.sendto(frame, self.address)
            until = time.monotonic() + 1
            while time.monotonic() < until:
                if (packet := self.next()) and is_answer(packet):
                    return packet
        sys.exit(f"the board does not answer {what}")

    def next(self) -> Packet | None:
        """Returns the next packet. Tells our address to whoever asks for it."""
        try:
            frame = self.wire.recv(2048)
        except TimeoutError:
            return None
        if frame[12:14] == ARP and frame[38:42] == OUR_IP and frame[20:22] == b"\0\1":
            answer = bytes.fromhex("0001080006040002") + OUR_MAC + OUR_IP + frame[22:32]
            self.wire.sendto((frame[6:12] + OUR_MAC + ARP + answer).ljust(60, b"\0"), self.address)
        return Packet(frame) if frame[12:14] == IPV4 else None


def datagram(to_mac: bytes, to: bytes, ports: tuple[int, int], data: bytes) -> bytes:
    """Returns a frame with a datagram of UDP, whose checksum is left out."""
    lengths = [*ports, 8 + len(data), 0]
    return frame(to_mac, to, UDP, b"".join(word.to_bytes(2, "big") for word in lengths) + data)


def echo(to_mac: bytes, to: bytes, text: bytes) -> bytes:
    """Returns a frame with a ping."""
    return frame(to_mac, to, ICMP, with_checksum(bytes.fromhex("0800000000010001") + text, 2))


def frame(to_mac: bytes, to: bytes, protocol: int, body: bytes) -> bytes:
    length = (20 + len(body)).to_bytes(2, "big")
    header = b"\x45\0" + length + bytes.fromhex("00000000ff") + bytes([protocol]) + bytes(2) + OUR_IP + to
    return (to_mac + OUR_MAC + IPV4 + with_checksum(header, 10) + body).ljust(60, b"\0")


def with_checksum(packet: bytes, at: int) -> bytes:
    """Returns the packet with its Internet checksum (RFC 1071) at `at`, where it has zeros."""
    even = packet + bytes(len(packet) % 2)
    total = sum(int.from_bytes(even[index:index + 2], "big") for index in range(0, len(even), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return packet[:at] + (total ^ 0xFFFF).to_bytes(2, "big") + packet[at + 2:]
