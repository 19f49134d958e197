"""The boards that QEMU emulates, and patches that make their firmware fail."""

from collections.abc import Callable
from typing import NamedTuple


class Chip(NamedTuple):
    """The processor of a board."""
    target: str
    emulator: str
    tools: str
    undefined: bytes
    """An instruction that is a fault."""
    push_and_call_itself: bytes
    jump_to_panic: Callable[[int, int], tuple[int, bytes]]
    """Takes the addresses of a function that is called and of the panic handler. Returns a patch."""


def arm_jump(_: int, panic: int) -> tuple[int, bytes]:
    sys_tick_vector = 0x3C
    return sys_tick_vector, (panic | 1).to_bytes(4, "little")


def riscv_jump(called: int, panic: int) -> tuple[int, bytes]:
    to = panic - called
    bits = [(to >> 20 & 1, 31), (to >> 1 & 0x3FF, 21), (to >> 11 & 1, 20), (to >> 12 & 0xFF, 12)]
    return called, sum((part << at for part, at in bits), 0x6F).to_bytes(4, "little")


BOARDS = {
    "embassy-lm3s6965": Chip(
        "thumbv7m-none-eabi", "qemu-system-arm", "arm-none-eabi",
        bytes.fromhex("00de"), bytes.fromhex("80b5fff7fdff"), arm_jump,
    ),
    "embassy-riscv-virt": Chip(
        "riscv32imc-unknown-none-elf", "qemu-system-riscv32", "riscv64-unknown-elf",
        # It disables interrupts, in which the overflow would be noticed, too.
        bytes(2), bytes.fromhex("411106c673700430eff09fff"), riscv_jump,
    ),
}
