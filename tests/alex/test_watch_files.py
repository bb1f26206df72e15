"""`alex watch` on growing files: whatever happens to a log, an operator sees each line once, in order (OBS-33)."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from alex.agent_logs.files import FIRST_WINDOW, LONGEST, FileLogs
from alex.agent_logs.following import Wish, follow
from alex.agent_logs.line import AGENTS, Line, parsed

NOW = datetime(2022, 12, 28, 12, 0, tzinfo=UTC)


def entry(second: float, service: str = "planner", **more: Any) -> str:
    """A log line as powertools writes it, so many seconds after NOW."""
    at = (NOW + timedelta(seconds=second)).isoformat(timespec="milliseconds")
    return json.dumps({"timestamp": at, "level": "INFO", "service": service, "message": "M", **more}) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Callable[[str], Path]:
    """A function's log file."""
    return lambda name: tmp_path / f"{name}.log"


def following(folder: Path, *, back: float = 600, once: bool = False) -> FileLogs:
    """All logs of the folder, whose names are their functions'."""
    return FileLogs(
        lambda: {path: path.stem for path in sorted(folder.glob("*.log"))},
        since=NOW - timedelta(seconds=back),
        clock=lambda: NOW,
        once=once,
    )


def messages(lines: list[Line]) -> list[str]:
    return [str(line.entry["message"]) if line.entry else line.text for line in lines]


