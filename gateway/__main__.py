"""The command line: serve, sandbox, schema, check, purge."""

import argparse
import asyncio
import difflib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from pathlib import Path
from uuid import uuid4

from starlette.applications import Starlette
from starlette.routing import Route

from gateway import __version__, check, sandbox
from gateway.app import create_app
from gateway.cache.purging import PurgeError, purge
from gateway.cache.shared import NEAR
from gateway.parts import cache_names, federation
from gateway.sandbox.switches import add_arguments, from_arguments
from gateway.schema import build_schema
from gateway.serving.server import End, Inherited, address, bind, listen, work
from gateway.serving.supervisor import Times, supervise
from gateway.settings import Settings, SettingsError
from gateway.telemetry.logs import configure_log
from gateway.telemetry.metrics import name_process
from gateway.upstream.checking import Check
from gateway.upstream.sender import Ask
from gateway.wiring import open_upstream

_USAGE_ERROR, _CANNOT_LISTEN = 2, 3
_PLACE = "the gateway is at {0}/graphql".format


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for what was found amiss, 2 for what cannot be started."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (SettingsError, check.UsageError) as error:
        print(error, file=sys.stderr)
        return _USAGE_ERROR
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description="A GraphQL gateway over the KPI service.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve",
        help="run the gateway",
        description="Run the gateway, configured by GATEWAY_* variables (the README lists them).",
    )
    serve.add_argument(
        "--sandbox",
        action="store_true",
        help="put the sandbox behind it, and open GraphiQL and introspection",
    )
    serve.add_argument("--worker", nargs=4, type=int, help=argparse.SUPPRESS)  # what a worker inherits
    serve.set_defaults(run=_serve)

    alone = commands.add_parser(
        "sandbox",
        help="run the sandbox upstream alone",
        description="Run a stand-in of the KPI service, with made-up customers and faults to order.",
    )
    alone.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    alone.add_argument("--port", type=int, default=8001, help="the port to listen on (8001)")
    add_arguments(alone)
    alone.set_defaults(run=_sandbox)

    schema = commands.add_parser(
        "schema",
        help="print the schema",
        description="Print the schema in SDL, as a supergraph takes it: GATEWAY_FEDERATION_* say for which routers.",
    )
    schema.add_argument("--check", metavar="FILE", type=Path, help="print nothing; exit 1 with a diff if FILE differs")
    schema.set_defaults(run=_schema)

    checking = commands.add_parser(
        "check",
        help="ask the configured upstream a few things, and report",
        description="Ask the configured KPI service one harmless thing after another, and report.",
    )
    check.add_arguments(checking)
    checking.set_defaults(run=_check)

    purging = commands.add_parser(
        "purge",
        help="empty the shared cache",
        description="Delete what the shared cache (GATEWAY_CACHE_URL) has of the configured KPI service.",
    )
    purging.add_argument("--customer", metavar="ID", type=check.customer, help="delete this customer's values only")
    purging.set_defaults(run=_purge)
    return parser


def _serve(options: argparse.Namespace) -> int:
    if options.sandbox:
        return _serve_sandbox()
    settings = Settings.read()
    if settings.upstream_url is None:
        raise SettingsError(
            "GATEWAY_UPSTREAM_URL is not set: the base address of the KPI service is needed.\n"
            "To look around without one: python -m gateway serve --sandbox"
        )
    configure_log(settings.log_level, settings.log_format)
    if settings.workers > 1 and not options.worker:
        return _supervise(settings)
    inherited = Inherited(*options.worker) if options.worker else None
    if inherited:
        name_process(inherited.slot)
    app = create_app(settings)
    if inherited:
        return work(app, inherited, _end(app, settings))
    return listen(app, (settings.host, settings.port), end=_end(app, settings), ready=_saying(_PLACE))


def _supervise(settings: Settings) -> int:
    """Have this command answer many times over, on one port."""
    command = sys.executable, "-m", "gateway", "serve", "--worker"
    end = End(settings.request_timeout, settings.drain_delay)
    try:
        with bind(settings.host, settings.port) as listening:
            ready = partial(_saying(_PLACE), address(listening))
            return supervise(command, listening, settings.workers, times=Times(end.in_all), ready=ready)
    except OSError as error:
        print(f"the gateway cannot be started: {error}", file=sys.stderr)
        return _CANNOT_LISTEN


