"""Where the periods of limits begin and end: day, week and month in a server's time zone. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.core.model import Period


def period_start_ms(period: Period, now_ms: int, time_zone: str) -> int:
    """When the running day, week (from Monday) or month began: its first instant in that time zone.

    An unknown zone counts as UTC. Where midnight is skipped or repeated by daylight saving, the day
    begins with the first instant that bears its date.
    """
    zone = _zone(time_zone)
    return _midnight_ms(_first_day(period, _local_date(now_ms, zone)), zone)


def period_end_ms(period: Period, now_ms: int, time_zone: str) -> int:
    """When the next period begins; always later than `now_ms`."""
    zone = _zone(time_zone)
    first = _first_day(period, _local_date(now_ms, zone))
    if period == "day":
        following = first + timedelta(days=1)
    elif period == "week":
        following = first + timedelta(days=7)
    elif period == "month":
        following = (first + timedelta(days=31)).replace(day=1)
    else:
        assert_never(period)
    return _midnight_ms(following, zone)


def last_days(count: int, now_ms: int, time_zone: str) -> tuple[tuple[date, int], ...]:
    """The last days up to today with the instant each began, the oldest first."""
    zone = _zone(time_zone)
    today = _local_date(now_ms, zone)
    days = (today - timedelta(days=back) for back in range(count - 1, -1, -1))
    return tuple((day, _midnight_ms(day, zone)) for day in days)


def _first_day(period: Period, day: date) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _local_date(now_ms: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(now_ms // 1000, zone).date()


def _midnight_ms(day: date, zone: tzinfo) -> int:
    # fold=0: of two midnights the first; a skipped one is read with the offset before the jump, which
    # is the very instant of the jump.
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000
