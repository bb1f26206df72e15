"""Trading days of the New York Stock Exchange by rule: how old a price is (domain 9.4, 12), when a business day ends.

Weekends and the exchange's regular full-day holidays are known for any year since 1998. Unscheduled closures (a
president's funeral, a hurricane) are not: a price can then look one trading day older than it is, never younger.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY = timedelta(days=1)
_ZONE = "America/New_York"


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def _observed(day: date) -> date:
    """Saturday's holiday closes Friday, Sunday's closes Monday."""
    return day - _DAY if day.weekday() == _SATURDAY else day + _DAY if day.weekday() == _SUNDAY else day


@cache
def market_holidays(year: int) -> frozenset[date]:
    """Full-day closures that fall into the year, weekends apart.

    New Year's Day is not moved back when it falls on a Saturday, because that would close the books' last day.
    """
    new_year = date(year, 1, 1)
    days = {
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        easter(year) - 2 * _DAY,
        _nth(year, 6, _MONDAY, 1) - 7 * _DAY,
        _observed(date(year, 7, 4)),
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 11, _THURSDAY, 4),
        _observed(date(year, 12, 25)),
    }
    if new_year.weekday() != _SATURDAY:
        days.add(_observed(new_year))
    if year >= 2022:
        days.add(_observed(date(year, 6, 19)))
    return frozenset(days)


def is_trading_day(day: date) -> bool:
    """The exchange opens on this day."""
    return day.weekday() < _SATURDAY and day not in market_holidays(day.year)


def trading_days_since(as_of: date, on: date) -> int:
    """Trading days after ``as_of`` up to and including ``on``; 0 when ``as_of`` is not in the past.

    Friday's close is 1 trading day old on Monday.
    """
    weeks, rest = divmod(max((on - as_of).days, 0), 7)
    start = as_of + timedelta(days=7 * weeks)
    weekdays = 5 * weeks + sum((start + _DAY * step).weekday() < _SATURDAY for step in range(1, rest + 1))
    years = range(as_of.year, on.year + 1)
    closed = sum(as_of < day <= on for year in years for day in market_holidays(year))
    return weekdays - closed


def after_business_days(moment: datetime, days: int) -> datetime:
    """The same time of day in New York so many trading days later: Friday 15:00 and one day is Monday 15:00.

    What happens on a day without trading counts from the beginning of the next trading day, so that nobody gets less
    than whole days: Saturday and one day is Tuesday 00:00. ``moment`` has a zone; so has the answer.
    """
    local = moment.astimezone(ZoneInfo(_ZONE))
    day, clock = local.date(), local.time()
    if not is_trading_day(day):
        day, clock = _next_trading_day(day), time.min
    for _ in range(days):
        day = _next_trading_day(day)
    return datetime.combine(day, clock, tzinfo=local.tzinfo)


def _next_trading_day(day: date) -> date:
    day += _DAY
    while not is_trading_day(day):
        day += _DAY
    return day
