"""A client's identifiers never stand in a prompt, a report or a log; the report's figures always do (GUARD-09)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.audit import canonical
from advisor.domain.personal import redacted, redacted_all
from advisor.domain.pseudonyms import user_hash

AROUND = st.text(alphabet="abcdefg ,;:\n", max_size=30)
DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=30)


def luhn(body: str) -> str:
    """The body with its check digit."""
    doubled = [int(d) * 2 if n % 2 == 0 else int(d) for n, d in enumerate(reversed(body))]
    return body + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def iban(country: str, account: str) -> str:
    """An IBAN with its check digits."""
    number = int("".join(str(int(c, 36)) for c in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02d}{account}"


@given(before=AROUND, after=AROUND, area=st.integers(1, 899), group=st.integers(1, 99), serial=st.integers(1, 9999),
       gap=st.sampled_from("- .\u2011\u2013"))  # fmt: skip
def test_no_ssn_survives(*, before: str, after: str, area: int, group: int, serial: int, gap: str) -> None:
    """GUARD-09: in any text and with any of the usual dashes."""
    number = f"{area:03d}{gap}{group:02d}{gap}{serial:04d}"
    assert number not in redacted(f"{before} {number} {after}")


@given(before=AROUND, after=AROUND, kind=st.sampled_from(["4", "51", "34", "6011"]), rest=st.integers(0, 10**14),
       gap=st.sampled_from(["", " ", "-"]))  # fmt: skip
def test_no_card_survives(before: str, after: str, kind: str, rest: int, gap: str) -> None:
    """GUARD-09: every number that a payment network could have issued."""
    length = 14 if kind == "34" else 15
    number = luhn((kind + f"{rest:015d}")[:length])
    printed = gap.join(number[at : at + 4] for at in range(0, len(number), 4))
    assert printed not in redacted(f"{before} {printed} {after}")


@given(before=AROUND, after=AROUND, name=st.from_regex(r"[a-z][a-z0-9._+-]{0,30}", fullmatch=True),
       host=st.from_regex(r"[a-z][a-z0-9-]{0,20}\.(com|org|example|co\.uk)", fullmatch=True))  # fmt: skip
def test_no_email_survives(before: str, after: str, name: str, host: str) -> None:
    """GUARD-09: addresses of any form."""
    assert f"{name}@{host}" not in redacted(f"{before} {name}@{host} {after}")


@given(country=st.sampled_from(["DE", "NO", "GB", "FR"]), account=st.from_regex(r"[0-9]{11,23}", fullmatch=True))
def test_no_iban_survives(country: str, account: str) -> None:
    """GUARD-09: by its check digits, in one piece or in groups of four."""
    number = iban(country, account)
    assert number not in redacted(f"pay {number} now")
    grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    assert grouped not in redacted(f"pay {grouped} now")


@given(
    value=st.decimals(0, 10**12, places=2), share=st.decimals(0, 100, places=2), count=st.decimals(0, 10**9, places=4)
)
def test_figures_of_a_report_are_never_touched(value: Decimal, share: Decimal, count: Decimal) -> None:
    """GUARD-09, GUARD-11: a redacted amount would be a wrong report."""
    text = (
        f"Sell {count} shares of BRK.B (US0846707026) for ${value:,}, that is {share}% of ${value}; "
        f"{value:,} USD remain. As of 2022-12-28, in 20 years, 10,000 paths, from 1926 to 2018."
    )
    assert redacted(text) == text


@given(job=st.uuids(version=4), user=st.text(min_size=1, max_size=40), at=st.datetimes(timezones=st.just(UTC)))
def test_what_an_audit_entry_consists_of_is_never_touched(job: UUID, user: str, at: datetime) -> None:
    """XAI-04: the copy in the log must still verify against the chain."""
    entry = canonical(
        {"job_id": job, "user_id_hash": user_hash(user), "timestamp": at, "cost_usd": Decimal("0.001234")}
    )
    assert redacted_all(entry) == entry
    assert redacted(json.dumps(entry)) == json.dumps(entry)


@pytest.mark.parametrize(
    "text",
    [
        "Sell 100 State Street Corp for $250,000.",
        "Routing number 021000022 fails its check digit",
        "US Treasury 4.125% 11/15/2032",
        "My 401(k) has 250,000 and my 403(b) 75,000.",
        "ETRADE ***1234",
        "I moved 12 accounts to Park Avenue Securities",
    ],
)
def test_what_only_looks_personal_stays(text: str) -> None:
    """GUARD-09: a redaction that is too eager spoils names and numbers that the analysis needs."""
    assert redacted(text) == text


def test_every_text_of_a_value_is_redacted_and_nothing_else() -> None:
    """GUARD-09: whichever field of an answer or of a log line carries it."""
    value = {"a": ["SSN 536-22-8173", 5362, None], "b": {"c": "x"}}
    assert redacted_all(value) == {"a": ["SSN [SSN removed]", 5362, None], "b": {"c": "x"}}
