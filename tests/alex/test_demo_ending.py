"""How a demo ends: running when it succeeds, nothing left when it fails or is interrupted."""

import io
import signal
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from alex import demo, local, places
from alex.errors import CommandError
from alex.journey import Journey
from alex.result import Analysis
from local_cloud.events import Event


class Cloud:
    """Counts stops; may fail to stop."""

    def __init__(self, *, broken: Any = False) -> None:
        self.stops, self.broken = 0, broken

    def stop(self) -> Any:
        self.stops += 1
        if self.broken:
            raise RuntimeError("mute")
        # A second Ctrl-C while stopping must not leave half of it running.
        signal.raise_signal(signal.SIGINT)
        return True


@pytest.mark.parametrize("error", [KeyboardInterrupt, CommandError, ValueError, SystemExit])
def test_failure_and_interruption_stop_the_cloud(error: Any) -> None:
    """Ctrl-C at any point leaves nothing running."""
    cloud = Cloud()
    with pytest.raises(error), demo.stopped_on_failure(cloud, Console(file=io.StringIO())):
        raise error("x")
    assert cloud.stops == 1
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def test_success_and_keep_leave_it_running() -> None:
    """A finished demo is there to be used."""
    cloud = Cloud()
    with demo.stopped_on_failure(cloud, Console(file=io.StringIO())):
        pass
    with pytest.raises(ValueError, match="x"), demo.stopped_on_failure(cloud, Console(file=io.StringIO()), keep=True):
        raise ValueError("x")
    assert cloud.stops == 0


def test_cloud_that_cannot_be_stopped_does_not_hide_the_first_error() -> None:
    """The person must read what went wrong first, and that `alex down` is needed."""
    out = io.StringIO()
    with pytest.raises(ValueError, match="first"), demo.stopped_on_failure(Cloud(broken=True), Console(file=out)):
        raise ValueError("first")
    assert "alex down" in out.getvalue()


def test_deployment_that_stands_still_is_ended_with_its_last_event() -> None:
    """A resource that never answers would hold the terminal for an hour."""
    event = Event("resource", "Migrations IN_PROGRESS", stack="Alex-local-Data")

    def wait() -> None:
        with local.Watchdog(limit=0.2, listener=lambda _: None) as dog:
            dog(event)
            threading.Event().wait(10)

    with pytest.raises(CommandError, match="stood still") as refused:
        wait()
    assert "Migrations IN_PROGRESS" in refused.value.where


def test_watchdog_leaves_a_persons_interrupt_alone() -> None:
    """Ctrl-C by a person stays Ctrl-C."""
    with pytest.raises(KeyboardInterrupt), local.Watchdog(limit=30, listener=lambda _: None):
        raise KeyboardInterrupt


def test_progress_without_a_terminal_is_lines() -> None:
    """CI logs need plain lines: what began, what it gave, how long it took, what failed."""
    out = io.StringIO()

    def travel() -> None:
        with Journey(Console(file=out, width=200), title="T") as journey:
            with journey.step("First") as step:
                step.note("not for logs")
                step.result("3 things")
            with journey.step("Second"):
                raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        travel()
    text = out.getvalue()
    assert "\x1b" not in text
    assert "not for logs" not in text
    assert "ok  First: 3 things (" in text
    assert "FAILED Second" in text


def test_live_display_shows_running_and_finished_steps() -> None:
    """On a terminal a person sees what runs, what is done and the elapsed time."""
    journey = Journey(Console(file=io.StringIO(), force_terminal=True, width=120), title="T")
    with journey.step("First") as step:
        step.lines("reporter    [bold yellow]running[/bold yellow]")
        shown = io.StringIO()
        Console(file=shown, width=120).print(journey.render())
    assert "First" in shown.getvalue()
    assert "reporter    running" in shown.getvalue()
    assert "elapsed" in shown.getvalue()


def test_figures_that_are_no_numbers_are_refused(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """A total of NaN must stop the report instead of being printed in it."""
    for bad in ("NaN", "many", "Infinity"):
        answers["job"]["summary_payload"]["total_value"] = bad
        with pytest.raises(CommandError, match="not a number"):
            read(answers)


def test_price_of_a_model_is_a_missing_price(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """A price that a model invented must not be shown as a value (INT-04)."""
    position = answers["accounts"][0]["positions"][0]
    position["instrument"] |= {"price_source": "model", "current_price": "999.0000"}
    found = next(h for h in read(answers).holdings if h.symbol == position["symbol"])
    assert found.price is None
    assert found.value is None


def test_allocation_survives_missing_charts(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """A charter that fell back must not take the allocation from the reader."""
    full = read(answers)
    answers["job"]["charts_payload"] = {"charts": [], "error": "Unable to generate charts at this time"}
    degraded = read(answers)
    assert [part.key for part in degraded.asset_class] == [part.key for part in full.asset_class]
    for left, right in zip(degraded.asset_class, full.asset_class, strict=True):
        assert left.value == pytest.approx(right.value, rel=Decimal("0.001"))


def test_written_files_are_whole_or_absent(tmp_path: Path) -> None:
    """A report that is half written when the power goes must not replace the last one."""
    target = tmp_path / "deep" / "report.html"
    places.written(target, "one")
    places.written(target, "two")
    assert target.read_text("utf-8") == "two"
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]
