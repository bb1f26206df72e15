"""The web ACL in front of the REST API: floods per client address, known bad senders, and common attacks (SEC-01).

Decisions:
- Offices behind one address (trusted egress) get their own, higher limit instead of a way round the ACL; every other
  rule holds for them too.
- Two managed rules only count. The core set's body limit of 8 KB would refuse the API's own 256 KB (API-06), and bot
  control's rules against HTTP libraries and non-browsers would refuse the programs that an API is for.
- A flood is answered like every other refusal of the API: 429, Retry-After, the error envelope.
- Bot control is the one managed group that AWS bills by itself, monthly and per request, so it can be left out.
- No resource policy lets WAF write its log: WAF puts one on the log group itself, and a group can have only one.
"""

import json
from dataclasses import dataclass

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from hardened.log_groups import LogClass, of_class

MANAGED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AWSManagedRulesAmazonIpReputationList", ()),
    ("AWSManagedRulesCommonRuleSet", ("SizeRestrictions_BODY",)),
    ("AWSManagedRulesKnownBadInputsRuleSet", ()),
    ("AWSManagedRulesSQLiRuleSet", ()),
)
BOT_CONTROL = ("AWSManagedRulesBotControlRuleSet", ("CategoryHttpLibrary", "SignalNonBrowserUserAgent"))
_FLOOD = "flood"


@dataclass(frozen=True, kw_only=True)
class AddressLimit:
    """So many requests from one address in so many seconds (60, 120, 300 or 600)."""

    requests: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class AclRules:
    """Limits for everybody, and for the trusted egress networks (CIDR blocks; may be none); bot control or not."""

    limit: AddressLimit
    trusted_limit: AddressLimit
    trusted_cidrs: tuple[str, ...] = ()
    bot_control: bool = True


class WebAcl(Construct):
    """A regional web ACL with its log; default is to allow. ``protect`` attaches it."""

    def __init__(self, scope: Construct, id: str, *, name: str, rules: AclRules) -> None:
        """Make the ACL.

        :param name: for metrics, and for the log group, whose name WAF demands to begin with ``aws-waf-logs-``.
        """
        super().__init__(scope, id)
        self._name = name
        self._rules = rules
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible(name),
            custom_response_bodies={
                _FLOOD: waf.CfnWebACL.CustomResponseBodyProperty(
                    content=json.dumps(
                        {
                            "error": {
                                "code": "throttled",
                                "message": "Too many requests. Please slow down and try again later.",
                            }
                        }
                    ),
                    content_type="APPLICATION_JSON",
                )
            },
            rules=[*self._rate_rules(), *self._managed_rules()],
        )
        self.log_group = of_class(logs.LogGroup(self, "Logs", log_group_name=f"aws-waf-logs-{name}"), LogClass.ACCESS)
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            # WAF wants the ARN without the ":*" that CloudFormation puts behind it.
            log_destination_configs=[self._log_destination()],
            redacted_fields=[
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": "authorization"}),
            ],
        )

    def protect(self, stage_arn: str, *, id: str = "Association") -> waf.CfnWebACLAssociation:
        """Put the ACL before a REST API's stage."""
        return waf.CfnWebACLAssociation(self, id, resource_arn=stage_arn, web_acl_arn=self.acl.attr_arn)

    def _log_destination(self) -> str:
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=self.log_group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _rate_rules(self) -> list[waf.CfnWebACL.RuleProperty]:
        if not self._rules.trusted_cidrs:
            return [self._rate_rule("RatePerAddress", 0, self._rules.limit, None)]
        trusted = waf.CfnIPSet(
            self, "Trusted", scope="REGIONAL", ip_address_version="IPV4", addresses=list(self._rules.trusted_cidrs)
        )
        inside = waf.CfnWebACL.StatementProperty(ip_set_reference_statement={"arn": trusted.attr_arn})
        outside = waf.CfnWebACL.StatementProperty(not_statement=waf.CfnWebACL.NotStatementProperty(statement=inside))
        return [
            self._rate_rule("RatePerAddress", 0, self._rules.limit, outside),
            self._rate_rule("RatePerTrustedAddress", 1, self._rules.trusted_limit, inside),
        ]

    def _rate_rule(
        self, name: str, priority: int, limit: AddressLimit, only: waf.CfnWebACL.StatementProperty | None
    ) -> waf.CfnWebACL.RuleProperty:
        flooded = waf.CfnWebACL.CustomResponseProperty(
            response_code=429,
            custom_response_body_key=_FLOOD,
            response_headers=[waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value=str(limit.seconds))],
        )
        return waf.CfnWebACL.RuleProperty(
            name=name,
            priority=priority,
            action=waf.CfnWebACL.RuleActionProperty(block=waf.CfnWebACL.BlockActionProperty(custom_response=flooded)),
            statement=waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    aggregate_key_type="IP",
                    limit=limit.requests,
                    evaluation_window_sec=limit.seconds,
                    scope_down_statement=only,
                )
            ),
            visibility_config=_visible(name),
        )

    def _managed_rules(self) -> list[waf.CfnWebACL.RuleProperty]:
        return [
            waf.CfnWebACL.RuleProperty(
                name=group,
                priority=10 + index,
                override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS",
                        name=group,
                        rule_action_overrides=[
                            waf.CfnWebACL.RuleActionOverrideProperty(
                                name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
                            )
                            for rule in counted
                        ]
                        or None,
                        managed_rule_group_configs=_bot_level(group),
                    )
                ),
                visibility_config=_visible(group),
            )
            for index, (group, counted) in enumerate((*MANAGED, BOT_CONTROL) if self._rules.bot_control else MANAGED)
        ]


def _bot_level(group: str) -> list[waf.CfnWebACL.ManagedRuleGroupConfigProperty] | None:
    if group != BOT_CONTROL[0]:
        return None
    level = waf.CfnWebACL.AWSManagedRulesBotControlRuleSetProperty(inspection_level="COMMON")
    return [waf.CfnWebACL.ManagedRuleGroupConfigProperty(aws_managed_rules_bot_control_rule_set=level)]


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
