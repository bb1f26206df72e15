"""What the application would cost, against what it may cost.

Decision: the pack knows no prices. The profile brings the estimate as a function over the templates, and the budgets
say in the templates themselves what may be spent; what each is for says its tag. A budget that is too small is
acknowledged on the budget, like any other finding.
"""

from typing import Any

from soc2.assembly import Assembly
from soc2.reading import tag_value
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import APPLICATION, Resource
from soc2.values import Undecided, number

BUDGET = "AWS::Budgets::Budget"
PURPOSE = "Purpose"
"""The tag of a budget that says which part of the estimate it is for."""

MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUALLY": 12, "DAILY": 12 / 365}


@rule(
    "SOC2-COST-BUDGET",
    "What the templates would cost is within the budget",
    on=BUDGET,
    criteria=("A1.1",),
    severity=Severity.MEDIUM,
    fix="make it cheaper (`alex cost -e ENV` says what costs how much), or raise the budget in the settings",
    requirements=("COST-01",),
)
def within_budget(budget: Resource) -> Findings:
    purpose = tag_value(budget.get("ResourceTags"), PURPOSE)
    expected = _spending(budget.assembly)
    if purpose not in expected:
        raise NotApplicable("nothing is estimated for what it limits")
    every = budget.get("Budget", "TimeUnit")
    limit = number(budget.get("Budget", "BudgetLimit", "Amount"), default=0)
    usd = expected[purpose] * MONTHS.get(every, 1)
    if usd > limit:
        found = f"{usd:,.2f} USD are expected ({str(every).lower()}), the limit is {limit:,g}"
        yield Broken(found, at="Budget.BudgetLimit.Amount")


@rule(
    "SOC2-COST-BUDGETED",
    "Everything that costs money has a budget",
    on=APPLICATION,
    criteria=("A1.1",),
    severity=Severity.MEDIUM,
    fix=f"add an {BUDGET} with the tag {PURPOSE} for it",
    requirements=("COST-01",),
)
def budgeted(assembly: Assembly) -> Findings:
    limited = {tag_value(budget.get("ResourceTags"), PURPOSE) for budget in assembly.of_type(BUDGET)}
    for purpose, usd in _spending(assembly).items():
        if purpose not in limited:
            yield Broken(f"no budget for {purpose} ({usd:,.2f} USD a month)", detail=purpose)


def _spending(assembly: Assembly) -> dict[Any, float]:
    """USD a month by purpose.

    :raises NotApplicable: nobody estimates this application.
    :raises Undecided: no estimate can be made of it.
    """
    estimate = assembly.profile.spending
    if estimate is None:
        raise NotApplicable("the profile brings no estimate of what it costs")
    try:
        return dict(estimate({name: stack.raw for name, stack in assembly.stacks.items()}))
    except ValueError as error:
        raise Undecided(f"no estimate can be made: {error}") from None
