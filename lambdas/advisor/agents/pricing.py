"""The planner's refresh of prices: what the provider says, as far as it is believed (INT-04)."""

from datetime import date
from decimal import Decimal

from advisor.agents.recording import Recorder
from advisor.domain import explaining
from advisor.domain.models import Portfolio
from advisor.domain.prices import RefusedPrice, believed
from advisor.ports.market import PriceProvider, PricesUnavailableError
from advisor.ports.store import PortfolioStore


def refresh_prices(
    portfolio: Portfolio,
    day: date,
    *,
    provider: PriceProvider,
    portfolios: PortfolioStore,
    recorder: Recorder,
    stale_after: int,
    jump: Decimal,
) -> tuple[bool, tuple[RefusedPrice, ...]]:
    """Store the closes that are believed: whether there were any, and those that were not.

    Without them the old prices stay, with their age. ``stale_after`` is in trading days, ``jump`` a factor.
    """
    held, telemetry = portfolio.instruments, recorder.telemetry
    if not held:
        return False, ()
    try:
        closes = provider.closes(sorted(held), on=day)
    except PricesUnavailableError as error:
        telemetry.event("PRICES_UNAVAILABLE", agent=recorder.agent, warning=True, reason=str(error))
        telemetry.metric("PricesUnavailable", 1, agent=recorder.agent)
        why = "The provider gave no prices; the stored ones are used, with their age."
        recorder.decided("prices_unavailable", why, about=sorted(held))
        return False, ()
    taken, refused = believed(
        {symbol: (price.close, price.as_of) for symbol, price in closes.items() if symbol in held},
        held,
        on=day,
        stale_after=stale_after,
        jump=jump,
    )
    for one in refused:
        telemetry.event("PRICE_REFUSED", agent=recorder.agent, warning=True, **one.as_dict())
    recorder.decided("prices_refreshed", explaining.priced(len(taken), len(held), day), about=sorted(held))
    portfolios.save_prices(taken)
    return bool(taken), refused
