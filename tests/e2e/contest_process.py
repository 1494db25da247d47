"""One life of a bot that compares four models, in a process of its own that can be killed anywhere.

`python -m tests.e2e.contest_process '{"chat": …, "kill": …}'` begins the comparison if there is none, goes
on until it is voted on, ends the vote, and tells with a JSON line how it came out.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot.app import open_app
from bot.core.compare import Contest
from bot.core.ports import Store
from bot.core.wording import load_wording
from bot.settings import read_settings
from tests.e2e.bot_process import PACE, allow, member, place
from tests.e2e.quick_cut import quick_cut
from tests.fakes.chat_outbox import ChatOutbox

# None whose lost order is lost for good: the kill meets several in their submit at once.
MODELS = "scripted-native, scripted-native-lookup, scripted-third, scripted-second"


async def live(wish: dict[str, Any]) -> dict[str, Any]:
    """Begin or go on; end the vote; tell."""

    def trace(point: str, job: str) -> None:
        if point == wish["kill"]:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = read_settings()
    outbox = ChatOutbox(wish["chat"], load_wording())
    try:
        async with open_app(
            settings, outboxes={"discord": outbox}, pace=PACE, trace=trace, sweep_seconds=0.5
        ) as app:
            await allow(app)
            wallet = await app.store.wallet(member().person.key, "Ada")
            if not await app.store.jobs_of(wallet, limit=1):
                options = {"prompt": "a door slams", "models": MODELS}
                say = {"destination": place(), "request_key": "i1"}
                quote = await app.dispatch.command(member(), "compare", options, **say)  # type: ignore[arg-type]
                target = quote.facts["quote"]
                say["request_key"] = "i2"
                await app.dispatch.press(member(), "confirm", target, **say)  # type: ignore[arg-type]
            jobs = await app.store.jobs_of(wallet, limit=9)
            contest = await _until(app.store, jobs[0].request_key.split(":")[1], "voting")
            await app.dispatch.press(member(), "end-vote", contest.id, destination=place(), request_key="i3")
            contest = await _until(app.store, contest.id, "revealed")
            jobs = await app.store.jobs_of(wallet, limit=9)
            report = await app.store.audit(day_start_ms=0, month_start_ms=0)
            return {
                "jobs": len(jobs),
                "charged": sorted(job.charged for job in jobs),
                "ends": sorted(f"{job.plan.model} {job.state} {job.outcome}" for job in jobs),
                "letters": contest.letters,
                "problems": list(report.problems),
                "sum": report.sum,
                "held": report.held,
                "settled": report.settled,
                "scratch": sorted(p.name for p in (Path(settings.data_dir) / "scratch").glob("*")),
            }
    finally:
        await outbox.close()


async def _until(store: Store, id: str, state: str) -> Contest:
    async with asyncio.timeout(60):
        while True:
            contest = await store.contest(id)
            if contest is not None and contest.state in (state, "revealed"):
                return contest
            await asyncio.sleep(0.02)


def main() -> None:
    """One life, told by the first argument."""
    with quick_cut():
        sys.stdout.write(json.dumps(asyncio.run(live(json.loads(sys.argv[1])))) + "\n")


if __name__ == "__main__":
    main()
