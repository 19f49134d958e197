"""Checks that an emulated board is found: it takes an address by DHCP, answers to its name by multicast DNS,
and answers a ping."""

import sys

from wire import ICMP, IGMP, OUR_MAC, UDP, Packet, Wire, datagram, echo

BOARD = bytes([10, 0, 2, 15])
GROUP, GROUP_MAC, MDNS = bytes([224, 0, 0, 251]), bytes.fromhex("01005e0000fb"), 5353
ANNOUNCED = b"\0\1\x80\1\0\0\0\x78\0\4" + BOARD


def check_found(emulator: list[str], name: str) -> None:
    """Starts an emulator and checks what the board says, as `NAME.local`."""
    with Wire(emulator) as wire:
        discover = wire.hear("DHCP request", lambda packet: is_dhcp(packet, (68, 67)))
        offer = wire.hear("DHCP lease", lambda packet: is_dhcp(packet, (67, 68)) and b"\x35\1\5" in packet.data())
        expect("the leased address", offer.data()[16:20], BOARD)
        expect("the host name", option(discover, 12), name.encode())
        mac = discover.frame[6:12]
        wire.hear("membership of the group", lambda packet: packet.protocol == IGMP and GROUP in packet.frame)
        probe = wire.hear("probe for its name", lambda packet: is_mdns(packet) and packet.data()[2:4] == bytes(2))
        expect("its address in the probe", probe.data()[-4:], BOARD)
        announcement = wire.hear("announcement", lambda packet: is_mdns(packet) and packet.data()[2] == 0x84)
        expect("its address in the announcement", ANNOUNCED in announcement.data(), True)
        expect("its hop limit and its group", (announcement.hop_limit, announcement.to_mac), (255, GROUP_MAC))
        check_answers(wire, name)
        pong = wire.ask("a ping", echo(mac, BOARD, b"are you there?"), lambda packet: packet.protocol == ICMP)
        expect("the answer to a ping", pong.body[:2] + pong.body[8:22], b"\0\0are you there?")
    print(f"a lease of DHCP is taken, {name}.local and a ping are answered", flush=True)


def check_answers(wire: Wire, name: str) -> None:
    # The announcements may not be over.
    wire.ask("its name", question(name), lambda packet: is_mdns(packet) and ANNOUNCED in packet.data())
    plain = question(name, 50_000)
    answer = wire.ask("its name by plain DNS", plain, lambda packet: packet.protocol == UDP and packet.ports() == (MDNS, 50_000))
    expected = b"\x12\x34\x84\0\0\1\0\1\0\0\0\0" + asked(name) + b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4" + BOARD
    expect("the plain answer", (answer.to_mac, answer.data()), (OUR_MAC, expected))


def question(name: str, port: int = MDNS) -> bytes:
    """Returns a frame to the group that asks for a name's address, from a port."""
    return datagram(GROUP_MAC, GROUP, (port, MDNS), b"\x12\x34\0\0\0\1\0\0\0\0\0\0" + asked(name))


def asked(name: str) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\5local\0\0\1\0\1"


def is_dhcp(packet: Packet, ports: tuple[int, int]) -> bool:
    return packet.protocol == UDP and packet.ports() == ports


def option(packet: Packet, number: int) -> bytes:
    """Returns an option of a DHCP packet, which begin behind 236 bytes and a magic number."""
    rest = packet.data()[240:]
    while rest and rest[0] != 255:
        if rest[0] == number:
            return rest[2:2 + rest[1]]
        rest = rest[2 + rest[1]:] if rest[0] else rest[1:]
    return b""


def is_mdns(packet: Packet) -> bool:
    return (packet.protocol, packet.source, packet.to) == (UDP, BOARD, GROUP) and packet.ports() == (MDNS, MDNS)


def expect(what: str, got: object, expected: object) -> None:
    if got != expected:
        sys.exit(f"{what}: {got!r} instead of {expected!r}")
