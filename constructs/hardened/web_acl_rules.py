"""The rules of every web ACL, as data: floods per client address, bodies, and AWS's managed groups (SEC-01 to SEC-03).

Decisions:
- One rule set for the API, for load balancers and for CloudFront: only the limits differ (`AclRules`).
- Offices behind one address (trusted egress) get their own, higher limit instead of a way round the ACL; every other
  rule holds for them too.
- Two managed rules only count. The core set's body limit of 8 KB would refuse the API's own 256 KB (API-06), and bot
  control's rules against HTTP libraries and non-browsers would refuse the programs that an API is for.
- WAF is handed at most 64 KB of a body, so it cannot measure 256 KB. What the sender declares (Content-Length) is
  judged instead; who declares nothing is measured by the API itself. A body that WAF reads in part is let through and
  labelled: the API's own validation reads all of it.
- Bot control is the one managed group that AWS bills by itself, monthly and per request: it can be left out, and comes
  last, so that what others refuse is not billed.
- Counting (``count_until``) turns every refusal into a label in the log; nothing else changes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aws_cdk import aws_wafv2 as waf

from hardened.gateway_responses import BUSY, TOO_LARGE, answer_headers

MANAGED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AWSManagedRulesAmazonIpReputationList", ()),
    ("AWSManagedRulesCommonRuleSet", ("SizeRestrictions_BODY",)),
    ("AWSManagedRulesKnownBadInputsRuleSet", ()),
    ("AWSManagedRulesSQLiRuleSet", ()),
)
"""AWS's groups, and which of their rules only count."""

BOT_CONTROL = ("AWSManagedRulesBotControlRuleSet", ("CategoryHttpLibrary", "SignalNonBrowserUserAgent"))
FIRST_MANAGED = 10
"""Priority of the first managed group: ours are cheaper, so they come before."""

FLOOD, LARGE = "flood", "large"
"""Keys of our own answers."""

P = waf.CfnWebACL


@dataclass(frozen=True, kw_only=True)
class AddressLimit:
    """So many requests from one address in so many seconds (60, 120, 300 or 600)."""

    requests: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class AclRules:
    """What differs between web ACLs.

    :param limit: for everybody; ``trusted_limit``: for the networks of ``trusted_cidrs`` (IPv4 and IPv6; may be none).
    :param max_body_bytes: what declares more is refused.
    :param inspected_body_kb: so much of a body is read (16, 32, 48 or 64); a load balancer hands over 8 in any case.
    :param origin: the front end whose browsers may read a refusal.
    :param count_until: last day on which the rules only count; None: they block.
    """

    limit: AddressLimit
    trusted_limit: AddressLimit
    trusted_cidrs: tuple[str, ...] = ()
    max_body_bytes: int
    inspected_body_kb: int
    origin: str
    bot_control: bool = True
    count_until: date | None = None

    @property
    def managed(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The managed groups in their order, each with the rules that only count."""
        return (*MANAGED, BOT_CONTROL) if self.bot_control else MANAGED


def build(acl: AclRules, trusted: Sequence[str]) -> list[waf.CfnWebACL.RuleProperty]:
    """The rules in their order.

    :param trusted: ARNs of the address sets that hold the trusted networks.
    """
    inside = [P.StatementProperty(ip_set_reference_statement={"arn": arn}) for arn in trusted]
    members = P.StatementProperty(or_statement=P.OrStatementProperty(statements=inside)) if inside[1:] else None
    ours = inside[0] if inside and members is None else members
    others = P.StatementProperty(not_statement=P.NotStatementProperty(statement=ours)) if ours else None
    limits = [_rate(acl, "RatePerAddress", 0, acl.limit, others)]
    if ours:
        limits.append(_rate(acl, "RatePerTrustedAddress", 1, acl.trusted_limit, ours))
    groups = [_group(acl, FIRST_MANAGED + index, name, counted) for index, (name, counted) in enumerate(acl.managed)]
    return [*limits, _too_large(acl), _partly_read(acl), *groups]


def answers() -> dict[str, waf.CfnWebACL.CustomResponseBodyProperty]:
    """What a refused sender reads: the API's error envelope, without the request id that only the API knows."""
    texts = {FLOOD: ("throttled", BUSY), LARGE: ("too_large", TOO_LARGE)}
    return {
        key: P.CustomResponseBodyProperty(
            content=json.dumps({"error": {"code": code, "message": text}}), content_type="APPLICATION_JSON"
        )
        for key, (code, text) in texts.items()
    }


def visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Metrics and sampled requests under ``name``; the ACL's data protection holds for the samples too."""
    return P.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True)


