"""The whole bot in a process of its own, against a fake chat and a fake vendor, that can be killed anywhere.

`python -m tests.e2e.bot_process '{"data": …, "chat": …, …}'` carries out one command as a member (once:
the request key is fixed), goes on with every open job, and ends with a JSON line about the job. A `kill`
point makes the process send itself SIGKILL when the engine comes by.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot.app import App, open_app
from bot.core.desk import Attachment
from bot.core.lifecycle import TERMINAL
from bot.core.model import Actor, Destination, Person, PlatformLimits
from bot.core.records import Rule
from bot.core.wording import load_wording
from bot.core.work.workshop import Pace
from bot.settings import read_settings
from tests.fakes.chat_outbox import ChatOutbox

SERVER = "discord:100"
REQUEST = "interaction-1"
PACE = Pace(
    call_seconds=5.0,
    fetch_seconds=20.0,
    lookups=(0.1, 0.4, 0.8),
    backoff=(0.05, 0.1, 0.2),
    late_every_seconds=0.1,
)


def member(name: str = "ada") -> Actor:
    """A plain member of the server."""
    return Actor(
        person=Person(platform="discord", id=name, name=name.title()),
        server=SERVER,
        server_name="Film club",
        channel="discord:general",
    )


def place(upload_bytes: int = 10_485_760) -> Destination:
    """The thread where the command was given."""
    limits = PlatformLimits(upload_bytes=upload_bytes, edits_every_seconds=0.05)
    return Destination(platform="discord", channel="general", thread="t1", limits=limits)


async def allow(app: App, *, credits: int = 10_000, at_once: int | None = None) -> None:
    """The operator allots credits, the admin lets everybody use them."""
    await app.store.set_rule(
        Rule(server=SERVER, kind="allotment", credits=credits, period="month"), actor="operator"
    )
    await app.store.set_rule(
        Rule(server=SERVER, kind="everybody", credits=credits, period="day", at_once=at_once), actor="admin"
    )


async def live(wish: dict[str, Any]) -> dict[str, Any]:
    """One life of the bot: carry out the command if it was not, then finish every open job."""
    kill = wish.get("kill", "")

    def trace(point: str, job: str) -> None:
        if point == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = read_settings()
    outbox = ChatOutbox(wish["chat"], load_wording())
    try:
        async with open_app(
            settings, outboxes={"discord": outbox}, pace=PACE, trace=trace, sweep_seconds=0.5
        ) as app:
            await allow(app)
            wallet = await app.store.wallet(member().person.key, "Ada")
            jobs = await app.store.jobs_of(wallet, limit=10)
            if not jobs:
                trace("before_reserve", "")
                note = Path(wish["audio"]) if wish.get("audio") else None
                reply = await app.dispatch.command(
                    member(),
                    "generate",
                    wish["options"],
                    destination=place(),
                    request_key=REQUEST,
                    attachments={"audio": [Attachment(path=note, name=note.name)]} if note else {},
                )
                if "quote" in reply.facts:
                    reply = await app.dispatch.press(
                        member(), "confirm", reply.facts["quote"], destination=place(), request_key=REQUEST
                    )
                trace("after_reserve", reply.job)
                jobs = await app.store.jobs_of(wallet, limit=10)
                if not jobs:
                    return {"reply": [app.wording.say(line, "en") for line in reply.lines]}
            async with asyncio.timeout(60):
                job = await app.engine.finished(jobs[0].id)
            report = await app.store.audit(day_start_ms=0, month_start_ms=0)
            return {
                "jobs": len(jobs),
                "job": job.id,
                "state": job.state,
                "ended": job.state in TERMINAL,
                "outcome": job.outcome,
                "money": job.money,
                "charged": job.charged,
                "credits": job.plan.credits,
                "problems": list(report.problems),
                "sum": report.sum,
                "held": report.held,
                "cost_micro_usd": report.cost_day_micro_usd,
                "blob": bool(job.clip) and app.blobs.path(job.clip.blob if job.clip else "").exists(),
                "scratch": sorted(p.name for p in (Path(settings.data_dir) / "scratch").glob("*")),
            }
    finally:
        await outbox.close()


def main() -> None:
    """One life, told by the first argument."""
    sys.stdout.write(json.dumps(asyncio.run(live(json.loads(sys.argv[1])))) + "\n")


if __name__ == "__main__":
    main()
