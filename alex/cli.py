"""`alex`: the commands. Each works by itself, says what it did, and fails with what, where and what to do."""

import signal
import sys
from types import FrameType
from typing import Annotated, Any

try:
    import typer
    from rich.console import Console

    from alex import (
        commands_alarms,
        commands_audit,
        commands_checklist,
        commands_cloud,
        commands_cost,
        commands_dashboards,
        commands_deploy,
        commands_guardrails,
        commands_policy,
        commands_rehearse,
        commands_review,
        commands_runbook,
        commands_slo,
        commands_traces,
        commands_use,
        commands_waf,
        commands_watch,
        console,
    )
    from alex.errors import CommandError, Exit
except ModuleNotFoundError as missing:
    sys.stderr.write(
        f"error: the environment lacks the module {missing.name}\n"
        f"where: {sys.prefix}\n"
        "to do: remove that folder, then run `make tools`\n"
    )
    sys.exit(3)
except KeyboardInterrupt:  # nothing was started yet
    sys.exit(130)

app = typer.Typer(
    name="alex",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Alex, an AI financial adviser on AWS that also runs on a laptop. Start with: [bold]alex demo[/bold]",
    epilog="Exit codes: 0 done, 1 failed, 2 bad input, 3 a tool is missing, 4 nothing runs, 5 the analysis failed, "
    "130 interrupted.",
)
commands_deploy.add_to(app)
commands_rehearse.add_to(app)
commands_cloud.add_to(app)
commands_use.add_to(app)
commands_audit.add_to(app)
commands_traces.add_to(app)
commands_watch.add_to(app)
commands_dashboards.add_to(app)
commands_review.add_to(app)
commands_runbook.add_to(app)
commands_slo.add_to(app)
commands_policy.add_to(app)
commands_alarms.add_to(app)
commands_cost.add_to(app)
commands_checklist.add_to(app)
commands_guardrails.add_to(app)
commands_waf.add_to(app)


@app.callback()
def common(
    plain: Annotated[
        bool, typer.Option("--plain", help="No colours, no live display: lines for logs and pipes.")
    ] = False,
) -> None:
    """Options of every command."""
    console.use(plain=plain)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code; expected failures print three lines, never a traceback."""
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _interrupt)
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        answer: Any = app(arguments, standalone_mode=False)
    except CommandError as error:
        _explain(console.err(), error)
        return int(error.code)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        answer = int(Exit.INTERRUPTED)
    except (BrokenPipeError, SystemExit) as stop:
        # Typer makes an exit with 1 of a broken pipe.
        if not isinstance(stop, BrokenPipeError) and not isinstance(stop.__context__, BrokenPipeError):
            raise
        return _unread()
    except OSError as error:
        _explain(console.err(), _refused(error))
        return int(Exit.FAILED)
    except Exception as error:
        if _is_usage(error):
            error.show()  # type: ignore[attr-defined]
            return int(Exit.BAD_INPUT)
        raise
    code = int(answer) if isinstance(answer, int) else int(Exit.DONE)
    if code == Exit.INTERRUPTED:  # Typer turns Ctrl-C into this code itself
        console.err().print("stopped", style="yellow")
    return code


def _unread() -> int:
    """The reader of our output has gone (`alex logs | head`): it has what it wanted."""
    console.abandon()
    return int(Exit.DONE)


def _refused(error: OSError) -> CommandError:
    """The system said no: a folder that cannot be written, a full disk, a file in the place of a folder."""
    return CommandError(
        f"the system refused: {error.strerror or error}",
        where=str(error.filename or "writing or reading a stream"),
        remedy="make the path writable for you (was something run as another user?), free disk space; `alex doctor`",
    )


def _is_usage(error: Exception) -> bool:
    """Typer brings its own click or uses the installed one; both name their usage errors alike."""
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__)


def _explain(where: Console, error: CommandError) -> None:
    if error.output:
        where.print(error.output, markup=False, highlight=False, soft_wrap=True)
        where.print()
    for line in error.lines():
        style = "bold red" if line.startswith("error:") else ""
        where.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A termination is an interruption: whatever was started is stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
