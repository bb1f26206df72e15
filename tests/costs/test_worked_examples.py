"""The estimate against calculations that AWS itself has published: same input, same result, to the cent.

The inputs are put into templates and usage profiles as far as an environment of ours can be like the example; one that
runs for some hours only is calculated from the price table alone.
"""

from typing import Any

import pytest

from costs import load
from settings.usage import OTHER, Runs
from tests.costs.bench import made, resource, service, setting

A_MONTH = 12 / 365
"""Of a month's requests, the usage profile names a day's."""

CENT = 0.0051


def function(**properties: Any) -> dict[str, Any]:
    """An x86 function, as the pages have it."""
    return resource("Lambda::Function", Architectures=["x86_64"], **properties)


def runs(times: float, seconds: float) -> dict[str, Runs]:
    """So many runs a month."""
    return {OTHER: Runs(per="month", times=times, seconds=seconds)}


def test_lambda_mobile_backend() -> None:
    """COST-01: 3M requests of 120 ms at 1,536 MB, free tier deducted: $2.33 + $0.40 = $2.73.

    https://aws.amazon.com/lambda/pricing/, on-demand example 1.
    """
    found = made(setting(functions=runs(3e6, 0.12), free_allowances=True), F=function(MemorySize=1536))
    assert service(found, "Lambda") == pytest.approx(2.73, abs=CENT)


def test_lambda_telemetry() -> None:
    """COST-01: 7.44M requests of 2 s at 1,024 MB, no free tier: $1.49 + $248.00 = $249.49.

    https://aws.amazon.com/lambda/pricing/, on-demand example 2.
    """
    found = made(setting(functions=runs(10_000 * 24 * 31, 2)), F=function(MemorySize=1024))
    assert service(found, "Lambda") == pytest.approx(249.49, abs=CENT)


def test_lambda_with_a_larger_disk() -> None:
    """COST-01: 6M requests of 280 ms at 4,096 MB with 2,048 MB of /tmp: $105.33 + $1 + $0.08 = $106.41.

    https://aws.amazon.com/lambda/pricing/, on-demand example 3.
    """
    large = function(MemorySize=4096, EphemeralStorage={"Size": 2048})
    found = made(setting(functions=runs(6e6, 0.28), free_allowances=True), F=large)
    assert service(found, "Lambda") == pytest.approx(106.41, abs=CENT)


@pytest.mark.parametrize(
    ("amounts", "usd"),
    [
        # Example 1: concurrency 100 at 1,536 MB for 8 hours, 500,000 runs of 100 ms in it; 2.5M of 120 ms besides.
        (
            {
                "lambda.x86_64_provisioned": 100 * 1.5 * 8 * 3600,
                "lambda.x86_64_provisioned_run": 500_000 * 0.1 * 1.5,
                "lambda.request": 3e6,
                "lambda.x86_64_gb_second": 2.5e6 * 0.12 * 1.5,
            },
            19.96,
        ),
        # Example 2: concurrency 7 at 4,096 MB for 24 hours, 2M runs of 280 ms; its requests are not free.
        (
            {
                "lambda.x86_64_provisioned": 7 * 4 * 24 * 3600,
                "lambda.x86_64_provisioned_run": 2e6 * 0.28 * 4,
                "lambda.request": 2e6 + 1e6,
            },
            32.26,
        ),
    ],
    ids=["launch day", "cyber monday"],
)
def test_lambda_provisioned_concurrency(amounts: dict[str, float], usd: float) -> None:
    """COST-01: $19.96 and $32.26. https://aws.amazon.com/lambda/pricing/, provisioned concurrency, examples 1 and 2."""
    table = load()
    assert sum(table[key].charge(quantity, free=True) for key, quantity in amounts.items()) == pytest.approx(
        usd,
        abs=0.0101,  # four rounded parts
    )


def test_api_gateway_with_answers() -> None:
    """COST-01: 5M calls that answer 3 KB each, no cache: $17.50 + $1.29 of data = $18.79.

    https://aws.amazon.com/api-gateway/pricing/, REST APIs, example 1.
    """
    found = made(setting(requests_per_day=round(5e6 * A_MONTH), response_kb=3), S=resource("ApiGateway::Stage"))
    assert service(found, "API Gateway", "Data transfer") == pytest.approx(18.79, abs=CENT)


def test_api_gateway_through_its_tiers() -> None:
    """COST-01: 15 billion calls: $1,165.50 + $1,867.60 + $33,320.00 = $36,353.10.

    https://aws.amazon.com/api-gateway/pricing/, REST APIs, example 2.
    """
    found = made(setting(requests_per_day=round(15e9 * A_MONTH)), S=resource("ApiGateway::Stage"))
    assert service(found, "API Gateway") == pytest.approx(36_353.10, abs=CENT)


@pytest.mark.parametrize(("bots", "usd"), [(False, 18.00), (True, 39.00)], ids=["core scenario", "with bot control"])
def test_web_acl(bots: bool, usd: float) -> None:
    """COST-01: an ACL with seven rules and 10M requests: $18.00; with bot control on all of them: $39.00.

    https://aws.github.io/aws-security-services-best-practices/guides/waf/waf-cost/docs/, core scenario.
    """
    plain = [{"Name": f"Rule{number}"} for number in range(7)]
    group = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesBotControlRuleSet"}}
    rules = [*plain, {"Name": "Bots", "Statement": group}] if bots else plain
    found = made(setting(requests_per_day=round(10e6 * A_MONTH)), Acl=resource("WAFv2::WebACL", Rules=rules))
    assert service(found, "WAF") == pytest.approx(usd, abs=CENT)
