"""The command `python3 -m metric_client`: puts and gets samples."""

import os
import sys
from io import BufferedReader
from typing import List, cast

from .client import Client
from .errors import ClientError, CutShort, WrongCommand
from .options import Options, read_options
from .sample import Sample, Samples
from .text import read_line, read_lines, value_text

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 3, 130


def main() -> int:
    """Runs the command. Returns the exit code."""
    try:
        return run(read_options(sys.argv[1:]))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return DONE  # the reader of the output has closed it
    except ClientError as error:  # some are OSErrors, too
        complain(f"error: {error}")
    except OSError as error:
        discard_output()
        complain(f"error: cannot read the input or write the output: {error}")
    return FAILED


def run(options: Options) -> int:
    with connect(options) as client:
        if options.key is not None:
            write(client.get(options.key))
            return DONE
        if options.sample is not None:
            return put(client, options.sample)
        return put_lines(client)


def connect(options: Options) -> Client:
    try:
        where = options.host, options.port, options.timeout
        return Client(*where, reconnect=True, unit=options.unit)
    except ClientError as error:
        raise ClientError(f"{error}; --server takes another HOST[:PORT]") from error


def write(samples: Samples) -> None:
    if not sys.stdout:
        raise OSError("standard output is closed")
    for key, series in samples.items():
        for timestamp, value in series:
            sys.stdout.buffer.write(f"{key} {value_text(value)} {timestamp}\n".encode())
    sys.stdout.buffer.flush()


def put(client: Client, sample: Sample) -> int:
    try:
        client.put(*sample)
    except WrongCommand as error:
        complain(f"error: {error}")
        return REFUSED
    return DONE


def put_lines(client: Client) -> int:
    """Puts the lines of standard input. Does not wait for more input while it has lines to put."""
    if not sys.stdin:
        raise OSError("standard input is closed")
    number, code = 1, DONE

    def no_end(line: bytes) -> None:
        sample = read_line(line)
        # A single line needs no line end, as `printf` writes it.
        if number > 1 and not isinstance(sample, ClientError):
            cut = "it has no line end, so the input may be cut; it was read as"
            complain(f"line {number}: {cut} {line.decode().strip()}")

    for lines in read_lines(cast(BufferedReader, sys.stdin.buffer), no_end):
        stored = put_some(client, number, lines)
        number += len(lines)
        code = DONE if stored == len(lines) and code == DONE else REFUSED
    return code


def put_some(client: Client, number: int, lines: List[bytes]) -> int:
    """Puts lines. `number` is that of the first. Returns how many were stored."""

    def refused(index: int, error: ClientError) -> None:
        complain(f"line {number + index}: {error}")

    try:
        return client.put_all(map(read_line, lines), refused)
    except CutShort as error:
        unknown = f"lines from {number + error.answered} on may not be stored: put them again"
        raise ClientError(f"{error.__cause__}; {unknown}") from error


def discard_output() -> None:
    """Keeps Python from writing again at its exit what could not be written."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(line: str) -> None:
    """Prints an error. A closed standard error is not a failure."""
    if sys.stderr:
        try:
            print(line, file=sys.stderr, flush=True)
        except OSError:
            pass


if __name__ == "__main__":
    sys.exit(main())
