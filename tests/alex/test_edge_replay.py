"""The judge behind `alex waf`: what it says of a rule must be what WAF documents, or an ACL is trusted that lets in."""

from ipaddress import ip_address
from typing import Any

import pytest

from alex.edge import acl as acls
from alex.edge import capacity, managed
from alex.edge.rates import Windows
from tests.alex.edge_templates import SQLI, blocked, field, from_set, group, judged, limited, rule, template


def test_the_first_request_over_the_limit_is_the_first_that_is_refused() -> None:
    """SEC-01: the eleventh within a minute."""
    found = judged(template(rule("Rate", limited())), times=15, within=30)
    assert (found.total, found.blocked, found.first_blocked) == (15, 5, 11)
    assert judged(template(rule("Rate", limited())), times=10, within=30).verdict == "allow"


def test_a_window_forgets_what_is_older_and_knows_each_address_apart() -> None:
    """SEC-01: ten a minute for hours are fine, and one sender's flood is not another's."""
    assert judged(template(rule("Rate", limited())), times=100, within=1000).verdict == "allow"
    windows, one, other = Windows(), ip_address("198.51.100.1"), ip_address("198.51.100.2")
    seen = [windows.exceeded("R", one, at=at, limit=2, seconds=60) for at in (0, 1, 2, 59, 61.5, 122)]
    assert seen == [False, False, True, True, True, False]
    assert not windows.exceeded("R", other, at=123, limit=2, seconds=60)


def test_trusted_networks_have_their_own_limit() -> None:
    """SEC-01: 40 from an office pass, 40 from elsewhere do not; both kinds of addresses count as the office's."""
    office = {"OrStatement": {"Statements": [from_set("V4"), from_set("V6")]}}
    made = template(
        rule("Rate", limited(10, only={"NotStatement": {"Statement": office}})),
        rule("Office", limited(50, only=office)),
    )
    flood = {"times": 40, "within": 10}
    assert judged(made, **flood).blocked == 30
    assert judged(made, ip="trusted", **flood).verdict == judged(made, ip="trusted6", **flood).verdict == "allow"
    over = judged(made, ip="trusted", of_limit=1.2)
    assert (over.total, over.blocked) == (60, 10)
    assert over.decided is not None
    assert over.decided.rule == "Office"


@pytest.mark.parametrize(
    ("statement", "passes", "refused"),
    [
        ({"SizeConstraintStatement": {"ComparisonOperator": "GT", "Size": 3, **field("QueryString")}}, "abc", "abcd"),
        ({"SizeConstraintStatement": {"ComparisonOperator": "GE", "Size": 3, **field("QueryString")}}, "ab", "äb"),
        ({"RegexMatchStatement": {"RegexString": "^a+$", **field("QueryString")}}, "ab", "aa"),
        (
            {"ByteMatchStatement": {"SearchString": "b", "PositionalConstraint": "CONTAINS", **field("QueryString")}},
            "ac",
            "abc",
        ),
        (
            {"ByteMatchStatement": {"SearchString": "b", "PositionalConstraint": "EXACTLY", **field("QueryString")}},
            "bb",
            "b",
        ),
        (
            {
                "ByteMatchStatement": {
                    "SearchString": "b",
                    "PositionalConstraint": "CONTAINS_WORD",
                    **field("QueryString"),
                }
            },
            "abc",
            "a b c",
        ),
    ],
)
def test_statements_about_a_field(statement: dict[str, Any], passes: str, refused: str) -> None:
    """SYS-13: bytes are counted, not letters."""
    assert not blocked(statement, query=passes)
    assert blocked(statement, query=refused)


def test_statements_are_joined_and_turned_round() -> None:
    """SYS-13."""
    here, there = from_set("V4"), {"RegexMatchStatement": {"RegexString": "^/x", **field("UriPath")}}
    inside = {"ip": "203.0.113.9"}
    assert blocked({"AndStatement": {"Statements": [here, there]}}, path="/x", **inside)
    assert not blocked({"AndStatement": {"Statements": [here, there]}}, path="/y", **inside)
    assert blocked({"OrStatement": {"Statements": [here, there]}}, path="/y", **inside)
    assert blocked({"NotStatement": {"Statement": here}})
    assert not blocked({"NotStatement": {"Statement": here}}, **inside)


def test_transformations_come_before_the_comparison() -> None:
    """SYS-13: in the order of their priority."""
    steps = [{"Priority": 1, "Type": "LOWERCASE"}, {"Priority": 0, "Type": "URL_DECODE"}]
    statement = {"RegexMatchStatement": {"RegexString": "^é$", **field("QueryString"), "TextTransformations": steps}}
    assert blocked(statement, query="%C3%89")


