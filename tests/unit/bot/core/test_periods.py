"""Where days, weeks and months begin, in the time zones that people live in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.model import Period
from bot.core.periods import period_end_ms, period_start_ms

HOUR = 3_600_000


def ms(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def shown(value: int, zone: str = "UTC") -> str:
    return datetime.fromtimestamp(value / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("day", "2026-11-22 00:00", "2026-11-23 00:00"),
        ("week", "2026-11-16 00:00", "2026-11-23 00:00"),
        ("month", "2026-11-01 00:00", "2026-12-01 00:00"),
    ],
)
def test_a_sunday_evening_belongs_to_the_week_of_its_monday(period: Period, start: str, end: str) -> None:
    now = ms("2026-11-22T23:59:59")
    assert shown(period_start_ms(period, now, "UTC")) == start
    assert shown(period_end_ms(period, now, "UTC")) == end


def test_the_day_begins_at_midnight_of_the_servers_zone() -> None:
    now = ms("2026-11-22T03:00:00")
    assert shown(period_start_ms("day", now, "America/New_York"), "America/New_York") == "2026-11-21 00:00"
    assert shown(period_start_ms("day", now, "Asia/Tokyo"), "Asia/Tokyo") == "2026-11-22 00:00"


def test_december_is_followed_by_january() -> None:
    assert shown(period_end_ms("month", ms("2026-12-31T12:00:00"), "UTC")) == "2027-01-01 00:00"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_days_of_the_clock_change_are_shorter_or_longer(day: str, hours: int) -> None:
    now = ms(f"{day}T12:00:00", "Europe/Berlin")
    length = period_end_ms("day", now, "Europe/Berlin") - period_start_ms("day", now, "Europe/Berlin")
    assert length == hours * HOUR


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_instant() -> None:
    # In Cairo the clock went from 24:00 to 01:00 in the night to 2024-04-26.
    now = ms("2024-04-26T12:00:00", "Africa/Cairo")
    start = period_start_ms("day", now, "Africa/Cairo")
    assert shown(start, "Africa/Cairo") == "2024-04-26 01:00"
    assert shown(start - 1, "Africa/Cairo") == "2024-04-25 23:59"


def test_a_midnight_that_comes_twice_counts_once() -> None:
    # In Havana the clock goes back from 01:00 to 00:00.
    first = ms("2026-11-01T00:30:00", "America/Havana")
    second = first + HOUR
    assert shown(first, "America/Havana") == shown(second, "America/Havana")
    assert period_start_ms("day", first, "America/Havana") == period_start_ms("day", second, "America/Havana")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "\x00"])
def test_an_unknown_zone_counts_as_utc(zone: str) -> None:
    now = ms("2026-11-22T10:00:00")
    assert period_start_ms("day", now, zone) == ms("2026-11-22T00:00:00")
