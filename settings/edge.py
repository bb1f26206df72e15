"""Settings of what stands before everything: web ACLs and DDoS protection. Defaults are production's."""

from collections.abc import Callable
from datetime import date
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from settings.figure import Section, figure

if TYPE_CHECKING:
    from settings.model import Settings

_INSIDE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def _address_block(text: str) -> str:
    try:
        block = ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}: write a network such as 198.51.100.0/24 or 2001:db8::/48") from None
    if not block.prefixlen:
        raise ValueError("it holds every address there is: a web ACL's address set cannot")
    if any(block.version == inside.version and block.overlaps(inside) for inside in _INSIDE):
        raise ValueError("it is an address inside a firm: name the public one that its traffic leaves by")
    return str(block)


AddressBlock = Annotated[str, AfterValidator(_address_block)]


class Rate(Section):
    """So many requests in so many seconds."""

    requests: int = Field(ge=10, le=2_000_000_000)
    seconds: Literal[60, 120, 300, 600]


class Waf(Section):
    """Web ACLs: what of a request is refused before anything of ours sees it."""

    mode: Literal["block", "count"] = figure(
        "block", req="SEC-01", description="count: nothing is refused, for a first deployment; needs count_until"
    )
    count_until: date | None = figure(
        None, req="SEC-01", description="Last day of counting; the policy gate closes on the next"
    )
    edge: Literal["create", "leave"] = figure(
        "create", req="SEC-02", description="CloudFront's web ACL, which is made in us-east-1; leave: another one does"
    )
    api_rate_per_ip: Rate = figure(Rate(requests=100, seconds=60), req="SEC-01", unit="requests/window")
    trusted_egress_rate_per_ip: Rate = figure(Rate(requests=10000, seconds=300), req="SEC-01", unit="requests/window")
    trusted_egress_cidrs: tuple[AddressBlock, ...] = figure(
        (), req="SEC-01", description="Offices' addresses, IPv4 and IPv6"
    )
    bot_control: bool = figure(True, req="SEC-03", description="Billed by AWS apart, monthly and per request")
    edge_rate_per_ip: Rate = figure(Rate(requests=2000, seconds=300), req="SEC-02", unit="requests/window")
    alb_rate_per_ip: Rate = figure(
        Rate(requests=10000, seconds=300), req="SEC-03", unit="requests/window", system="SYS-63"
    )
    inspected_body_kb: Literal[16, 32, 48, 64] = figure(
        64,
        req="SEC-01",
        unit="KB",
        description="So much of a body the rules read; each 16 KB more is billed per request",
    )
    surge_requests: int = figure(500, req="SEC-01", unit="blocked requests/5 min", ge=1)


class Shield(Section):
    """DDoS protection; Advanced is a twelve-month subscription that a person confirms."""

    tier: Literal["standard", "advanced"] = figure("standard", req="SEC-04")
    subscription_confirmed: bool = figure(False, req="SEC-04")
    contact_email: str | None = figure(None, req="SEC-04", pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    contact_phone: str | None = figure(
        None, req="SEC-04", pattern=r"^\+[1-9]\d{6,14}$", description="Whom the response team calls, at any hour"
    )


EDGE_RULES: tuple[tuple[str, str, str, Callable[["Settings"], bool]], ...] = (
    (
        "waf.count_until",
        "a web ACL that only counts lets attacks in: say until when; a day without waf.mode count says nothing",
        "SEC-01",
        lambda s: (s.waf.mode == "count") == (s.waf.count_until is not None),
    ),
    (
        "waf.bot_control",
        "production controls bots",
        "SEC-03",
        lambda s: not s.is_production or s.waf.bot_control,
    ),
    (
        "shield.tier",
        "Shield Advanced is a 12-month subscription: set shield.subscription_confirmed",
        "SEC-04",
        lambda s: s.shield.tier == "standard" or s.shield.subscription_confirmed,
    ),
    (
        "shield.contact_phone",
        "Shield's response team needs somebody to call: set shield.contact_email and shield.contact_phone",
        "SEC-04",
        lambda s: s.shield.tier == "standard" or bool(s.shield.contact_email and s.shield.contact_phone),
    ),
)
"""As in `settings.rules`."""