def test_several_files_come_in_time_order(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: read agent by agent, a log does not tell who made whom wait."""
    log("planner").write_text(entry(1, message="first") + entry(4, message="fourth"))
    log("tagger").write_text(entry(2, message="second"))
    log("reporter").write_text(entry(3, message="third"))
    assert messages(following(tmp_path).poll()) == ["first", "second", "third", "fourth"]


def test_a_half_written_line_waits_for_its_end(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: half an entry shown as text, and its other half as another line, would be two lies."""
    whole = entry(1, message="whole")
    logs = following(tmp_path)
    log("planner").write_text(whole[:30])
    assert logs.poll() == []
    with log("planner").open("a") as file:
        file.write(whole[30:] + entry(2, message="next")[:10])
    assert messages(logs.poll()) == ["whole"]
    assert logs.poll() == []


def test_a_character_cut_by_a_write_is_whole_again(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: a name in another script must not be damaged because the file was read at the wrong moment."""
    raw = json.dumps({"timestamp": NOW.isoformat(), "message": "Zürich"}, ensure_ascii=False).encode() + b"\n"
    cut = raw.index("ü".encode()) + 1
    logs = following(tmp_path)
    log("planner").write_bytes(raw[:cut])
    assert logs.poll() == []
    with log("planner").open("ab") as file:
        file.write(raw[cut:])
    assert messages(logs.poll()) == ["Zürich"]


def test_a_rotated_file_loses_no_line(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: what was written just before the rotation is often what explains the failure."""
    logs = following(tmp_path)
    log("planner").write_text(entry(1, message="one"))
    assert messages(logs.poll()) == ["one"]
    with log("planner").open("a") as file:
        file.write(entry(2, message="two"))
    log("planner").rename(tmp_path / "planner.log.1")
    log("planner").write_text(entry(3, message="three"))
    assert messages(logs.poll()) == ["two", "three"]
    with log("planner").open("a") as file:
        file.write(entry(4, message="four"))
    assert messages(logs.poll()) == ["four"]


def test_a_truncated_file_is_read_from_its_start(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: `> planner.log` must not silence the rest of the session."""
    logs = following(tmp_path)
    log("planner").write_text(entry(1, message="long " * 50))
    logs.poll()
    log("planner").write_text(entry(2, message="anew"))
    assert messages(logs.poll()) == ["anew"]


def test_files_that_vanish_or_appear_later_are_followed(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: a function that runs for the first time while somebody watches is the one that is watched for."""
    logs = following(tmp_path)
    log("planner").write_text(entry(1, message="one"))
    assert messages(logs.poll()) == ["one"]
    log("planner").unlink()
    assert logs.poll() == []
    log("charter").write_text(entry(2, message="two"))
    log("planner").write_text(entry(3, message="three"))
    assert messages(logs.poll()) == ["two", "three"]


def test_a_line_of_a_megabyte_is_one_line_and_an_endless_one_is_cut(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: a model's huge answer in a log must neither stop the watching nor take the machine's memory."""
    big = entry(1, message="x" * 2**20)
    log("planner").write_text(big + entry(2, message="after"))
    logs = following(tmp_path)
    found = logs.poll()
    assert [len(text) for text in messages(found)] == [2**20, 5]
    with log("planner").open("a") as file:
        file.write("y" * (LONGEST + 10) + "\n" + entry(3, message="still here"))
    cut, after = logs.poll()
    assert len(cut.text) == LONGEST
    assert messages([after]) == ["still here"]


def test_what_is_no_json_is_shown_at_its_neighbours_time(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: a traceback's lines belong after the entry they follow, not at the end of everything."""
    log("planner").write_text(entry(1, message="before") + "Traceback (most recent call last):\n{not json\n[1]\n")
    log("tagger").write_text(entry(2, message="later"))
    found = following(tmp_path).poll()
    assert messages(found) == ["before", "Traceback (most recent call last):", "{not json", "[1]", "later"]
    assert found[1].is_error


def test_the_look_back_is_kept_without_reading_a_large_log_whole(
    tmp_path: Path, log: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBS-33: a month's log must not take a minute before the first line appears."""
    old = "".join(entry(-4000 + n / 100, message="old" * 20) for n in range(40_000))
    log("planner").write_text(old + entry(-30, message="recent"))
    assert len(old) > 20 * FIRST_WINDOW
    seen: list[str] = []

    def counted(source: str, text: str, *, otherwise: datetime) -> Line:
        seen.append(text)
        return parsed(source, text, otherwise=otherwise)

    monkeypatch.setattr("alex.agent_logs.files.parsed", counted)
    assert messages(following(tmp_path, back=60).poll()) == ["recent"]
    assert len(seen) < 5_000, "it parsed the whole log"


def test_once_prints_the_unfinished_last_line_too(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: a script that looks once would otherwise never see what a dying function wrote last."""
    log("planner").write_text(entry(1, message="whole") + "half of a li")
    assert messages(following(tmp_path, once=True).poll()) == ["whole", "half of a li"]


class Told:
    """A console of a terminal or of a pipe, and what was printed on it."""

    def __init__(self, *, terminal: bool) -> None:
        self.file = io.StringIO()
        self.console = Console(file=self.file, force_terminal=terminal, color_system="standard" if terminal else None)

    def once(self, folder: Path, **wish: Any) -> list[str]:
        options = Wish("local", AGENTS, once=True, **wish)
        follow(self.console, following(folder, once=True), options, AGENTS, wait=lambda _: None)
        return self.file.getvalue().splitlines()


def test_colours_tell_agents_tracing_and_errors_apart(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: an operator finds the failing agent at a glance: a colour an agent, tracing purple, errors red."""
    for number, agent in enumerate(AGENTS):
        log(agent).write_text(entry(number, agent))
    log("retirement").write_text(entry(9, "retirement", message="TRACES_NOT_SENT") + entry(10, level="ERROR"))
    lines = Told(terminal=True).once(tmp_path)
    names = {line.split("\x1b[")[1].split("m")[0] for line in lines}
    assert len(names) == 5
    assert "35mTRACES_NOT_SENT" in lines[4]
    assert "31mM" in lines[5]
    assert not any("35m" in line or "31m" in line for line in lines[:4])


def test_a_pipe_gets_plain_text_and_no_control_character(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: a log holds what users wrote; none of it may clear a screen or hide a line, and a script reads text."""
    log("planner").write_text(entry(1, message="evil \x1b[2J\x07 name", goal="\x1b]0;title\x07"))
    (line,) = Told(terminal=False).once(tmp_path)
    assert line.startswith("planner     12:00:01.000 INFO")
    assert "\x1b" not in line
    assert "\x07" not in line


def test_a_job_and_errors_can_be_filtered(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: among a hundred jobs an operator follows the one that a client calls about."""
    log("planner").write_text(
        entry(1, job_id="aaaa-1", message="mine") + entry(2, job_id="bbbb-2", message="other", level="ERROR")
        + entry(3, job_id="aaaa-1", message="my error", level="ERROR") + '{"_aws": {}, "job_id": "aaaa-1"}\n'
    )  # fmt: skip
    mine = Told(terminal=False).once(tmp_path, job="aaaa")
    assert ["other" in line for line in mine] == [False, False]
    errors = Told(terminal=False).once(tmp_path, errors=True)
    assert ["error" in line or "other" in line for line in errors] == [True, True]
    both = Told(terminal=False).once(tmp_path, errors=True, job="aaaa-1")
    assert len(both) == 1


def test_following_goes_on_until_it_is_interrupted(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: new lines appear at the next look, and each only once; the interval is what was asked for."""
    told, waits = Told(terminal=False), list[float]()
    log("planner").write_text(entry(1, message="at once"))

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt
        with log("planner").open("a") as file:
            file.write(entry(1 + len(waits), message=f"look {len(waits)}"))

    wish = Wish("local", AGENTS, interval_seconds=2.5)
    with pytest.raises(KeyboardInterrupt):
        follow(told.console, following(tmp_path), wish, AGENTS, wait=wait)
    assert waits == [2.5, 2.5, 2.5]
    assert told.file.getvalue().count("look") == 2
    assert told.file.getvalue().count("at once") == 1


def test_a_decision_is_told_in_one_short_line(tmp_path: Path, log: Callable[[str], Path]) -> None:
    """OBS-33: who decided, with what model, at what cost; hashes and identifiers of the entry are for programs."""
    decision = {"model": "m-1", "compliance_check": "PASS", "tokens": {"in": 1, "out": 2}, "entry_hash": "f" * 64}
    log("planner").write_text(
        entry(1, job_id="12345678-aaaa", agent="planner", event_type="AI_DECISION", details={"entry": decision})
        + entry(2, agent="tagger", event_type="AGENT_COMPLETED", details={"duration_ms": 997})
    )
    first, second = Told(terminal=False).once(tmp_path)
    assert "model=m-1" in first
    assert "compliance_check=PASS" in first
    assert "job_id=12345678" in first
    assert "aaaa" not in first
    assert "ffff" not in first
    assert "agent=tagger" in second
    assert "duration_ms=997" in second
