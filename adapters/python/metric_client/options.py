"""The command line."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any, List, NamedTuple, NoReturn, Optional, Sequence, Tuple

from . import __version__
from .address import read_address
from .errors import ClientError, InvalidArgument
from .network import checked_address
from .request import checked_unit, get_request, put_request
from .sample import Sample
from .text import read_sample

USAGE = """{0} [options] put KEY VALUE [TIMESTAMP]
       {0} [options] put
       {0} [options] get KEY
       {0} [options] get '*'"""

HELP = """\
put stores a sample. If KEY is omitted, it reads samples from standard input,
one per line in the same form. If TIMESTAMP is omitted, the time is now, in
the unit of --unit since 1970, which must be that of the server.
get prints the samples of a key, or of all, one `KEY VALUE TIMESTAMP` per line.

exit codes:
  0    success
  1    failure: no connection, a time-out, an invalid reply
  2    wrong command line
  3    samples were refused; each is reported by its line, the others are stored
  130  Ctrl-C
"""


class Options(NamedTuple):
    """The command: a get of `key`, a put of `sample`, or a put of lines if both are None."""

    host: str
    port: int
    timeout: float
    unit: str
    key: Optional[str]
    sample: Optional[Sample]


def read_options(words: Sequence[str]) -> Options:
    """Parses the command line. Exits after printing help or an error."""
    parser = _parser()
    options = parser.parse_intermixed_args([_shield(word) for word in words])
    try:
        key, sample = _command([_unshield(word) for word in options.words])
        host, port = _address(options.server)
        unit = checked_unit(options.unit)
        return Options(host, port, _seconds(options.timeout), unit, key, sample)
    except ClientError as error:
        parser.error(str(error))


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Prints the error as one line and exits."""
        self.exit(2, f"error: {message}; --help shows the usage\n")


class Show(argparse.Action):
    """Prints a text, or else the help, and exits. Unlike argparse's own actions, it can fail."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        if not sys.stdout:
            raise OSError("standard output is closed")
        sys.stdout.write(self.const or parser.format_help())
        sys.stdout.flush()
        sys.exit()


def _parser() -> Parser:
    layout = argparse.RawDescriptionHelpFormatter
    usage = USAGE.format(_program())
    parser = Parser(
        usage=usage, epilog=HELP, formatter_class=layout, allow_abbrev=False, add_help=False
    )
    parser.add_argument("-h", "--help", action=Show, nargs=0, help="print this help")
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    server = os.environ.get("METRIC_SERVER") or "127.0.0.1:8888"
    where = (
        "where the server is, with port 8888 unless it names one "
        "[default: METRIC_SERVER in the environment, or 127.0.0.1:8888]"
    )
    parser.add_argument("--server", metavar="HOST[:PORT]", default=server, help=where)
    silence = "how long the server may be silent [default: 10]"
    parser.add_argument("--timeout", metavar="SECONDS", default="10", help=silence)
    counts = "what the server's timestamps count: s, ms, us or ns [default: s]"
    parser.add_argument("--unit", metavar="UNIT", default="s", help=counts)
    version = f"metric_client {__version__}\n"
    parser.add_argument("--version", action=Show, nargs=0, const=version, help="print the version")
    return parser


def _program() -> str:
    """Returns how this program was called."""
    script = "metric_client"
    return script if Path(sys.argv[0]).stem == script else f"python3 -m {script}"


def _shield(word: str) -> str:
    """Adds a space before a negative number, so that argparse does not take it for an option."""
    return f" {word}" if re.match(" *-[.0-9]", word) else word


def _unshield(word: str) -> str:
    return word[1:] if re.match(" +-[.0-9]", word) else word


def _address(text: str) -> Tuple[str, int]:
    try:
        return checked_address(*read_address(text))
    except ClientError as error:
        raise InvalidArgument(f"--server or METRIC_SERVER is {text!r}: {error}") from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 1e6:
        raise InvalidArgument(f"--timeout is a number of seconds, 1000000 at most, not {text!r}")
    return seconds


def _command(words: List[str]) -> Tuple[Optional[str], Optional[Sample]]:
    """Returns the key to get or the sample to put. Refuses invalid ones."""
    if len(words) == 2 and words[0] == "get":
        get_request(words[1])
        return words[1], None
    if len(words) > 1 and words[0] == "put":
        sample = read_sample(words[1:])
        put_request(*sample)
        return None, sample
    if words == ["put"]:
        return None, None
    raise InvalidArgument(f"the command is put or get KEY, not {' '.join(words)!r}")
