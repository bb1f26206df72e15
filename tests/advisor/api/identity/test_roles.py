"""From a firm's groups to roles: what is mapped counts, nothing else does, and roles do not pile up (IAM-11)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, get_args

import pytest

from advisor.domain.entitlement import NOBODY, Act, Caller, Content, Owner, Role, entitled
from hardened import identity as user_pool
from local_cloud import cloud as local_cloud
from settings import application

if TYPE_CHECKING:
    from tests.advisor.api.identity.conftest import Call, KeyServer, Sign

CLERK = {"iss": "https://clerk.example.com", "client_id": None, "azp": "https://b"}
OKTA = {"iss": "https://okta.example.com/oauth2/default", "client_id": None, "aud": "api://alex", "uid": "00u1"}
EVERYTHING = list(itertools.product(Act, Content))


def test_every_room_knows_the_same_roles() -> None:
    """IAM-11: a role that settings, user pool and functions spell differently is given to nobody."""
    known = {role.value for role in Role}
    assert set(get_args(application.Role)) == known
    assert set(user_pool.ROLES) == known
    assert set(local_cloud.ROLES) == known


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"cognito:groups": ["compliance"]}, "compliance"),
        ({"cognito:groups": "operator"}, "operator"),
        ({"cognito:groups": ["admin", "root", "Compliance", "compliance ", "*", ""]}, ""),
        ({"cognito:groups": ["admin,compliance"]}, ""),
        ({"cognito:groups": ["investor", "advisor"]}, "advisor,investor"),
        ({"cognito:groups": {"compliance": True}}, ""),
        ({"cognito:groups": [["compliance"], {"compliance": 1}, 7, None, True]}, ""),
        ({"groups": ["compliance"], "roles": ["operator"]}, ""),
        ({**CLERK, "roles": ["ops"]}, "operator"),
        ({**CLERK, "roles": ["compliance", "operator"], "cognito:groups": ["compliance"]}, ""),
        ({**OKTA, "groups": ["Alex - Compliance Officers", "Everyone", "GRC"]}, "compliance"),
        ({**OKTA, "groups": ["Everyone"], "roles": ["ops"], "cognito:groups": ["compliance"]}, ""),
    ],
)
def test_only_groups_that_the_settings_map_are_roles(
    issuer: KeyServer, sign: Sign, call: Call, claims: dict[str, Any], roles: str
) -> None:
    """IAM-11: whoever may name a group in one directory must not get a role of another's, or of none."""
    assert call(sign(**claims))["context"]["roles"] == roles


@pytest.mark.parametrize("group", ["admin", "Compliance", "senior_advisor,compliance", "owner", ""])
def test_an_unknown_role_allows_nothing(group: str) -> None:
    """IAM-11: not even where a word reaches the functions that the authorizer would have dropped."""
    caller = Caller("mallory", frozenset({group}))
    assert not [(act, content) for act, content in EVERYTHING if entitled(caller, act, content, Owner("alice", "bob"))]


@pytest.mark.parametrize("role", [Role.INVESTOR, Role.ADVISOR])
def test_being_called_an_investor_or_adviser_allows_nothing(role: Role) -> None:
    """AUTH-04: owning and advising are relations to a record, so a group "advisor" opens no client."""
    caller = Caller("mallory", frozenset({role}))
    assert not [(act, content) for act, content in EVERYTHING if entitled(caller, act, content, Owner("alice", "bob"))]


def _allowed(owner: Owner, *roles: Role) -> set[tuple[Act, Content]]:
    caller = Caller("mallory", frozenset(roles))
    return {(act, content) for act, content in EVERYTHING if entitled(caller, act, content, owner)}


def test_several_roles_allow_what_each_allows_and_no_more() -> None:
    """IAM-11: no privilege accumulates from a combination."""
    for owner in (Owner("alice", "bob"), Owner("alice"), NOBODY):
        for one, other in itertools.combinations(Role, 2):
            assert _allowed(owner, one, other) == _allowed(owner, one) | _allowed(owner, other)


def test_no_role_decides_on_its_own_or_writes_what_is_not_its_own() -> None:
    """HITL-01, AUTH-04: with every role there is, nobody approves for himself or his client, or changes a stranger."""
    every = frozenset(Role)
    for owner in (Owner("mallory"), Owner("alice", "mallory")):
        assert not entitled(Caller("mallory", every), Act.DECIDE, Content.REVIEW, owner)
    writes = [content for content in Content if (Act.WRITE, content) in _allowed(Owner("alice", "bob"), *Role)]
    assert writes == []


def test_everybodys_records_are_reached_by_role_only() -> None:
    """AUTH-04: somebody without an id is not the owner of records without one."""
    assert not entitled(Caller(""), Act.READ, Content.CLIENT, NOBODY)
    assert not entitled(Caller("alice"), Act.READ, Content.CLIENT, NOBODY)
    assert entitled(Caller("alice", frozenset({Role.COMPLIANCE})), Act.READ, Content.CLIENT, NOBODY)
