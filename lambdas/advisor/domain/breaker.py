"""When calls of a model are stopped for a while (LLM-07): a circuit breaker as pure functions; an adapter shares it.

    closed --- over 5 % errors, or over 10 s to the first word on average, in 60 s and 20 calls ---> open
    open ----- after 30 s one caller may try --------------------------------------------> half open
    half open: the try succeeds -> closed;  it fails -> open;  it is never heard of again -> the next may try

Only trouble of the endpoint counts as an error (throttled, timed out, unavailable). An answer that breaks a rule is the
model's fault and comes from a healthy endpoint. The window is six slots, so that it forgets in steps of ten seconds.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

SLOTS = 6


class State(StrEnum):
    """Of the breaker; OPEN lets nobody through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Rules:
    """Limits of a breaker; times in seconds, ``error_pct`` in percent."""

    window: float = 60.0
    error_pct: float = 5.0
    latency: float = 10.0
    min_calls: int = 20
    open_for: float = 30.0
    probe_for: float = 150.0
    """How long a try may take before another caller may try: longer than the longest call."""


@dataclass(frozen=True)
class Slot:
    """Calls that ended in a part of the window; ``latency`` is the sum over the ``timed`` ones."""

    start: float
    calls: int = 0
    errors: int = 0
    timed: int = 0
    latency: float = 0.0


@dataclass(frozen=True)
class Breaker:
    """Where a model's breaker stands; ``since`` is when it opened, ``probe`` when the one try began."""

    state: State = State.CLOSED
    slots: tuple[Slot, ...] = ()
    since: float = 0.0
    probe: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How a call ended: ``failed`` by the endpoint's fault, seconds to the first word where they are known."""

    failed: bool
    latency: float | None = None


def permit(breaker: Breaker, *, now: float, rules: Rules) -> tuple[Breaker, bool]:
    """The breaker after asking to call, and whether the call may be made; an unchanged breaker needs no storing."""
    if breaker.state is State.CLOSED:
        return breaker, True
    waited = now - breaker.since if breaker.state is State.OPEN else now - (breaker.probe or 0.0)
    if waited < (rules.open_for if breaker.state is State.OPEN else rules.probe_for):
        return breaker, False
    return replace(breaker, state=State.HALF_OPEN, probe=now), True


def record(breaker: Breaker, outcome: Outcome | None, *, probe: float | None, now: float, rules: Rules) -> Breaker:
    """The breaker after a call; ``probe`` names the try it was, ``outcome`` None: the call was not made after all.

    Calls that began before the breaker opened say nothing about the endpoint as it is now and change nothing.
    """
    if breaker.state is State.CLOSED:
        return breaker if outcome is None or probe is not None else _counted(breaker, outcome, now=now, rules=rules)
    if breaker.state is State.OPEN or probe is None or probe != breaker.probe:
        return breaker
    if outcome is None:
        return replace(breaker, state=State.OPEN, probe=None)
    if outcome.failed or _is_slow(outcome.latency, rules):
        return Breaker(state=State.OPEN, since=now)
    return Breaker()


def _is_slow(latency: float | None, rules: Rules) -> bool:
    return latency is not None and latency > rules.latency


def _counted(breaker: Breaker, outcome: Outcome, *, now: float, rules: Rules) -> Breaker:
    width = rules.window / SLOTS
    start = now // width * width
    # Another machine's clock may be ahead of ours: its slots are kept until they are old by everybody's.
    kept = {slot.start: slot for slot in breaker.slots if slot.start > start - rules.window}
    mine = kept.get(start, Slot(start))
    timed = outcome.latency is not None
    kept[start] = Slot(
        start, mine.calls + 1, mine.errors + outcome.failed, mine.timed + timed, mine.latency + (outcome.latency or 0.0)
    )
    slots = tuple(kept[at] for at in sorted(kept))[-2 * SLOTS :]
    return Breaker(State.OPEN, since=now) if _broken(slots, rules) else replace(breaker, slots=slots)


def _broken(slots: tuple[Slot, ...], rules: Rules) -> bool:
    calls, timed = sum(slot.calls for slot in slots), sum(slot.timed for slot in slots)
    if calls < rules.min_calls:
        return False
    too_many = sum(slot.errors for slot in slots) * 100 > rules.error_pct * calls
    return too_many or (timed > 0 and sum(slot.latency for slot in slots) > rules.latency * timed)
