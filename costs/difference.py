"""What a change makes dearer or cheaper: two estimates side by side."""

from dataclasses import dataclass

from costs.estimate import Estimate


@dataclass(frozen=True)
class Row:
    """USD a month before and after."""

    name: str
    before: float
    after: float

    @property
    def more(self) -> float:
        """What the change adds; negative when it saves."""
        return self.after - self.before


@dataclass(frozen=True)
class Difference:
    """By service, and by resource (``Stack: Type Name``) where a cent changes; the largest change first."""

    before: float
    after: float
    services: tuple[Row, ...]
    resources: tuple[Row, ...]


def difference(before: Estimate, after: Estimate) -> Difference:
    """How ``after`` differs from ``before``."""
    return Difference(
        before=before.total(),
        after=after.total(),
        services=_rows(before, after, "service"),
        resources=_rows(before, after, "resource"),
    )


def _rows(before: Estimate, after: Estimate, field: str) -> tuple[Row, ...]:
    old, new = before.by(field), after.by(field)
    rows = [Row(key[0], old.get(key, 0.0), new.get(key, 0.0)) for key in old.keys() | new.keys()]
    return tuple(sorted((row for row in rows if abs(row.more) >= 0.005), key=lambda row: (-abs(row.more), row.name)))
