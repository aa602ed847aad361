"""The command `check`: its options, and what it prints and returns for a person and a pipeline."""

import argparse
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from gateway.domain import CustomerId, customer_id
from gateway.errors import BadUserInput
from gateway.upstream.credentials import FORWARDED, Credential
from gateway.upstream.findings import Finding, State

MOST_CUSTOMERS = 5
_DEFAULT = (CustomerId(1), CustomerId(2))
_SENDABLE = re.compile("[!-~]([ -~]*[!-~])?")
_OPTIONS = {name: f"--{name.lower().removeprefix('x-')}" for name in FORWARDED}


class UsageError(Exception):
    """The options cannot be used together, or not with the settings; its text says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--customer",
        metavar="ID",
        dest="customers",
        type=customer,
        nargs="+",
        action="extend",
        help=f"customers to ask for, at most {MOST_CUSTOMERS}, until two are found (1 2)",
    )
    for name, option in _OPTIONS.items():
        parser.add_argument(
            option,
            metavar="VALUE",
            dest=name,
            help=f"the {name} header to send, where GATEWAY_UPSTREAM_AUTH is `forward`; - reads it from standard input",
        )


def customer(text: str) -> CustomerId:
    """Read an id on the command line."""
    try:
        return customer_id(text)
    except BadUserInput as error:
        raise argparse.ArgumentTypeError(error.public) from None


def customers(options: argparse.Namespace) -> Sequence[CustomerId]:
    """Return the customers to ask for, each once; UsageError for too many."""
    wanted = tuple(dict.fromkeys(options.customers or _DEFAULT))
    if len(wanted) > MOST_CUSTOMERS:
        raise UsageError(f"--customer: at most {MOST_CUSTOMERS} are asked for")
    return wanted


def credential(options: argparse.Namespace, auth: str) -> Credential:
    """Return what a caller would show; UsageError unless it is given exactly where the service is asked with it."""
    given = {name: value for name in _OPTIONS if (value := getattr(options, name)) is not None}
    if auth == "forward" and not given:
        raise UsageError(
            "GATEWAY_UPSTREAM_AUTH is 'forward': the service is asked with a caller's credential, and none is given.\n"
            "Give one on standard input: --authorization - or --api-key -"
        )
    if auth != "forward" and given:
        unused = ", ".join(_OPTIONS[name] for name in given)
        raise UsageError(f"GATEWAY_UPSTREAM_AUTH is '{auth}': {unused} would not be used")
    return Credential(tuple((name, _header(name, value)) for name, value in given.items()))


def _header(name: str, value: str) -> str:
    """Return a header's value, from a line of standard input for ``-``; never told in an error."""
    text = (sys.stdin.readline() if value == "-" else value).strip()
    if not _SENDABLE.fullmatch(text):
        raise UsageError(f"{_OPTIONS[name]}: the value (not shown) is empty or not printable ASCII")
    return text


async def report(findings: AsyncIterator[Finding], aclose: Callable[[], Awaitable[None]]) -> int:
    """Print the findings as they come, and a verdict; returns the exit status: 1 when something is wrong."""
    states = []
    try:
        async for finding in findings:
            states.append(finding.state)
            _print(str(finding))
    finally:
        await aclose()
    wrongs = states.count(State.WRONG)
    _print(_verdict(wrongs, is_whole=State.NOTED not in states))
    return int(wrongs > 0)


def _verdict(wrongs: int, *, is_whole: bool) -> str:
    if wrongs:
        return "1 thing is wrong." if wrongs == 1 else f"{wrongs} things are wrong."
    return "All is well." if is_whole else "Nothing is wrong; mind the notes."


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