def over(limit: int) -> str:
    """A regular expression for the decimal numbers over ``limit``: WAF compares texts, not numbers."""
    digits = str(limit)
    longer = rf"[1-9]\d{{{len(digits)},}}"
    greater = [
        f"{digits[:at]}[{int(digit) + 1}-9]" + (rf"\d{{{rest}}}" if (rest := len(digits) - at - 1) else "")
        for at, digit in enumerate(digits)
        if digit != "9"
    ]
    return f"^0*(?:{'|'.join((longer, *greater))})$"


def _own(
    name: str,
    priority: int,
    *,
    label: str,
    statement: waf.CfnWebACL.StatementProperty,
    refusal: waf.CfnWebACL.CustomResponseProperty | None,
) -> waf.CfnWebACL.RuleProperty:
    """One of our own rules; without a ``refusal`` it counts."""
    block = P.BlockActionProperty(custom_response=refusal)
    return P.RuleProperty(
        name=name,
        priority=priority,
        action=P.RuleActionProperty(block=block) if refusal else P.RuleActionProperty(count={}),
        statement=statement,
        rule_labels=[P.LabelProperty(name=f"alex:{label}")],
        visibility_config=visible(name),
    )


def _refusal(acl: AclRules, status: int, body: str, **headers: str) -> waf.CfnWebACL.CustomResponseProperty | None:
    if acl.count_until:
        return None
    return P.CustomResponseProperty(
        response_code=status,
        custom_response_body_key=body,
        response_headers=[
            P.CustomHTTPHeaderProperty(name=name, value=value)
            for name, value in (answer_headers(acl.origin) | headers).items()
        ],
    )


def _rate(
    acl: AclRules, name: str, priority: int, limit: AddressLimit, only: waf.CfnWebACL.StatementProperty | None
) -> waf.CfnWebACL.RuleProperty:
    return _own(
        name,
        priority,
        label="rate-limit" if priority == 0 else "trusted-rate-limit",
        refusal=_refusal(acl, 429, FLOOD, **{"Retry-After": str(limit.seconds)}),
        statement=P.StatementProperty(
            rate_based_statement=P.RateBasedStatementProperty(
                aggregate_key_type="IP",
                limit=limit.requests,
                evaluation_window_sec=limit.seconds,
                scope_down_statement=only,
            )
        ),
    )


_AS_IT_IS = [P.TextTransformationProperty(priority=0, type="NONE")]


def _too_large(acl: AclRules) -> waf.CfnWebACL.RuleProperty:
    declared = P.RegexMatchStatementProperty(
        field_to_match=P.FieldToMatchProperty(single_header={"Name": "content-length"}),
        regex_string=over(acl.max_body_bytes),
        text_transformations=_AS_IT_IS,
    )
    return _own(
        "BodyTooLarge",
        2,
        label="body-too-large",
        refusal=_refusal(acl, 413, LARGE),
        statement=P.StatementProperty(regex_match_statement=declared),
    )


def _partly_read(acl: AclRules) -> waf.CfnWebACL.RuleProperty:
    longer = P.SizeConstraintStatementProperty(
        field_to_match=P.FieldToMatchProperty(body=P.BodyProperty(oversize_handling="MATCH")),
        comparison_operator="GT",
        size=acl.inspected_body_kb * 1024,
        text_transformations=_AS_IT_IS,
    )
    return _own(
        "BodyPartlyRead",
        3,
        label="body-partly-read",
        refusal=None,
        statement=P.StatementProperty(size_constraint_statement=longer),
    )


def _group(acl: AclRules, priority: int, name: str, counted: Sequence[str]) -> waf.CfnWebACL.RuleProperty:
    exceptions = [
        P.RuleActionOverrideProperty(name=rule, action_to_use=P.RuleActionProperty(count={})) for rule in counted
    ]
    level = P.AWSManagedRulesBotControlRuleSetProperty(inspection_level="COMMON")
    configs = [P.ManagedRuleGroupConfigProperty(aws_managed_rules_bot_control_rule_set=level)]
    return P.RuleProperty(
        name=name,
        priority=priority,
        override_action=P.OverrideActionProperty(count={}) if acl.count_until else P.OverrideActionProperty(none={}),
        statement=P.StatementProperty(
            managed_rule_group_statement=P.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=exceptions or None,
                managed_rule_group_configs=configs if name == BOT_CONTROL[0] else None,
            )
        ),
        visibility_config=visible(name),
    )
