"""What leaves with a trace: planted personal data must never be among it, whatever a model makes of it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.agents.traced import TracedTelemetry
from advisor.domain.trace_content import answer, band, prompt, words_of
from advisor.ports.telemetry import Silent
from advisor.ports.tracing import NoSpan, NoTracing

WORDS = frozenset({"summary", "priority", "High", "items", "count"})
PLANTED = ("Ann Smith", "ann.smith@example.com", "DE44500105175407324931", "078-05-1120", "4111111111111111", "ARKK")
JOB = "6b1c2a52-8a56-4f6c-9d0e-3b7f2f0c1a11"

personal = st.sampled_from(PLANTED)
texts = st.one_of(personal, st.builds("I am {}, please".format, personal), st.just("High"))
numbers = st.one_of(st.just(4111111111111111), st.just(78051120), st.just(500105175407324931.0), st.integers(0, 99))
values = st.recursive(
    st.one_of(texts, numbers, st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(sorted(WORDS)), texts), inner, max_size=4),
    ),
    max_leaves=12,
)
SECRETS = (*PLANTED, "Ann", "Smith", "4111", "78051120", "5001051754")


@pytest.mark.parametrize("mode", ["redacted", "hash"])
@given(value=st.dictionaries(st.one_of(st.sampled_from(sorted(WORDS)), texts), values, max_size=4), name=personal)
def test_no_planted_personal_data_leaves(mode: Any, value: dict[str, Any], name: str) -> None:
    """GUARD-09, OBS-23: names, mail addresses, account, card and social security numbers, as keys, values or numbers.

    Hashes and sizes are taken away first: 64 hexadecimal digits may hold any four digits by chance.
    """
    exported = answer(mode, value, WORDS) + prompt(mode, f"Advise {name}: {json.dumps(value)}")
    readable = " ".join(word for word in exported.replace("]", " ").split() if len(word) != 64)
    assert [secret for secret in SECRETS if secret in readable] == []


@given(value=st.dictionaries(st.sampled_from(sorted(WORDS)), values, max_size=4))
def test_full_content_is_complete_and_redacted_content_keeps_the_form(value: dict[str, Any]) -> None:
    """OBS-23: in development a trace shows the exact answer; elsewhere still which fields were filled."""
    assert json.loads(answer("full", value, WORDS)) == json.loads(json.dumps(value))
    assert set(json.loads(answer("redacted", value, WORDS))) == set(value)
    assert prompt("full", "Ann") == "Ann"


def test_a_schemas_words_are_its_keys_and_closed_values_at_any_depth() -> None:
    """OBS-23: a key of a free-form object is free text: it may be somebody's name."""
    schema = {
        "properties": {
            "charts": {"items": {"$ref": "#/$defs/Chart"}},
            "kind": {"anyOf": [{"enum": ["pie", "bar"]}, {"type": "null"}]},
        },
        "$defs": {"Chart": {"properties": {"title": {"description": "of Ann"}}}},
    }
    assert words_of(schema) == {"charts", "kind", "pie", "bar", "title"}


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_band_says_no_more_than_the_order_of_magnitude(value: float) -> None:
    """GUARD-09: an exact value of a portfolio can identify its owner."""
    named = {"0", "0-10k", "10k-100k", "100k-1M", "1M-10M", "10M-"}
    assert band(value) in named
    if math.isfinite(value) and value > 0:
        assert band(value * 1.0000001) in {band(value), band(value * 10)}


@given(details=st.dictionaries(st.sampled_from(["reason", "symbol", "note", "status", "rule"]), values, max_size=4))
def test_what_is_told_leaves_as_codes_only(details: dict[str, Any]) -> None:
    """GUARD-09: an event's detail may quote a person; only words of closed lists and figures leave."""
    tracer = _Remembering()
    TracedTelemetry(Silent(), tracer).event("SOMETHING", agent="reporter", **details)
    [(_, codes)] = tracer.kept.events
    told = json.dumps(codes).replace("ARKK", "")  # a single word where a code stands is taken for one
    assert [secret for secret in SECRETS if secret in told] == []


class _Span(NoSpan):
    """Keeps an event's exported details, not its free text."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def event(self, name: str, *, text: str = "", **details: Any) -> None:
        self.events.append((name, details))


class _Remembering(NoTracing):
    """A tracer with one such span."""

    def __init__(self) -> None:
        self.kept = _Span()

    @property
    def current(self) -> _Span:
        return self.kept