@pytest.mark.parametrize(("handling", "is_refused"), [("MATCH", True), ("NO_MATCH", False), ("CONTINUE", False)])
def test_a_body_is_read_as_far_as_waf_is_handed_it(handling: str, is_refused: bool) -> None:
    """SEC-01: behind 16 KB (or what the ACL says) nothing is found; what then happens the statement says."""
    statement = {"RegexMatchStatement": {"RegexString": "attack", **field(OversizeHandling=handling)}}
    body = " " * 16_384 + "attack"
    assert blocked(statement, method="POST", body=body) is is_refused
    assert blocked(statement, method="POST", body="attack")
    wider = {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_32"}}}
    assert judged(template(rule("R", statement), AssociationConfig=wider), method="POST", body=body).verdict == "block"


def test_a_counting_rule_labels_and_goes_on() -> None:
    """SEC-01: a later rule may act on the label of an earlier one; the label of a flood's request is not the next's."""
    seen = rule("Seen", from_set("V4"), "Count", RuleLabels=[{"Name": "alex:seen"}])
    acts = rule("Acts", {"LabelMatchStatement": {"Scope": "LABEL", "Key": "alex:seen"}})
    found = judged(template(seen, acts), ip="203.0.113.9")
    assert (found.verdict, found.labels, list(found.counted)) == ("block", ["alex:seen"], ["Seen"])
    assert judged(template(seen, acts)).verdict == "allow"
    late = rule("Late", limited(10), "Count", RuleLabels=[{"Name": "alex:seen"}])
    assert judged(template(late, acts), times=12, within=1).first_blocked == 11
    assert judged(template(acts, late), times=12, within=1).verdict == "allow"


def test_the_first_rule_that_decides_ends_the_evaluation() -> None:
    """SYS-13."""
    everybody = {"RegexMatchStatement": {"RegexString": "^/", **field("UriPath")}}
    assert judged(template(rule("A", everybody, "Allow"), rule("B", everybody))).verdict == "allow"
    decided = judged(template(rule("B", everybody), group(SQLI)), query="id=1' or '1'='1").decided
    assert decided is not None
    assert decided.rule == "B"


def test_a_groups_rules_count_or_block_as_the_template_says() -> None:
    """SEC-01: one rule of a group may count, or the whole group."""
    attack = {"query": "id=1' or '1'='1"}
    found = judged(template(group(SQLI)), **attack)
    assert found.decided is not None
    assert (found.decided.inner, found.decided.status) == ("SQLi_QUERYARGUMENTS", 403)
    counted: dict[str, Any] = {"RuleActionOverrides": [{"Name": "SQLi_QUERYARGUMENTS", "ActionToUse": {"Count": {}}}]}
    for made in (template(group(SQLI, "Count")), template(group(SQLI, **counted))):
        assert judged(made, **attack).labels == ["awswaf:managed:aws:sql-database:SQLi_QueryArguments"]
        assert judged(made, **attack).verdict == "allow"
    assert judged(template(group(SQLI, ScopeDownStatement=from_set("V4"))), **attack).verdict == "allow"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (template(rule("R", {"GeoMatchStatement": {"CountryCodes": ["XX"]}})), "GeoMatchStatement is not known"),
        (template(rule("R", from_set("Other"))), "is not in the template"),
        (template(group("AWSManagedRulesLinuxRuleSet")), "no stand-in"),
        (template(rule("R", {"RegexMatchStatement": {"RegexString": "a", **field("JsonBody")}})), "JsonBody"),
        (template(rule("R", from_set("V4"), "Captcha")), "Captcha"),
        (template(DefaultAction={"Block": {}}), "default"),
    ],
)
def test_what_it_does_not_know_it_refuses(made: dict[str, Any], says: str) -> None:
    """A statement that is passed over makes every replay say that nothing is blocked."""
    with pytest.raises(acls.AclError, match=says):
        judged(made)


def test_units_are_added_up_as_aws_publishes_them() -> None:
    """SEC-01: over 1,500 each request costs more, over 5,000 the deployment fails."""
    both = {"OrStatement": {"Statements": [from_set("V4"), from_set("V6")]}}
    lower = [{"Priority": 0, "Type": "LOWERCASE"}]
    exact = {"SearchString": "b", "PositionalConstraint": "EXACTLY", **field("QueryString")}
    made = template(
        rule("Rate", limited(only={"NotStatement": {"Statement": both}})),
        rule("Regex", {"RegexMatchStatement": {"RegexString": "a", **field(), "TextTransformations": lower}}),
        rule("Bytes", {"ByteMatchStatement": exact}),
        group("AWSManagedRulesCommonRuleSet"),
    )
    (acl,) = acls.acls(made)
    assert capacity.units(acl) == {"Rate": 4, "Regex": 13, "Bytes": 2, "AWSManagedRulesCommonRuleSet": 700}
    (unknown,) = acls.acls(template(group("AWSManagedRulesLinuxRuleSet")))
    with pytest.raises(acls.AclError, match="capacity of AWSManagedRulesLinuxRuleSet"):
        capacity.units(unknown)


def test_every_group_of_ours_has_stand_ins_and_a_figure() -> None:
    """A group that is added to the rules and not here ends `alex waf` with an error, not with a guess."""
    from hardened.web_acl_rules import BOT_CONTROL, MANAGED

    names = {name for name, _ in (*MANAGED, BOT_CONTROL)}
    assert all(managed.rules_of(name) for name in names)
    assert names == set(capacity.GROUPS) == set(managed.LABELS)
    stands = {stand.name for stand in managed.STANDS}
    assert {counted for _, rules in (*MANAGED, BOT_CONTROL) for counted in rules} <= stands
