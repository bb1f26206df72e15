"""Who may do what with which record: one function, one table (AUTH-04, IAM-11, HITL-01).

    what                 owner   their adviser   senior adviser   compliance   operator   data scientist
    client: read           x          x                               x
    client: write          x          x
    review: read           x          x                x              x
    review: decide                                     x
    decisions: read        x          x                               x                        x
    status: read           x          x                x              x            x
    market: read           x          x                x              x            x           x

``client`` is everything that tells about a person (profile, accounts, positions, results), ``review`` what waits for a
senior adviser, ``decisions`` the audit trail (pseudonyms, hashes and figures of the models' work, no personal data),
``status`` that a job exists and how far it is, ``market`` instruments and prices. Nobody decides on a review of their
own or of their own client, whatever else they are; roles never add up to more than their rows; the roles ``investor``
and ``advisor`` have none, because owning and advising are relations to a record.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A role of the verified token; the first two say what somebody is and allow nothing by themselves."""

    INVESTOR = "investor"
    ADVISOR = "advisor"
    SENIOR_ADVISOR = "senior_advisor"
    COMPLIANCE = "compliance"
    OPERATOR = "operator"
    DATA_SCIENTIST = "data_scientist"


class Content(StrEnum):
    """What a record tells."""

    CLIENT = "client"
    REVIEW = "review"
    DECISIONS = "decisions"
    STATUS = "status"
    MARKET = "market"


class Act(StrEnum):
    """What somebody wants to do with it."""

    READ = "read"
    WRITE = "write"
    DECIDE = "decide"


@dataclass(frozen=True)
class Caller:
    """Who asks, from the verified token only."""

    user_id: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Owner:
    """Whose record it is, and who advises that person."""

    user_id: str
    advisor_id: str | None = None


NOBODY = Owner(user_id="")
"""Whose record is nobody's: only a role reaches it, so it stands for "everybody's records"."""

_OF_OWN = frozenset(
    {
        *((content, Act.READ) for content in Content),
        (Content.CLIENT, Act.WRITE),
    }
)
"""What the owner and the owner's adviser may do."""

_OF_ROLE: dict[str, frozenset[tuple[Content, Act]]] = {
    Role.SENIOR_ADVISOR: frozenset(
        {
            (Content.REVIEW, Act.READ),
            (Content.REVIEW, Act.DECIDE),
            (Content.STATUS, Act.READ),
            (Content.MARKET, Act.READ),
        }
    ),
    Role.COMPLIANCE: frozenset((content, Act.READ) for content in Content),
    Role.OPERATOR: frozenset({(Content.STATUS, Act.READ), (Content.MARKET, Act.READ)}),
    Role.DATA_SCIENTIST: frozenset({(Content.DECISIONS, Act.READ), (Content.MARKET, Act.READ)}),
}


def entitled(caller: Caller, act: Act, content: Content, owner: Owner) -> bool:
    """Whether ``caller`` may do ``act`` with a record of ``owner`` that tells ``content``."""
    if not caller.user_id:
        return False
    own = caller.user_id in {owner.user_id, owner.advisor_id}
    if act is Act.DECIDE and own:
        return False
    if own and (content, act) in _OF_OWN:
        return True
    return any((content, act) in _OF_ROLE.get(role, frozenset()) for role in caller.roles)
