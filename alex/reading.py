"""Reads an analysis from the API's answers.

Strict where a wrong figure could be shown (numbers), lenient where a part may honestly be missing (a degraded job has
fallbacks): missing parts are None or empty, never invented.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from advisor.domain.audit import verify_chain
from advisor.domain.models import AuditEntry
from alex import reading_proofs
from alex.errors import CommandError, Exit
from alex.figures import words
from alex.reading_proofs import moment
from alex.result import CENT, AccountLine, Advice, Analysis, Holding, Json, Part, Quality, Term


def read(job: Json, *, user: Json, accounts: Sequence[Json], audit: Json, proofs: Json | None = None) -> Analysis:
    """Build the analysis from the API's answers.

    :param job: `GET /api/jobs/{id}`.
    :param user: the ``user`` of `GET /api/user`.
    :param accounts: accounts, each with the ``positions`` of `GET /api/accounts/{id}/positions`.
    :param audit: `GET /api/jobs/{id}/audit`.
    :param proofs: approval, trace and verification, as `alex.proofs` gathers them.
    :raises CommandError: a figure that must be a number is not one.
    """
    summary = _map(job.get("summary_payload"))
    retirement = _map(job.get("retirement_payload"))
    charts = _map(job.get("charts_payload"))
    lines, holdings = _accounts(accounts)
    ok, reason = _chain(audit)
    return Analysis(
        job_id=str(job.get("id") or job.get("job_id") or ""),
        status=str(job.get("status", "")),
        investor=str(user.get("display_name") or user.get("user_id") or "Investor"),
        years_until_retirement=user.get("years_until_retirement"),
        target_income=_money(user.get("target_retirement_income"), "target_retirement_income", missing=True),
        asset_targets={key: float(value) for key, value in _map(user.get("asset_class_targets")).items()},
        total_value=_money(summary.get("total_value"), "summary_payload.total_value") or Decimal(0),
        accounts=lines,
        holdings=holdings,
        asset_class=_parts(charts, "asset") or _shares(summary, "asset_class"),
        sector=_parts(charts, "sector") or _shares(summary, "sector"),
        region=_parts(charts, "region", "geograph") or _shares(summary, "region"),
        report=str(_map(job.get("report_payload")).get("content") or ""),
        recommendations=tuple(_advice(summary)),
        assumptions=tuple(str(text) for text in summary.get("assumptions") or ()),
        retirement=dict(_map(retirement.get("numbers"))),
        retirement_text=str(retirement.get("analysis") or ""),
        risk=dict(_map(summary.get("risk"))),
        rebalancing=dict(_map(summary.get("rebalancing"))),
        usage=dict(_map(summary.get("usage"))),
        quality=_quality(job.get("quality_payload")),
        audit=tuple(dict(entry) for entry in audit.get("entries") or ()),
        audit_ok=ok,
        audit_reason=reason,
        started_at=moment(job.get("started_at")),
        completed_at=moment(job.get("completed_at")),
        archive=str(audit.get("archive") or ""),
        approvals=reading_proofs.approvals(proofs or {}),
        trace=reading_proofs.trace(proofs or {}),
        verification=reading_proofs.verification(proofs or {}),
        raw=job,
    )


def _map(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _money(value: Any, name: str, *, missing: bool = False) -> Decimal | None:
    if value is None and missing:
        return None
    try:
        number = Decimal(str(value))
        if not number.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise CommandError(
            f"{name} of the analysis is {value!r}, not a number",
            where="the API's answer",
            remedy="look at `alex logs planner`; please report it",
            code=Exit.ANALYSIS_FAILED,
        ) from None
    return number


def _parts(charts: Json, *wanted: str) -> tuple[Part, ...]:
    """The first chart whose key speaks of one of ``wanted``; shares are computed from its dollars."""
    for key, chart in charts.items():
        if isinstance(chart, Mapping) and any(word in key for word in wanted) and "target" not in key:
            points = [
                (str(point.get("name") or point.get("category")), _money(point.get("value"), f"charts_payload.{key}"))
                for point in chart.get("data") or ()
            ]
            known = [(label, value) for label, value in points if value is not None and value > 0]
            total = sum((value for _, value in known), Decimal(0))
            parts = [Part(_key(label), words(label), value, 100 * value / total) for label, value in known]
            return tuple(sorted(parts, key=lambda part: (-part.value, part.label)))
    return ()


def _shares(summary: Json, dimension: str) -> tuple[Part, ...]:
    """The shares that the summary keeps (2 decimals), for a job whose charts are missing."""
    total = _money(summary.get("total_value"), "summary_payload.total_value", missing=True) or Decimal(0)
    cash = _money(summary.get("cash"), "summary_payload.cash", missing=True) or Decimal(0)
    base = total if dimension == "asset_class" else total - cash
    shares = _map(_map(summary.get("allocations")).get(dimension))
    parts = [(key, _money(share, f"allocations.{dimension}.{key}") or Decimal(0)) for key, share in shares.items()]
    found = [Part(key, words(key), (base * share / 100).quantize(CENT), share) for key, share in parts if share > 0]
    return tuple(sorted(found, key=lambda part: (-part.value, part.label)))


def _key(label: str) -> str:
    return label.strip().lower().replace(" ", "_")


def _accounts(accounts: Sequence[Json]) -> tuple[tuple[AccountLine, ...], tuple[Holding, ...]]:
    lines, holdings = [], []
    for account in accounts:
        own = [_holding(position, str(account.get("account_name"))) for position in account.get("positions") or ()]
        holdings += own
        cash = _money(account.get("cash_balance") or 0, "cash_balance") or Decimal(0)
        invested = sum((holding.value for holding in own if holding.value is not None), Decimal(0))
        lines.append(
            AccountLine(str(account.get("account_name")), str(account.get("account_type") or ""), cash, invested)
        )
    holdings.sort(key=lambda holding: (-(holding.value or Decimal(0)), holding.symbol))
    return tuple(lines), tuple(holdings)


def _holding(position: Json, account: str) -> Holding:
    instrument = _map(position.get("instrument"))
    quantity = _money(position.get("quantity"), "quantity") or Decimal(0)
    source = str(instrument.get("price_source") or "")
    price = _money(instrument.get("current_price"), "current_price", missing=True)
    known = price if source in {"provider", "user"} else None  # a price from a model is a missing price (INT-04)
    return Holding(
        symbol=str(position.get("symbol")),
        name=str(instrument.get("name") or position.get("symbol")),
        account=account,
        quantity=quantity,
        price=known,
        price_as_of=str(instrument.get("price_as_of") or "") if known else "",
        price_source=source,
        value=quantity * known if known is not None else None,
    )


def _advice(summary: Json) -> Iterator[Advice]:
    order = {"High": 0, "Medium": 1, "Low": 2}
    found = [_map(item) for item in summary.get("recommendations") or ()]
    for item in sorted(found, key=lambda item: order.get(str(item.get("priority")), 3)):
        yield Advice(**{name: str(item.get(name) or "") for name in Advice.__dataclass_fields__})


def _quality(payload: Any) -> Quality | None:
    if not isinstance(payload, Mapping):
        return None

    def texts(name: str) -> tuple[str, ...]:
        return tuple(_said(item) if isinstance(item, Mapping) else str(item) for item in payload.get(name) or ())

    terms = [term for term in payload.get("derivation") or () if isinstance(term, Mapping)]

    return Quality(
        confidence=float(payload.get("confidence") or 0),
        cue=str(payload.get("cue") or ""),
        missing_prices=texts("missing_prices"),
        stale_prices=texts("stale_prices"),
        ageing_prices=texts("ageing_prices"),
        refused_prices=texts("refused_prices"),
        missing_allocations=texts("missing_allocations"),
        default_allocations=texts("default_allocations"),
        heuristics=texts("heuristics_used"),
        fallbacks=texts("fallbacks"),
        last_updated=tuple((str(k), _day(v)) for k, v in _map(payload.get("last_updated")).items() if v),
        derivation=tuple(
            Term(
                str(term.get("term")),
                _money(term.get("points"), "quality_payload.derivation") or Decimal(0),
                str(term.get("text") or ""),
            )
            for term in terms
        ),
    )


def _day(value: Any) -> str:
    """A day as it is; a time to the minute."""
    return f"{moment(value):%Y-%m-%d %H:%M} UTC" if "T" in str(value) else str(value)


def _said(item: Json) -> str:
    """A price with its day, its age in trading days where it has one, and the close that was refused."""
    if item.get("close") is not None:
        return f"{item.get('symbol')} ({item['close']} on {item.get('as_of')}, kept {item.get('known')})"
    days = item.get("trading_days")
    age = f", {days} trading day{'' if days == 1 else 's'}" if days is not None else ""
    return f"{item.get('symbol')} ({item.get('as_of') or 'day unknown'}{age})"


def _chain(audit: Json) -> tuple[bool | None, str]:
    """Whether the entries form an unbroken chain: the platform's word and our own check of what it sent; None unknown.

    The platform also knows the chain's head, so it notices a missing last entry; we notice a changed answer.
    """
    entries = audit.get("entries") or ()
    if not entries or audit.get("chain_intact") is None:
        return None, ""
    if not audit["chain_intact"]:
        found = [f"{one.get('what')}: {one.get('reason')}" for one in audit.get("findings") or ()]
        return False, "; ".join(found) or "the platform's own check failed"
    try:
        report = verify_chain([AuditEntry.model_validate(entry) for entry in entries])
    except ValidationError as error:
        return False, f"an entry is malformed: {error.errors()[0]['loc']}"
    return report.ok, report.reason or ""
