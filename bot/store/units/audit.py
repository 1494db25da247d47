"""The unit behind `talkreel audit`: recomputes every balance from the transfers and the jobs, and compares.

Reads only. Each thing that does not fit becomes one sentence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.core import ledger
from bot.core.lifecycle import TERMINAL
from bot.core.records import AuditReport
from bot.store import rows
from bot.store.unit import Row, Rows, Unit, first

_WindowKey = tuple[str, str, int]
_CREDITS = ("paid", "free")


@dataclass
class _Expected:
    """What the windows should say, from the jobs; a member's use is known from the transfers instead."""

    held: Counter[_WindowKey] = field(default_factory=Counter)
    used: Counter[_WindowKey] = field(default_factory=Counter)
    open_jobs: int = 0
    on_hold: dict[str, int] = field(default_factory=dict)


def audit(day_start_ms: int, month_start_ms: int) -> Unit[AuditReport]:
    """Prove the books, or say what is wrong with them."""
    count = yield from _total("audit_count", {})
    accounts = yield "audit_accounts", {}
    balances = {(row["name"], row["purse"]): int(row["balance"]) for row in accounts}
    jobs = yield "audit_jobs", {}
    expected = _expect(jobs)
    expenses = yield "audit_expenses", {}
    for row in expenses:
        for take in rows.load_takes(row["takes"]):
            expected.used[take.scope, take.unit, take.start_ms] += take.amount
    problems: list[str] = []
    total = sum(balances.values())
    if total:
        problems.append(f"The accounts sum to {total} instead of 0.")
    problems += _floors(balances)
    cached = yield "audit_cached_accounts", {}
    problems += _grants(balances, cached)
    windows = yield "audit_windows", {}
    problems += _windows(balances, expected, windows)
    holds = yield "audit_open_holds", {}
    problems += _holds(expected, holds)
    wrong = yield "audit_wrong_endings", {}
    problems += [f"Transfer {row['id']} does not fit the hold {row['resolves']} it ends." for row in wrong]
    day = yield from _total("audit_cost", {"since_ms": day_start_ms})
    month = yield from _total("audit_cost", {"since_ms": month_start_ms})
    return AuditReport(
        transfers=count,
        sum=total,
        held=_sum_of(balances, "held:"),
        settled=_sum_of(balances, "spent:"),
        cost_day_micro_usd=day,
        cost_month_micro_usd=month,
        open_jobs=expected.open_jobs,
        problems=tuple(problems),
    )


def _total(name: str, parameters: dict[str, int]) -> Unit[int]:
    row = yield from first(name, parameters)
    return 0 if row is None else int(row["total"])


def _sum_of(balances: dict[tuple[str, str], int], prefix: str) -> int:
    return sum(amount for (name, _), amount in balances.items() if name.startswith(prefix))


def _expect(jobs: Rows) -> _Expected:
    expected = _Expected()
    for row in jobs:
        expected.open_jobs += row["state"] not in TERMINAL
        if row["money"] == "held":
            expected.on_hold[row["id"]] = row["credits"]
        _expect_windows(expected, row)
    return expected


def _expect_windows(expected: _Expected, row: Row) -> None:
    for index, take in enumerate(rows.load_takes(row["takes"])):
        key = (take.scope, take.unit, take.start_ms)
        if take.unit == "usd":
            expected.held[key] += take.amount if row["budget"] == "held" else 0
            expected.used[key] += take.amount if row["budget"] == "used" else 0
        elif row["money"] == "held":
            expected.held[key] += take.amount
        elif row["money"] == "settled" and take.unit in _CREDITS and index > 0:
            expected.used[key] += take.amount - min(row["credits"] - row["charged"], take.amount)


def _floors(balances: dict[tuple[str, str], int]) -> list[str]:
    return [
        f"The account {name} ({purse}) is below zero: {amount}."
        for (name, purse), amount in balances.items()
        if amount < 0 and not name.startswith(("issue:", "window:"))
    ] + [
        f"The account {name} ({purse}) is above zero: {amount}; more was returned than taken."
        for (name, purse), amount in balances.items()
        if amount > 0 and name.startswith(("issue:", "window:"))
    ]


def _grants(balances: dict[tuple[str, str], int], cached: Rows) -> list[str]:
    kept = {(row["name"], row["purse"]): int(row["balance"]) for row in cached}
    names = kept.keys() | {key for key in balances if ledger.is_grant(key[0])}
    return [
        f"The account {name} ({purse}) says {kept.get((name, purse), 0)}, "
        f"its transfers say {balances.get((name, purse), 0)}."
        for name, purse in sorted(names)
        if kept.get((name, purse), 0) != balances.get((name, purse), 0)
    ]


def _windows(balances: dict[tuple[str, str], int], expected: _Expected, windows: Rows) -> list[str]:
    kept = {
        (row["scope"], row["unit"], row["start_ms"]): (int(row["held"]), int(row["used"])) for row in windows
    }
    for (name, _), amount in balances.items():
        if name.startswith("window:"):
            scope, unit, start = name.removeprefix("window:").rsplit(":", 2)
            key = (scope, unit, int(start))
            expected.used[key] -= amount + expected.held[key]
    problems = []
    for key in sorted(kept.keys() | expected.held.keys() | expected.used.keys()):
        held, used = kept.get(key, (0, 0))
        if held != expected.held[key] or used != expected.used[key]:
            problems.append(
                f"The window {key[0]} ({key[1]}, from {key[2]}) says {held} held and {used} used; "
                f"jobs and transfers say {expected.held[key]} and {expected.used[key]}."
            )
    return problems


def _holds(expected: _Expected, holds: Rows) -> list[str]:
    """Every open hold belongs to a job that is on hold, for exactly its price."""
    found: Counter[str] = Counter()
    problems = []
    for row in holds:
        found[row["job_id"]] += row["amount"]
        if row["job_id"] not in expected.on_hold:
            problems.append(f"The hold {row['id']} belongs to no job that waits for it ({row['job_id']}).")
    problems += [
        f"The job {job} should have {credits} credits on hold, it has {found[job]}."
        for job, credits in expected.on_hold.items()
        if found[job] != credits
    ]
    return problems
