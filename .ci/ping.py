"""Pings an emulated board. QEMU's user network forwards no ping, so frames go directly to the board's
network controller."""

import socket
import subprocess
import sys


def ping(emulator: list[str]) -> bytes:
    """Starts an emulator, sends it a ping, and returns the frame that answers it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(0.2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()
        ends = f"udp=127.0.0.1:{wire.getsockname()[1]},localaddr=127.0.0.1:{address[1]}"
        network = ["-netdev", f"socket,id=network,{ends}"]
        process = subprocess.Popen([*emulator, *network], stdin=subprocess.DEVNULL)
        try:
            mac = exchange(wire, address, arp_request(), lambda frame: frame[12:14] == ARP)[6:12]
            request = icmp_echo(mac, b"are you there?")
            return exchange(wire, address, request, lambda frame: frame[23:24] == b"\x01")
        finally:
            process.kill()
            process.wait()


def exchange(wire: socket.socket, to: tuple[str, int], frame: bytes, is_answer) -> bytes:
    """Sends a frame repeatedly until an answer arrives. Returns the answer."""
    for _ in range(300):
        wire.sendto(frame, to)
        try:
            while not is_answer(answer := wire.recv(2048)):
                pass
            return answer
        except TimeoutError:
            pass
    sys.exit("the board answers no frame")


GATEWAY, BOARD_IP = bytes([10, 0, 2, 2]), bytes([10, 0, 2, 15])
OUR_MAC, ARP, IPV4 = bytes.fromhex("525400000001"), b"\x08\x06", b"\x08\x00"


def arp_request() -> bytes:
    request = bytes.fromhex("0001080006040001") + OUR_MAC + GATEWAY + bytes(6) + BOARD_IP
    return padded(b"\xff" * 6 + OUR_MAC + ARP + request)


def icmp_echo(mac: bytes, text: bytes) -> bytes:
    echo = with_checksum(bytes.fromhex("0800000000010001") + text, 2)
    length = (20 + len(echo)).to_bytes(2, "big")
    header = b"\x45\0" + length + bytes.fromhex("0000000040010000") + GATEWAY + BOARD_IP
    return padded(mac + OUR_MAC + IPV4 + with_checksum(header, 10) + echo)


def padded(frame: bytes) -> bytes:
    return frame.ljust(60, b"\0")


def with_checksum(packet: bytes, at: int) -> bytes:
    """Returns the packet with its Internet checksum (RFC 1071) at `at`, where it has zeros."""
    even = packet + bytes(len(packet) % 2)
    total = sum(int.from_bytes(even[index:index + 2], "big") for index in range(0, len(even), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return packet[:at] + (total ^ 0xFFFF).to_bytes(2, "big") + packet[at + 2:]