def _serve_sandbox() -> int:
    settings = Settings.read(upstream_url="http://sandbox.invalid", graphiql=True, introspection=True)
    if settings.workers > 1:
        raise SettingsError(
            f"GATEWAY_WORKERS is {settings.workers}: --sandbox has its upstream within the one process that answers.\n"
            "To have many: python -m gateway sandbox, and GATEWAY_UPSTREAM_URL"
        )
    configure_log(settings.log_level, settings.log_format)
    upstream = sandbox.create_sandbox(sandbox.Switches(csharp_method="Any"), on_call=_print_call)
    demo = {"Authorization": f"Bearer {sandbox.DEMO_TOKEN}"}
    app = create_app(settings, transport=sandbox.SandboxTransport(upstream), explorer_headers=demo)
    app.router.routes.append(Route("/_sandbox/{rest:path}", upstream))
    return listen(app, (settings.host, settings.port), end=_end(app, settings), ready=_saying(_welcome))


def _sandbox(options: argparse.Namespace) -> int:
    settings = Settings.read(host=options.host, port=options.port)
    configure_log(settings.log_level, settings.log_format)
    app = sandbox.create_sandbox(from_arguments(options), on_call=_print_call)
    ready = _saying("the sandbox is at {0}, its switches at {0}/_sandbox/".format)
    end = End(settings.request_timeout)
    return listen(sandbox.over_the_wire(app), (settings.host, settings.port), end=end, ready=ready)


def _schema(options: argparse.Namespace) -> int:
    printed = build_schema(federation(Settings.read())).as_str() + "\n"
    if options.check is None:
        sys.stdout.write(printed)
        return 0
    kept = options.check.read_text(errors="replace") if options.check.is_file() else ""
    diff = difflib.unified_diff(
        kept.splitlines(keepends=True), printed.splitlines(keepends=True), str(options.check), "the schema"
    )
    sys.stdout.writelines(diff)
    return int(kept != printed)


def _check(options: argparse.Namespace) -> int:
    settings = Settings.read()
    if settings.upstream_url is None:
        raise SettingsError("GATEWAY_UPSTREAM_URL is not set: the base address of the KPI service is needed.")
    customers, shown = check.customers(options), check.credential(options, settings.upstream_auth)
    configure_log("error", settings.log_format)
    upstream = open_upstream(settings)
    checking = Check(
        upstream.sender,
        upstream.credentials,
        upstream.reading,
        ask=Ask(shown, f"check-{uuid4().hex}", deadline=inf),
        customers=customers,
        batching=settings.upstream_batching == "auto",
    )
    return asyncio.run(check.report(checking.findings(), upstream.aclose))


def _purge(options: argparse.Namespace) -> int:
    settings = Settings.read()
    if settings.upstream_url is None:
        raise SettingsError("GATEWAY_UPSTREAM_URL is not set: the cache keeps the values of each KPI service apart.")
    if not settings.is_cache_shared:
        raise SettingsError(
            "GATEWAY_CACHE_URL names no shared cache: what is in a gateway's own memory ends with its process."
        )
    try:
        deleted = asyncio.run(purge(settings.cache_url, cache_names(settings), options.customer))
    except ValueError as error:
        raise SettingsError(f"GATEWAY_CACHE_URL (not shown): {error}") from None
    except PurgeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{deleted} entries deleted; each gateway forgets them within {NEAR:g} seconds.")
    return 0


def _saying(welcome: Callable[[str], str]) -> Callable[[str], None]:
    def say(address: str) -> None:
        print(welcome(address), flush=True)

    return say


def _end(app: Starlette, settings: Settings) -> End:
    return End(settings.request_timeout, settings.drain_delay, app.state.readiness.drain)


def _print_call(call: sandbox.Call) -> None:
    print(f"  upstream {call}", flush=True)


def _welcome(address: str) -> str:
    ids = ",".join(str(number) for number in range(1, 51))
    query = (
        f'{{ customers(ids: [{ids}]) {{ id kpi(from: \\"2024-01-01\\", to: \\"2024-12-31\\") '
        "{ totalTransaction totalSpendingAmount currencyCode } } }"
    )
    return f"""
The gateway runs on its sandbox: made-up customers, no network.

  GraphiQL         {address}/
  GraphQL          {address}/graphql        with Authorization: Bearer {sandbox.DEMO_TOKEN}
  upstream calls   {address}/_sandbox/calls?format=text   (and below, as they are made)
  upstream faults  {address}/_sandbox/

Fifty customers in one query:

curl -s {address}/graphql -H 'Authorization: Bearer {sandbox.DEMO_TOKEN}' -H 'Content-Type: application/json' \\
  -d '{{"query":"{query}"}}'
"""


if __name__ == "__main__":
    sys.exit(main())
