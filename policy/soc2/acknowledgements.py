"""The words of an exception: who accepted which finding, why, until when, and how the risk is treated (CONF-06).

CDK keeps one text with each acknowledgement, so the terms stand at its end, readable by people and by the gate:

    GetRandomPassword knows no resources [mitigated by: a trust policy for Lambda only; owner: platform;
    expires: 2027-06-30; ticket: RISK-4]
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

SHORTEST_REASON = 40
"""Characters; below that nobody can judge a reason."""

LONGEST = timedelta(days=400)
"""How far ahead an exception may be dated: each is looked at again within about a year."""

_TERMS = re.compile(
    r"^(?P<reason>.*) \[(?P<treatment>accepted|false positive|mitigated by: (?P<by>[^;]+)); "
    r"owner: (?P<owner>[^;]+); expires: (?P<expires>\d{4}-\d{2}-\d{2}); ticket: (?P<ticket>[^;\]]+)\]$",
    re.DOTALL,
)
_OWNER = re.compile(r"[a-z][a-z0-9-]{1,40}")
_TICKET = re.compile(r"[A-Z][A-Z0-9]+-\d+|#\d+|https://[^\s;\]]+")
_ID = re.compile(r"(?P<pack>[A-Za-z0-9.]+)::(?P<rule>[A-Za-z0-9.-]+)(?P<finding>\[.+\])?")
ID_EXAMPLE = "AwsSolutions::AwsSolutions-S1"


class AcknowledgementError(ValueError):
    """An exception that nobody could review; the text says what to write instead."""


@dataclass(frozen=True)
class Terms:
    """What was decided about a finding.

    :param reason: why the finding does not matter here.
    :param owner: the team that answers for it, for example ``platform``.
    :param expires: the last day on which it holds.
    :param ticket: where the decision is recorded: ``RISK-4``, ``#12`` or an https address.
    :param by: what mitigates the risk; empty when it is accepted, or a false positive.
    """

    reason: str
    owner: str
    expires: date
    ticket: str
    by: str = ""
    false_positive: bool = False

    @property
    def treatment(self) -> str:
        """``accepted``, ``mitigated`` or ``false positive``."""
        return "false positive" if self.false_positive else "mitigated" if self.by else "accepted"

    def text(self) -> str:
        """One text for CDK, which `parse` reads back."""
        treatment = f"mitigated by: {self.by}" if self.by else self.treatment
        return (
            f"{self.reason} [{treatment}; owner: {self.owner}; expires: {self.expires.isoformat()}; "
            f"ticket: {self.ticket}]"
        )

    def problems(self, today: date) -> list[str]:
        """Why a reviewer would send it back; empty when sound."""
        found = []
        if len(self.reason.split()) < 5 or len(self.reason) < SHORTEST_REASON:
            found.append(f"needs a reason that a reviewer can judge, in {SHORTEST_REASON} characters or more")
        if not _OWNER.fullmatch(self.owner):
            found.append(f"names the owner {self.owner!r}: write a team in lower case, such as platform")
        if not _TICKET.fullmatch(self.ticket):
            found.append(f"names the ticket {self.ticket!r}: write it as RISK-4, #12 or an https address")
        if re.search(r"[\[\];]", self.reason + self.by):
            found.append("has one of [ ] ; in its reason, which end the terms")
        if self.expires < today:
            found.append(f"ended on {self.expires}: {self.owner} removes its cause, or decides again ({self.ticket})")
        if self.expires > today + LONGEST:
            found.append(f"holds until {self.expires}: an exception is decided for {LONGEST.days} days at most")
        return found


def parse(text: str) -> Terms | None:
    """The terms in an acknowledgement's text; None when it states none."""
    match = _TERMS.match(text)
    if not match:
        return None
    try:
        expires = date.fromisoformat(match["expires"])
    except ValueError:
        return None
    return Terms(
        reason=match["reason"],
        owner=match["owner"],
        expires=expires,
        ticket=match["ticket"],
        by=match["by"] or "",
        false_positive=match["treatment"] == "false positive",
    )


def namespaced(rule_id: str) -> bool:
    """Whether an id is written as reports print it: pack, rule, and for some rules the finding, without wildcards."""
    match = _ID.fullmatch(rule_id)
    return bool(match and match["rule"].startswith((match["pack"], f"{match['pack']}-")))
