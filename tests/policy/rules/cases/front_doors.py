"""Listeners, distributions and domains."""

from tests.policy.rules.cases.transport import REDIRECTION, distribution, listener, one
from tests.policy.rules.casework import Case, put

CASES = [
    Case(
        "SOC2-ELB-TLS",
        passing=listener(DefaultActions=[REDIRECTION]),
        failing=listener(DefaultActions=[{"Type": "forward"}]),
    ),
    Case(
        "SOC2-CDN-TLS",
        passing=distribution("TLSv1.2_2021", "https-only"),
        failing=distribution("TLSv1.2_2021", "allow-all"),
    ),
    Case(
        "SOC2-API-DOMAIN-TLS",
        passing=one("ApiGateway::DomainName", SecurityPolicy="SecurityPolicy_TLS13_1_3_2025_09"),
        failing=one("ApiGateway::DomainName", SecurityPolicy="TLS_1_0"),
        breaks=put("SecurityPolicy", value="TLS_1_0"),
    ),
]
