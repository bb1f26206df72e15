"""The state of a composite alarm, and when it acts.

Source: CloudWatch user guide, "Composite alarms" and "Alarm suppression". A rule is evaluated whenever one of its
alarms changes; here, each minute. While the suppressor is in ALARM, the composite changes its state and does not act.
Entering ALARM, it waits for the suppressor first; when the suppressor ends, it waits once more. What it acted on
already is not suppressed afterwards.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alex.alarms import AlarmError
from alex.alarms.states import State, States

_TOKEN = re.compile(r"""\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)|(AND|OR|NOT|TRUE|FALSE)\b|([()]))""")
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """A parsed AlarmRule: ``name`` is an operator, a constant, or the state of the alarm with the key ``alarm``."""

    name: str
    arguments: tuple["Rule", ...] = ()
    alarm: str = ""

    def alarms(self) -> list[str]:
        """Keys of the alarms, in the order of the rule, each once."""
        found = [self.alarm] if self.alarm else []
        return list(dict.fromkeys(found + [key for argument in self.arguments for key in argument.alarms()]))

    def holds(self, states: Mapping[str, States]) -> Truth:
        """Whether the rule is true, evaluation by evaluation."""
        if self.alarm:
            return np.asarray(states[self.alarm] == State[self.name])
        parts = [argument.holds(states) for argument in self.arguments]
        if self.name == "NOT":
            return ~parts[0]
        if self.name in ("TRUE", "FALSE"):
            length = len(next(iter(states.values()), np.zeros(1)))
            return np.full(length, self.name == "TRUE")
        return np.asarray(np.logical_and.reduce(parts) if self.name == "AND" else np.logical_or.reduce(parts))


def parse(text: str) -> Rule:
    """The rule of a text; AND binds more strongly than OR, NOT most strongly.

    :raises AlarmError: it is none.
    """
    tokens: list[Rule | str] = []
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if not found:
            raise AlarmError(f"the rule is not understood at {text[place:].strip()!r}")
        tokens.append(Rule(found[1], alarm=found[2]) if found[1] else found[3] or found[4])
        place = found.end()
    tokens.reverse()
    made = _either(tokens)
    if tokens:
        raise AlarmError(f"the rule {text!r} goes on after its end")
    return made


def _either(tokens: list[Rule | str]) -> Rule:
    parts = [_both(tokens)]
    while tokens and tokens[-1] == "OR":
        tokens.pop()
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else Rule("OR", tuple(parts))


def _both(tokens: list[Rule | str]) -> Rule:
    parts = [_one(tokens)]
    while tokens and tokens[-1] == "AND":
        tokens.pop()
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else Rule("AND", tuple(parts))


def _one(tokens: list[Rule | str]) -> Rule:
    word = tokens.pop() if tokens else ""
    if isinstance(word, Rule):
        return word
    if word == "NOT":
        return Rule("NOT", (_one(tokens),))
    if word in ("TRUE", "FALSE"):
        return Rule(word)
    if word == "(":
        inner = _either(tokens)
        if not tokens or tokens.pop() != ")":
            raise AlarmError("a parenthesis of the rule is not closed")
        return inner
    raise AlarmError(f"the rule has {word or 'its end'!r} where an alarm should be")


def acts(state: States, suppressor: States, *, wait: int, extension: int) -> list[int]:
    """The evaluations (minutes) at which a composite alarm performs its actions for entering ALARM.

    :param wait: minutes that it waits for the suppressor. ``extension``: minutes after the suppressor has ended.
    """
    acted: list[int] = []
    due: int | None = None
    for minute, (now, silenced) in enumerate(zip(state, suppressor == State.ALARM, strict=True)):
        before = state[minute - 1] if minute else State.OK
        if now != State.ALARM:
            due = None
        elif before != State.ALARM:
            due = minute + wait
        elif due is not None and minute and suppressor[minute - 1] == State.ALARM and not silenced:
            due = minute + extension
        if due is not None and not silenced and minute >= due:
            acted.append(minute)
            due = None
    return acted
