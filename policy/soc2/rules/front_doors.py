"""Where clients from the internet arrive: listeners, distributions, domains speak TLS 1.2 or newer (NET-07, NET-11)."""

import re
from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import is_true, items, shown, some

CRITERIA = ("CC6.7", "C1.1")
_LISTENER = re.compile(r"^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-")
_DISTRIBUTION = re.compile(r"^TLSv1\.[23]_")
_API = re.compile(r"^(TLS_1_2|SecurityPolicy_TLS1[23]_(?!1_[01]_).*)$")


@rule(
    "SOC2-ELB-TLS",
    "Load balancers serve TLS 1.2 or newer, and plain HTTP only to redirect",
    on="AWS::ElasticLoadBalancingV2::Listener",
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set Protocol to HTTPS or TLS and SslPolicy to an ELBSecurityPolicy-TLS13-1-2 or newer (CDK: ssl_policy); "
    "let HTTP listeners redirect only (CDK: ListenerAction.redirect)",
    requirements=("NET-07", "NET-11"),
)
def listener(subject: Resource) -> Findings:
    protocol = str(subject.get("Protocol", default="")).upper()
    if protocol == "HTTP":
        yield from each(_plain_action, items(subject.get("DefaultActions")))
        rules = "AWS::ElasticLoadBalancingV2::ListenerRule"
        if some(lambda found: bool(list(_actions_of(found))), subject.linked(rules, "ListenerArn")):
            yield Broken("a listener rule serves plain HTTP", at="Protocol")
    elif protocol in ("HTTPS", "TLS"):
        policy = subject.get("SslPolicy")
        if not _LISTENER.match(policy or ""):
            yield Broken(f"SslPolicy is {shown(policy)}, which accepts TLS 1.0", at="SslPolicy")
    else:
        raise NotApplicable("it passes packets on; TLS, if any, ends behind it")


def _actions_of(found: Resource) -> Findings:
    yield from each(_plain_action, items(found.get("Actions")))


def _plain_action(action: Any) -> Findings:
    kind = action.get("Type")
    redirected = kind == "redirect" and (action.get("RedirectConfig") or {}).get("Protocol") == "HTTPS"
    if not redirected and kind != "fixed-response":
        yield Broken(f"plain HTTP is answered with {shown(kind)}, not with a redirection to HTTPS", at="DefaultActions")


@rule(
    "SOC2-CDN-TLS",
    "Distributions serve viewers over TLS 1.2 or newer only",
    on="AWS::CloudFront::Distribution",
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set ViewerProtocolPolicy of every behavior to redirect-to-https or https-only, and MinimumProtocolVersion to "
    "TLSv1.2_2021 or newer with a certificate of your own (CDK: viewer_protocol_policy, minimum_protocol_version)",
    requirements=("NET-11", "WEB-02"),
)
def distribution(subject: Resource) -> Findings:
    behaviors = [subject.get("DistributionConfig", "DefaultCacheBehavior", default={})]
    behaviors += items(subject.get("DistributionConfig", "CacheBehaviors"))
    yield from each(_behavior, behaviors)
    minimum = subject.get("DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion")
    own = is_true(subject.get("DistributionConfig", "ViewerCertificate", "CloudFrontDefaultCertificate"))
    if own or not _DISTRIBUTION.match(minimum or ""):
        found = "TLSv1, as always with CloudFront's own certificate" if own else shown(minimum)
        yield Broken(f"MinimumProtocolVersion is {found}", at="DistributionConfig.ViewerCertificate", detail="version")


def _behavior(behavior: Any) -> Findings:
    policy = behavior.get("ViewerProtocolPolicy")
    if policy not in ("redirect-to-https", "https-only"):
        pattern = str(behavior.get("PathPattern", "default"))
        yield Broken(f"ViewerProtocolPolicy of {pattern} is {shown(policy)}", at="DistributionConfig", detail=pattern)


@rule(
    "SOC2-API-DOMAIN-TLS",
    "API domains accept TLS 1.2 or newer only",
    on=("AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGateway::RestApi"),
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set SecurityPolicy to TLS_1_2 or a SecurityPolicy_TLS13_..., on the domain and on a REST API whose own "
    "endpoint stays open (CDK: security_policy)",
    requirements=("NET-11",),
)
def api_domain(subject: Resource) -> Findings:
    """A REST API's own endpoint takes TLS 1.0 unless told otherwise; HTTP APIs and private ones know TLS 1.2 only."""
    if subject.type == "AWS::ApiGatewayV2::DomainName":
        policies = [c.get("SecurityPolicy", "TLS_1_2") for c in items(subject.get("DomainNameConfigurations"))]
    else:
        policies = [subject.get("SecurityPolicy")]
    if subject.type == "AWS::ApiGateway::RestApi":
        if is_true(subject.get("DisableExecuteApiEndpoint")):
            raise NotApplicable("its own endpoint is closed")
        if items(subject.get("EndpointConfiguration", "Types")) == ["PRIVATE"]:
            raise NotApplicable("private endpoints accept TLS 1.2 or newer only")
    yield from each(_api_policy, policies)


def _api_policy(policy: Any) -> Findings:
    if not _API.match(policy or ""):
        yield Broken(f"SecurityPolicy is {shown(policy)}", at="SecurityPolicy")
