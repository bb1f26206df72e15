"""The weekly expert review (EVAL-07): which analyses the experts read, and what their verdicts say.

Decisions:
- The sample is chosen by a hash of seed and job id: the same week and seed give the same jobs, in whatever order the
  logs told them, and nobody can pick. It carries ids and times, nothing of a client: an expert reads the analysis in
  the platform, by its id, with his own rights.
- Accuracy is judged by the share of the sample; the interval (Wilson, 95 %) says how much a sample of this size can
  tell, and is printed beside it.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from pathlib import Path

from alex.agent_logs.line import Line
from alex.errors import CommandError, Exit

FINISHED = "PLANNER_COMPLETED"
COLUMNS = ("job_id", "finished_at", "verdict", "note")
VERDICTS = {"accurate": True, "inaccurate": False}
Z_95 = 1.959964


def finished(lines: Iterable[Line]) -> dict[str, datetime]:
    """When each analysis was last finished, by job id."""
    found: dict[str, datetime] = {}
    for line in lines:
        entry = line.entry or {}
        if entry.get("event_type") == FINISHED and entry.get("job_id"):
            found[str(entry["job_id"])] = line.at
    return found


def sampled(jobs: Iterable[str], size: int, seed: str) -> list[str]:
    """``size`` of the jobs, or all of fewer: those whose hash with the seed is smallest."""
    return sorted(set(jobs), key=lambda job: hashlib.sha256(f"{seed} {job}".encode()).hexdigest())[:size]


def sheet(jobs: Iterable[str], times: Mapping[str, datetime]) -> str:
    """The experts' sheet as CSV: verdict and note are theirs to fill in."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((job, times[job].isoformat(timespec="seconds"), "", "") for job in jobs)
    return text.getvalue()


@dataclass(frozen=True)
class Accuracy:
    """Verdicts of a sample; ``open`` have none yet."""

    accurate: int
    reviewed: int
    open: int

    @property
    def pct(self) -> float:
        """Share of the reviewed that is accurate, in percent; 0 when nothing is reviewed."""
        return 100 * self.accurate / self.reviewed if self.reviewed else 0.0

    @property
    def interval_pct(self) -> tuple[float, float]:
        """Wilson's interval for the share, at 95 %, in percent."""
        if not self.reviewed:
            return 0.0, 100.0
        n, p, z = self.reviewed, self.accurate / self.reviewed, Z_95
        middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        below, above = ((middle + sign * spread) / (1 + z * z / n) for sign in (-1, 1))
        return 100 * max(0.0, below), 100 * min(1.0, above)

    def met(self, limit_pct: float, *, size: int) -> bool:
        """More than the limit, over a whole sample of at least ``size`` verdicts."""
        return self.reviewed >= size and not self.open and self.pct > limit_pct


def read(path: Path) -> Accuracy:
    """The verdicts of a filled sheet.

    :raises CommandError: the file cannot be read, a job stands twice, or a verdict is unknown.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise _refused(path, said or "it cannot be read") from None
    rows = csv.DictReader(io.StringIO(text))
    if not {"job_id", "verdict"} <= set(rows.fieldnames or ()):
        raise _refused(path, "the columns job_id and verdict are needed")
    verdicts: dict[str, bool | None] = {}
    for row in rows:
        job, verdict = (row["job_id"] or "").strip(), (row["verdict"] or "").strip().lower()
        where = f"line {rows.line_num}"
        if not job or job in verdicts:
            raise _refused(path, f"{where}: {f'job {job} stands twice' if job else 'the job is missing'}")
        if verdict and verdict not in VERDICTS:
            raise _refused(path, f"{where}: the verdict {verdict!r} is none of {', '.join(VERDICTS)}")
        verdicts[job] = VERDICTS.get(verdict)
    given = [one for one in verdicts.values() if one is not None]
    return Accuracy(sum(given), len(given), len(verdicts) - len(given))


def _refused(path: Path, what: str) -> CommandError:
    return CommandError(
        what, where=str(path), remedy="fill in the sheet that `alex slo sample` writes", code=Exit.BAD_INPUT
    )
