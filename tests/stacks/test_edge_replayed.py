"""Requests replayed against the web ACLs as they were synthesised: who is blocked, and who gets through (SYS-13)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alex.edge import capacity, replay, requests
from alex.edge.acl import Acl, acls
from alex.edge.requests import SAMPLES, Request
from alex.guardrails.corpus import PASSES, cases
from alex.portfolios import GALLERY
from settings import ENVIRONMENTS, load
from tests.stacks.edges import MADE, TRUSTED, template_of, until, with_overlay

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)


def deployed(made: Any) -> list[Acl]:
    """The web ACLs of an environment."""
    return [acl for template in made.templates.values() for acl in acls(template)]


@ALL_ENVIRONMENTS
def test_capacity_is_within_what_the_price_includes(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-01, COST-01: over 1,500 units each request costs more; an overlay with offices adds a few."""
    for acl in deployed(assembly(environment)):
        assert sum(capacity.units(acl).values()) < capacity.INCLUDED - 20, acl.name


def test_there_are_requests_of_every_kind() -> None:
    """SYS-13: SQLi, XSS, bad bots, floods, bodies, offices, and clients who only look like attackers."""
    lines = requests.read(SAMPLES)
    assert len(lines) >= 60
    assert {"sqli", "xss", "bot", "flood", "body", "trusted", "clean"} <= {line.kind for line in lines}
    assert all(line.expect for line in lines)
    assert all(line.by for line in lines if line.expect == "block")


def told(outcome: replay.Outcome) -> tuple[str, str, str]:
    return outcome.request.id, outcome.verdict, outcome.decided.rule if outcome.decided else str([*outcome.counted])


@ALL_ENVIRONMENTS
def test_attacks_are_blocked_and_clients_are_not(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-01, SEC-02, SEC-03: every line as it expects, on every ACL as it was synthesised."""
    found = deployed(assembly(environment))
    assert len(found) == (2 if environment in MADE else 1)
    for acl in found:
        outcomes = replay.replay(acl, requests.read(SAMPLES))
        assert [told(o) for o in outcomes if not o.as_expected] == []
        skipped = {o.request.kind for o in outcomes if o.skipped}
        assert skipped <= ({"trusted"} if load(environment).waf.bot_control else {"trusted", "bot", "clean"})


def test_offices_get_through_where_others_do_not(ungated_app: Any, tmp_path: Path) -> None:
    """SEC-01: with trusted networks no line is left out: an office's flood within its limit passes, its attack not."""
    (acl,) = acls(template_of(ungated_app, with_overlay(tmp_path, "prod", waf=TRUSTED)))
    outcomes = replay.replay(acl, requests.read(SAMPLES))
    assert [told(o) for o in outcomes if not o.as_expected or o.skipped] == []
    by_id = {o.request.id: o for o in outcomes}
    assert by_id["trusted-office"].total == 150
    over = by_id["trusted-office-over-its-limit"]
    waf = load("prod").waf
    assert over.first_blocked == waf.trusted_egress_rate_per_ip.requests + 1
    assert by_id["flood-over"].first_blocked == waf.edge_rate_per_ip.requests + 1


def test_while_it_counts_everybody_gets_in_and_is_labelled(ungated_app: Any, tmp_path: Path) -> None:
    """SEC-01: nobody is refused by a rule that nobody tried, and the log shows who would have been, and by which."""
    settings = with_overlay(tmp_path, "prod", waf={"mode": "count", "count_until": until(30), **TRUSTED})
    (acl,) = acls(template_of(ungated_app, settings))
    outcomes = replay.replay(acl, requests.read(SAMPLES))
    assert [told(o) for o in outcomes if o.blocked or o.skipped or not o.as_expected] == []
    attacks = [o for o in outcomes if o.request.expect == "block"]
    assert len(attacks) >= 40
    assert all(o.request.by in {match.rule for match in o.counted.values()} for o in attacks)
    assert all(o.labels for o in attacks)


def posted(number: int, path: str, body: Any) -> Request:
    headers = {"user-agent": "Mozilla/5.0", "content-type": "application/json"}
    sender = f"198.18.{number // 250}.{number % 250}"
    return Request.model_validate(
        {
            "id": f"x-{number}",
            "ip": sender,
            "method": "POST",
            "path": path,
            "headers": headers,
            "body": json.dumps(body),
        }
    )


def test_nothing_that_our_clients_write_looks_like_an_attack(assembly: Callable[[str], Any]) -> None:
    """SEC-01: the harmless questions of the guardrails' set, and whole portfolios, against production's ACL."""
    texts = [case.text for case in cases() if case.expected == PASSES]
    bodies = [("/api/analyze", {"question": text}) for text in texts]
    bodies += [("/api/positions", json.loads(json.dumps(vars(one), default=str))) for one in GALLERY.values()]
    sent = [posted(number, path, body) for number, (path, body) in enumerate(bodies)]
    assert len(sent) > 400
    acl = next(acl for acl in deployed(assembly("prod")) if acl.scope == "REGIONAL")
    assert [(o.request.body, o.decided) for o in replay.replay(acl, sent) if o.blocked] == []
