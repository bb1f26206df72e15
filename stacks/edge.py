"""CloudFront's web ACL, in the one region where it may be (SEC-02), and Shield Advanced once a person has confirmed it.

Decisions:
- It refers to no other stack and has its own key and topics, because everything else may live in another region, and
  references between regions need functions of CDK's. A distribution of a stack in this region takes ``acl.arn``; one
  elsewhere takes the output ``EdgeAclArn``.
- Its alarm is here too: CloudFront's metrics exist in this region only.
"""

from aws_cdk import CfnOutput
from constructs import Construct

from hardened import (
    PUBLISHERS,
    Alerts,
    AlertTopic,
    Classification,
    CustomerKey,
    KeyAdministrators,
    Keys,
    SecureDefaults,
)
from hardened.notifications import notify
from hardened.shield import ShieldAdvanced
from hardened.web_acl import AclRules, AddressLimit, WebAcl
from settings import Settings
from settings.edge import Rate
from stacks.base import PlatformStack, removal_policy
from stacks.logs import standing_alone

REGION = "us-east-1"
"""Where CloudFront looks for web ACLs, and where Shield is configured."""


def acl_rules(settings: Settings, limit: Rate) -> AclRules:
    """The environment's rules with the ``limit`` of one place: API, load balancer or CloudFront."""
    waf = settings.waf
    trusted = waf.trusted_egress_rate_per_ip
    return AclRules(
        limit=AddressLimit(requests=limit.requests, seconds=limit.seconds),
        trusted_limit=AddressLimit(requests=trusted.requests, seconds=trusted.seconds),
        trusted_cidrs=waf.trusted_egress_cidrs,
        max_body_bytes=settings.api.max_body_bytes,
        inspected_body_kb=waf.inspected_body_kb,
        origin=settings.api.allowed_origin,
        bot_control=waf.bot_control,
        count_until=waf.count_until if waf.mode == "count" else None,
    )


class EdgeStack(PlatformStack):
    """What protects the distribution that a later stack makes."""

    stands_alone = True

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Alex: web ACL of CloudFront",
            region=REGION,
        )
        name = f"alex-{settings.name}-edge"
        self.alerts = self._alerts(settings, name)
        self.acl = WebAcl(
            self, "WebAcl", name=name, rules=acl_rules(settings, settings.waf.edge_rate_per_ip), where="CLOUDFRONT"
        )
        self.acl.watch(surge=settings.waf.surge_requests, alerts=self.alerts)
        CfnOutput(self, "EdgeAclArn", value=self.acl.arn)
        shield = settings.shield
        self.shield = (
            ShieldAdvanced(self, "Shield", email=shield.contact_email or "", phone=shield.contact_phone or "")
            if shield.tier == "advanced" and shield.subscription_confirmed
            else None
        )

    def _alerts(self, settings: Settings, name: str) -> Alerts:
        """Key, defaults and topics of this region."""
        removal = removal_policy(settings)
        key = CustomerKey(
            self,
            "Key",
            holds="logs and alerts of the edge",
            classification=Classification.INTERNAL,
            administrators=KeyAdministrators(self, "KeyAdministrators"),
            removal_policy=removal,
            services=(*PUBLISHERS, "sns.amazonaws.com"),
        )
        key.allow_log_groups()
        SecureDefaults(
            keys=Keys(data=key, secrets=key, logs=key, messaging=key, audit=key),
            access_logs=None,
            log_policy=standing_alone(settings, region=REGION),
            removal_policy=removal,
            deletion_protection=settings.is_production,
        ).attach(self)
        topic = AlertTopic(self, "Alerts", master_key=key, display_name=f"Alex {settings.name}: edge")
        alerts = Alerts(critical=topic, warning=topic, runbooks=settings.alarms.runbooks_url)
        notify(
            topic,
            settings.alarms.subscribers.security,
            name=name,
            alerts=alerts,
            setting="alarms.subscribers.security",
        )
        return alerts
