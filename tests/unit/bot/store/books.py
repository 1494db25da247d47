"""Jobs, takes and clips for tests of the store."""

from __future__ import annotations

from bot.core.ledger import grant_account
from bot.core.model import Clip, Destination, Job, MediaInfo, Plan, Purse, SoundCheck, Take, Text, Wish
from providers.base import VideoRequest

SERVER = "discord:9"
DAY_MS = 86_400_000
CLIP = Clip(
    blob="a" * 64,
    original="b" * 64,
    poster="",
    info=MediaInfo(kind="video", mime="video/mp4", container="mp4", size_bytes=10, seconds=8.0),
    sound=SoundCheck(verdict="ok", loudness_lufs=-16.0),
    sound_path="native",
    details={"seed": "7"},
)


def a_job(
    name: str = "j1",
    *,
    wallet: str = "w1",
    credits: int = 7,
    cost: int = 70_000,
    purse: Purse = "paid",
    request_key: str = "",
    created_ms: int = 0,
    server: str = SERVER,
) -> Job:
    """A job that has not been reserved yet."""
    plan = Plan(
        route="acme/acme-2",
        provider="acme",
        model="acme-2",
        model_name="Acme 2",
        request=VideoRequest(model="acme-2", prompt="a fox sings", seconds=8),
        sound_path="native",
        purse=purse,
        credits=credits,
        sound_credits=min(2, credits),
        cost_micro_usd=cost,
        price_rows=("720p",),
        lost="key",
        billed_when_moderated=False,
        deadline_seconds=900,
        keep_seconds=3600,
        adjustments=(Text(key="shorter", facts={"seconds": 8}),),
    )
    return Job(
        id=name,
        request_key=request_key or f"request-{name}",
        wallet=wallet,
        person=f"discord:{wallet}",
        server=server,
        destination=Destination(platform="discord", channel="c1", extra={"guild": "9"}),
        wish=Wish(prompt="a fox sings"),
        plan=plan,
        state="queued",
        created_ms=created_ms,
    )


def takes_for(
    job: Job,
    *,
    member: int | None = 10,
    pool: int | None = 100,
    budget: int | None = 1_000_000,
    at_once: int | None = 3,
    start_ms: int = 0,
    renews_ms: int = 0,
) -> tuple[Take, ...]:
    """What a job takes: the member's own window, the server's pool, the operator's budget, a slot."""
    price, purse = job.plan.credits, job.plan.purse
    period = {"start_ms": start_ms, "renews_ms": renews_ms}
    return (
        Take(scope=f"member:{job.server}:{job.wallet}", unit=purse, cap=member, amount=price, **period),
        Take(scope=f"server:{job.server}", unit=purse, cap=pool, amount=price, **period),
        Take(scope="budget", unit="usd", cap=budget, amount=job.plan.cost_micro_usd, **period),
        Take(scope=f"active:{job.server}:{job.wallet}", unit="jobs", start_ms=0, cap=at_once, amount=1),
    )


def grants_of(job: Job) -> str:
    """The granted credits that may pay for a job."""
    return grant_account(job.server, job.wallet)
