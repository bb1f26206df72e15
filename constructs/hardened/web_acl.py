"""A web ACL with its log: what of a request is refused before anything of ours sees it (SEC-01 to SEC-03).

Decisions:
- Default is to allow; the rules stand in `web_acl_rules`, the same for every scope.
- What could sign somebody in (tokens, cookies, keys) is replaced before it reaches the log and the sampled requests.
  Query strings and bodies too, as in the API's access log; but what a rule matched in a query string stays readable, or
  no attack could be studied. Of a body not even that: it is clients' data.
- No resource policy lets WAF write its log: WAF puts one on the log group itself, and a group can have only one.
- The ACL bears the name that its metrics have: dashboards and alarms find it by that.
- An ACL that counts is a finding of the policy gate, acknowledged here until ``count_until`` and not a day longer.
"""

from datetime import date
from typing import Literal

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from hardened import web_acl_rules
from hardened.acknowledge import acknowledge
from hardened.alarms import alarm
from hardened.log_groups import LogClass, of_class
from hardened.topics import Alerts, Severity
from hardened.web_acl_rules import AclRules, AddressLimit

__all__ = ["AclRules", "AddressLimit", "WebAcl"]

SECRET_HEADERS = ("authorization", "cookie", "x-api-key")
READS_BODIES_FOR = {"REGIONAL": "API_GATEWAY", "CLOUDFRONT": "CLOUDFRONT"}
"""What hands over more of a body than it does by default, by scope; load balancers cannot."""

COUNTING = (
    *(f"SOC2::SOC2-WAF-GROUPS[{group}]" for group in ("common", "known-bad-inputs", "sql-injection", "ip-reputation")),
    "SOC2::SOC2-WAF-RATE",
)
"""What the policy gate finds in an ACL that only counts."""

P = waf.CfnWebACL
Redacted = waf.CfnLoggingConfiguration.FieldToMatchProperty


class WebAcl(Construct):
    """A web ACL: regional, for APIs and load balancers (`protect`), or CloudFront's, in us-east-1 (`arn`)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        rules: AclRules,
        where: Literal["REGIONAL", "CLOUDFRONT"] = "REGIONAL",
    ) -> None:
        """Make the ACL.

        :param name: for metrics, and for the log group, whose name WAF demands to begin with ``aws-waf-logs-``.
        """
        super().__init__(scope, id)
        self.name = name
        self.where = where
        self.acl = P(
            self,
            "Acl",
            name=name,
            scope=where,
            default_action=P.DefaultActionProperty(allow={}),
            visibility_config=web_acl_rules.visible(name),
            custom_response_bodies=web_acl_rules.answers(),
            rules=web_acl_rules.build(rules, self._trusted(rules.trusted_cidrs)),
            association_config=P.AssociationConfigProperty(
                request_body={
                    READS_BODIES_FOR[where]: P.RequestBodyAssociatedResourceTypeConfigProperty(
                        default_size_inspection_limit=f"KB_{rules.inspected_body_kb}"
                    )
                }
            ),
            data_protection_config=_kept_secret(),
        )
        self.log_group = of_class(logs.LogGroup(self, "Logs", log_group_name=f"aws-waf-logs-{name}"), LogClass.ACCESS)
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[self._log_destination()],
            redacted_fields=[
                *(Redacted(single_header={"Name": header}) for header in SECRET_HEADERS),
                Redacted(query_string={}),
            ],
        )
        if rules.count_until:
            self._accept(rules.count_until)

    @property
    def arn(self) -> str:
        """ARN of the ACL; a distribution names it in ``web_acl_id``."""
        return self.acl.attr_arn

    def protect(self, resource_arn: str, *, id: str = "Association") -> waf.CfnWebACLAssociation:
        """Put the ACL before a REST API's stage or a load balancer.

        :raises ValueError: it is CloudFront's; WAF knows no association with a distribution.
        """
        if self.where == "CLOUDFRONT":
            raise ValueError(f"{self.node.path} is CloudFront's: give its arn to the distribution as web_acl_id")
        return waf.CfnWebACLAssociation(self, id, resource_arn=resource_arn, web_acl_arn=self.arn)

    def metric(self, name: str, *, rule: str = "ALL", period: Duration | None = None) -> cw.Metric:
        """So many requests that a rule (by its name), or all rules together, ``BlockedRequests`` and so on."""
        region = {"Region": Stack.of(self).region} if self.where == "REGIONAL" else {}
        return cw.Metric(
            namespace="AWS/WAFV2",
            metric_name=name,
            dimensions_map={"WebACL": self.name, "Rule": rule, **region},
            statistic="Sum",
            period=period or Duration.minutes(5),
        )

    def watch(self, *, surge: int, alerts: Alerts) -> cw.Alarm:
        """Tell a person when more than ``surge`` requests are blocked within five minutes."""
        return alarm(
            self,
            "BlockedSurge",
            name=f"{self.name}-waf-blocked-surge",
            metric=self.metric("BlockedRequests"),
            threshold=surge,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="waf-blocked-surge",
            description=f"The web ACL {self.name} blocked more than {surge} requests in 5 minutes: an attack, or a "
            f"rule that refuses clients. See the log group aws-waf-logs-{self.name}. [SEC-01]",
        )

    def _trusted(self, cidrs: tuple[str, ...]) -> list[str]:
        """ARNs of the address sets of the trusted networks: one for each version of IP that occurs."""
        found = {version: [c for c in cidrs if (":" in c) == (version == "IPV6")] for version in ("IPV4", "IPV6")}
        return [
            waf.CfnIPSet(
                self,
                "Trusted" if version == "IPV4" else "TrustedV6",
                scope=self.where,
                ip_address_version=version,
                addresses=addresses,
            ).attr_arn
            for version, addresses in found.items()
            if addresses
        ]

    def _log_destination(self) -> str:
        # WAF wants the ARN without the ":*" that CloudFormation puts behind it.
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=self.log_group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _accept(self, until: date) -> None:
        acknowledge(
            self.acl,
            rule=COUNTING,
            reason="A first deployment counts before it blocks, so that rules which would refuse clients are found in "
            "the log before they do; the settings waf.mode and waf.count_until say so.",
            owner="platform",
            expires=until,
            ticket="RISK-41",
            mitigated_by="the authorizer, request validation and throttling of the API hold all the while",
        )


def _kept_secret() -> waf.CfnWebACL.DataProtectionConfigProperty:
    """What neither the log nor a sampled request shows."""

    def hidden(
        kind: str, keys: list[str] | None = None, *, except_matches: bool = False
    ) -> waf.CfnWebACL.DataProtectProperty:
        return P.DataProtectProperty(
            action="SUBSTITUTION",
            field=P.FieldToProtectProperty(field_type=kind, field_keys=keys),
            exclude_rule_match_details=except_matches,
        )

    return P.DataProtectionConfigProperty(
        data_protections=[
            hidden("SINGLE_HEADER", list(SECRET_HEADERS)),
            hidden("QUERY_STRING", except_matches=True),
            hidden("BODY"),
        ]
    )
