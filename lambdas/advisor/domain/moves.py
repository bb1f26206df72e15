"""How much money the rebalancer moves between asset classes, and which account pays for it (domain B.2).

Classes outside the band return to their target in full; the money for it comes from classes outside the band, then
from idle cash, then pro rata from the other classes above target. What is freed goes to the classes outside the band
first, then pro rata to the others below target. All amounts are exact USD.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from advisor.domain.models import Instrument, Portfolio
from advisor.domain.money import ZERO, over, times, total
from advisor.domain.trades import Ledger, Lots, instrument_to_buy, plan_purchase, plan_sales
from advisor.domain.vocabulary import AssetClass

_CASH = AssetClass.CASH


@dataclass(frozen=True)
class _Moves:
    """USD to move: ``sell`` by class (never cash) and the cash to hold afterwards."""

    sell: dict[AssetClass, Decimal]
    cash_after: Decimal


def _moves(gaps: Mapping[str, Decimal], outside: frozenset[str], cash: Decimal) -> _Moves:
    """How much to sell of each class above target; ``gaps`` = target - current in USD and sums to 0."""
    triggered_buys = total(gap for key, gap in gaps.items() if key in outside and gap > 0)
    triggered_sales = total(-gap for key, gap in gaps.items() if key in outside and gap < 0)
    move = max(triggered_buys, triggered_sales)
    excess = {key: -gap for key, gap in gaps.items() if gap < 0}
    taken = {key: value for key, value in excess.items() if key in outside}
    rest = move - total(taken.values())
    if _CASH in excess and _CASH not in taken:
        taken[_CASH] = min(rest, excess[_CASH])
        rest -= taken[_CASH]
    others = {key: value for key, value in excess.items() if key not in taken}
    whole = total(others.values())
    for key, value in others.items():
        taken[key] = over(times(value, min(rest, whole)), whole)
    shortage = max(gaps.get(_CASH, ZERO), ZERO)
    if shortage and _CASH not in outside:
        deficits = total(gap for key, gap in gaps.items() if gap > 0 and key not in outside)
        shortage = over(times(shortage, move - triggered_buys), deficits)
    cash_after = cash - taken.pop(_CASH, ZERO) + shortage
    return _Moves({AssetClass(key): value for key, value in taken.items() if value > 0}, cash_after)


def _purses(ledger: Ledger, before: Mapping[UUID, Decimal], keep: Decimal) -> dict[UUID, Decimal]:
    """USD each account may spend: its cash after the sales less its part of the cash to keep."""
    idle, keep = total(before.values()), max(keep, ZERO)
    proceeds = {key: ledger.cash[key] - before[key] for key in before}
    raised = total(proceeds.values())
    from_idle, from_sales = min(keep, idle), min(max(keep - idle, ZERO), raised)
    purses: dict[UUID, Decimal] = {}
    for key, cash in ledger.cash.items():
        reserve = over(times(before[key], from_idle), idle) if idle else ZERO
        reserve += over(times(proceeds[key], from_sales), raised) if raised else ZERO
        purses[key] = max(cash - reserve, ZERO)
    return purses


def _wants(ledger: Ledger, goal: Mapping[str, Decimal], outside: frozenset[str], purse: Decimal) -> dict[str, Decimal]:
    """USD to buy by class: classes outside the band in full, then the others pro rata to what they lack."""
    lacks = {key: goal[key] - ledger.classes.get(key, ZERO) for key in goal if key != _CASH}
    wants: dict[str, Decimal] = {}
    for group in (True, False):
        members = {key: lack for key, lack in lacks.items() if lack > 0 and (key in outside) is group}
        whole = total(members.values())
        spend = min(purse, whole)
        wants |= {key: over(times(lack, spend), whole) for key, lack in members.items()}
        purse -= spend
    return wants


def plan_trades(
    portfolio: Portfolio,
    classes: Mapping[str, Decimal],
    goal: Mapping[str, Decimal],
    outside: frozenset[str],
    *,
    proxies: Mapping[AssetClass, Instrument],
    lots: Lots,
    cash_floor: Decimal,
) -> Ledger:
    """Plan all orders on a working copy; ``classes`` and ``goal`` are USD by class and have the same sum."""
    before = {account.id: account.cash_balance for account in portfolio.accounts}
    ledger = Ledger(classes=dict(classes), cash=dict(before))
    gaps = {key: goal.get(key, ZERO) - classes.get(key, ZERO) for key in sorted({*goal, *classes})}
    moves = _moves(gaps, outside, total(before.values()))
    for asset_class, amount in sorted(moves.sell.items(), key=lambda item: (-item[1], item[0])):
        plan_sales(ledger, portfolio, asset_class, amount, lots)
    # Cash inside funds counts as cash too, but only the accounts' own cash can honour the floor.
    keep = max(moves.cash_after, min(cash_floor, total(before.values())))
    purses = _purses(ledger, before, keep)
    wants = _wants(ledger, goal, outside, total(purses.values()))
    sold = {(trade.account_id, trade.symbol) for trade in ledger.trades}
    for key, want in sorted(wants.items(), key=lambda item: (-item[1], item[0])):
        asset_class, left = AssetClass(key), want
        instrument = instrument_to_buy(portfolio, asset_class, proxies)
        for account in sorted(portfolio.accounts, key=lambda a: (-purses[a.id], str(a.id))):
            if instrument and (account.id, instrument.symbol) in sold:
                continue  # selling a mixed holding can leave another class a little short: no reason to buy back
            amount = min(left, purses[account.id])
            spent = plan_purchase(ledger, account, asset_class, amount, instrument=instrument, lots=lots)
            purses[account.id] -= spent
            left -= spent
    return ledger
