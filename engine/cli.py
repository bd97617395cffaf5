"""The command line. Heavy parts are imported by the command that needs them: ``check`` starts fast."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import ConfigurationError, EngineError
from rcml.api_version import API_VERSION, ApiVersion

FAILED = 1
"""Exit code when what was asked for did not work; 2 is for a wrong command line."""

app = typer.Typer(
    name="dialplane",
    help="Self-hosted programmable voice: SIP calls run RCML and TwiML applications.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Configuration file; without it dialplane.toml in the current directory, when there is one.",
    ),
]
AppOption = Annotated[
    str,
    typer.Option("--app", metavar="URL", help="Application that answers every call that matches no number."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from engine.version import version as this_version

        typer.echo(f"dialplane {this_version()}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_show_version),
    ] = False,
) -> None: ...


@app.command()
def dev(config: ConfigOption = None, application: AppOption = "") -> None:
    """Run with the embedded defaults: loopback, SQLite under var/, and a demo application to call."""
    _run_daemon(config, application, dev=True)


@app.command()
def serve(config: ConfigOption = None, application: AppOption = "") -> None:
    """Run the daemon.

    SIGTERM drains and ends, a second one ends at once. SIGHUP reads the configuration again.
    """
    _run_daemon(config, application, dev=False)


@app.command()
def check(
    documents: Annotated[
        list[str],
        typer.Argument(metavar="FILE_OR_URL...", help="RCML documents; - reads standard input."),
    ],
    method: Annotated[str, typer.Option(help="How a URL is requested: POST or GET.")] = "POST",
) -> None:
    """Check RCML documents: errors are printed with their line, and the exit code is 1."""
    from engine import check as checking

    if method.upper() not in ("GET", "POST"):
        raise typer.BadParameter("write POST or GET", param_hint="--method")
    reports = [checking.check(document, method.upper()) for document in documents]
    for line in (line for report in reports for line in report.lines):
        typer.echo(line)
    if any(report.failed for report in reports):
        raise typer.Exit(FAILED)


@app.command(name="try")
def try_application(
    target: Annotated[
        str, typer.Argument(metavar="URL_OR_FILE", help="An application, a document, or module:attribute.")
    ],
    to: Annotated[str, typer.Option(help="The number that is called.")] = "+15550199",
    from_: Annotated[str, typer.Option("--from", help="Who calls.")] = "+15550100",
    method: Annotated[str, typer.Option(help="How the first document is requested: POST or GET.")] = "POST",
    auth_token: Annotated[str, typer.Option(help="Key by which requests are signed.")] = "",
    api_version: Annotated[
        ApiVersion,
        typer.Option(help="Whose words it is told of the call in: Restcomm's (2012-04-24) or Twilio's."),
    ] = API_VERSION,
) -> None:
    """Call an application from the terminal, without a telephone; type help during the call."""
    from engine.testing import command

    if method.upper() not in ("GET", "POST"):
        raise typer.BadParameter("write POST or GET", param_hint="--method")
    verb = method.upper()
    if not command.run(target, auth_token, to=to, from_=from_, method=verb, api_version=api_version):
        raise typer.Exit(FAILED)


@app.command()
def call(
    target: Annotated[
        str, typer.Argument(help="Whom to call: +NUMBER through a trunk, client:LOGIN, or sip:USER@HOST.")
    ],
    application: Annotated[
        str, typer.Option("--app", metavar="URL", help="Application that runs once the callee has answered.")
    ] = "",
    rcml: Annotated[
        Path | None,
        typer.Option("--rcml", metavar="FILE", help="A document to run instead; - reads standard input."),
    ] = None,
    caller: Annotated[str, typer.Option("--from", metavar="WHO", help="Whom the callee sees.")] = "dialplane",
    timeout: Annotated[float, typer.Option(help="Seconds to ring.", min=1, max=600)] = 60.0,
    server: Annotated[
        str,
        typer.Option(metavar="URL", help="The daemon; without it the one of the configuration."),
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Place a call through a running daemon and follow it; the exit code is 0 when it was completed.

    The account is the one of the configuration or of its store. Ctrl-C hangs up.
    """
    from engine import call_command
    from engine.config import Sources

    if bool(application) == (rcml is not None):
        raise typer.BadParameter("give either an application's URL or a document", param_hint="--app, --rcml")
    wanted = call_command.Wanted(
        target=target,
        application=application,
        document=rcml,
        caller=caller,
        ring_limit=timeout,
        server=server,
    )
    if not call_command.run(wanted, Sources(config)):
        raise typer.Exit(FAILED)


@app.command()
def config(config: ConfigOption = None) -> None:
    """Print the effective configuration as TOML, each value with where it comes from; secrets masked."""
    from engine.config import Sources
    from engine.config.show import as_toml

    typer.echo(as_toml(Sources(config).load()))


@app.command()
def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the copy goes: a file that is not there.")
    ],
    config: ConfigOption = None,
) -> None:
    """Copy the SQLite database as it is now, also beside a daemon that runs; recordings lie beside it."""
    from engine.backup import back_up
    from engine.config import Sources

    store = Sources(config).load().store
    size = back_up(store.url, target)
    typer.echo(f"{target}: {size / 1e6:.1f} MB. Now copy the recordings: {store.recordings}")


@app.command(name="copy-store")
def copy_store_command(
    target: Annotated[str, typer.Argument(metavar="URL", help="Where the rows go, as [store] url says it.")],
    config: ConfigOption = None,
) -> None:
    """Copy all records into another database, such as from SQLite to PostgreSQL; stop the daemon before."""
    from engine.config import Sources
    from engine.store.copying import copy_store

    source = Sources(config).load().store.url
    total = copy_store(source, target, typer.echo)
    typer.echo(
        f"{total} rows copied. Now let [store] url name the new database; recordings stay where they are."
    )


@app.command()
def doctor(config: ConfigOption = None) -> None:
    """Look for what keeps calls from working here: ports, addresses, names, certificates, limits, database.

    The exit code is 1 when there is a fault; what to do about each is printed with it.
    """
    from engine import doctor as examination
    from engine.config import Sources

    if not examination.report(Sources(config).load(), typer.echo):
        raise typer.Exit(FAILED)


@app.command()
def version() -> None:
    """Print the version."""
    _show_version(True)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a user's mistake is one line on standard error."""
    try:
        app(args=list(arguments), prog_name="dialplane")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except ConfigurationError as error:
        for problem in error.problems:
            _complain(problem)
    except (EngineError, OSError) as error:
        _complain(str(error))
    return FAILED


def _run_daemon(config: Path | None, application: str, dev: bool) -> None:
    # What a start makes stays; looking through it again and again for garbage took a sixth of the start.
    # The daemon has the collector back once it is ready.
    gc.disable()
    from engine import daemon
    from engine.config import Sources

    options = {"rcml.app_url": (application, "--app")} if application else {}
    raise typer.Exit(daemon.run(Sources(config, options=options, dev=dev), dev=dev))


def _complain(problem: str) -> None:
    # Not through rich: it would take [sip] for markup.
    sys.stderr.write(f"dialplane: {problem}\n")
