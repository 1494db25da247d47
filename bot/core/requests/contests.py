"""From a wish and several models to a comparison: one quote with every leg's price, one confirmation, one
hold for all or none. It shows nothing and counts no votes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random, SystemRandom
from typing import Any, Final, Literal

from bot.core.compare import LETTERS, QUESTIONS, Contest, Leg, leg_key
from bot.core.desk import Desk
from bot.core.errors import Denied
from bot.core.limits import limits_for
from bot.core.model import Destination, Job, Purse, Take, Text, Wish
from bot.core.planner import named_models, plan_together
from bot.core.quota import grant_account
from bot.core.records import Pending
from bot.core.replies import Button, Reply
from bot.core.requests.asking import OFFER_MINUTES, new_id
from bot.core.requests.call import Call, Place, context_in, place_of
from bot.core.requests.consent import concerns_voice, confirmed_by_sending, keep_consent
from bot.core.requests.dialogue import as_heard
from bot.core.requests.ordering import Quote, agreed_of, destination_of, quote_of, words_button
from bot.core.wishes import wish_to_plain

_PURSES: Final[tuple[Purse, ...]] = ("paid", "free")
_CHANCE: Final = SystemRandom()


@dataclass(frozen=True, kw_only=True)
class _Set:
    """All legs with their quotes, in the order in which the models were named."""

    id: str
    wish: Wish
    models: tuple[str, ...]
    hours: int
    seconds: int
    quotes: tuple[Quote, ...]
    differences: tuple[Text, ...]

    def price(self, purse: Purse) -> int:
        """What all legs cost together in one purse."""
        return sum(one.plan.credits for one in self.quotes if one.plan.purse == purse)


async def compare(
    desk: Desk, call: Call, wish: Wish, models: str, hours: int, *, agreed: Mapping[str, Any] | None = None
) -> Reply:
    """Quote a comparison; what was `agreed` begins, anything else is asked again.

    Args:
        desk: the ports.
        call: who asks.
        wish: what is asked for; its model means nothing.
        models: names of models, with commas between.
        hours: how long the vote is open.
        agreed: what Confirm stands for; None = nothing was confirmed yet.

    Raises:
        Refusal: nothing was charged.
    """
    place = await place_of(desk, call.actor, call.wallet)
    found = await _quoted(desk, call, place, wish, models, hours)
    _require_credits(found)
    if agreed is None or dict(agreed) != _agreed(found):
        return await _offer(desk, call, found, changed=agreed is not None)
    return await _begin(desk, call, place, found)


async def _quoted(desk: Desk, call: Call, place: Place, wish: Wish, said: str, hours: int) -> _Set:
    context = context_in(desk, place.around)
    models = named_models(said, context)
    together = plan_together(wish, models, context)
    quotes: list[Quote] = []
    for asked in together.wishes:
        key, one = new_id(), as_heard(asked, quotes[0].wish) if quotes else asked
        try:
            quotes.append(await quote_of(desk, call, one, key))
        finally:
            if one.media:
                await desk.blobs.discard_scratch(key)
    return _Set(
        id=new_id(),
        wish=as_heard(wish, quotes[0].wish) if quotes else wish,
        models=tuple(model.id for model in models),
        hours=hours,
        seconds=together.seconds,
        quotes=tuple(quotes),
        differences=together.differences,
    )


def _require_credits(found: _Set) -> None:
    """Refuse early what the reserve would refuse anyway: each leg alone was looked at already.

    Raises:
        Denied: `compare_no_credits`, `compare_pool_empty`.
    """
    for purse in _PURSES:
        total = found.price(purse)
        standing = next((one.standing for one in found.quotes if one.plan.purse == purse), None)
        if standing is None:
            continue
        own = None if standing.left is None else standing.left + standing.grants
        if own is not None and own < total:
            raise Denied("compare_no_credits", price=total, have=own, missing=total - own)
        for pool in standing.pools:
            if pool.left < total:
                raise Denied("compare_pool_empty", price=total, scope=pool.kind, have=pool.left)


# ---------------------------------------------------------------------------------------------
# The quote


async def _offer(desk: Desk, call: Call, found: _Set, *, changed: bool) -> Reply:
    await desk.store.put_pending(
        Pending(
            id=found.id,
            wallet=call.wallet,
            kind="compare",
            payload={
                "wish": wish_to_plain(found.wish),
                "models": ", ".join(found.models),
                "hours": found.hours,
                "agreed": _agreed(found),
            },
            expires_ms=desk.clock.now_ms() + OFFER_MINUTES * 60_000,
        )
    )
    paid = found.price("paid")
    have = next((one.standing.have for one in found.quotes if one.plan.purse == "paid"), None)
    facts = {"count": len(found.quotes), "seconds": found.seconds}
    lines = [
        *((Text(key="quote.price_changed"),) if changed else ()),
        Text(key="compare.quote", facts=facts),
        *found.differences,
        *(line for one in found.quotes for line in _leg_lines(one)),
        *((confirmed_by_sending(),) if concerns_voice(found.wish) else ()),
        _total(found),
        *((Text(key="quote.balance_paid", facts={"have": have}),) if paid and have is not None else ()),
        Text(key="compare.blind", facts={"hours": found.hours}),
        Text(key="quote.valid", facts={"minutes": OFFER_MINUTES}),
    ]
    label = Text(key="button.confirm" if paid else "button.confirm_free", facts={"credits": _all(found)})
    return Reply(
        kind="quote",
        lines=tuple(lines),
        buttons=(
            Button(action="confirm", target=found.id, label=label),
            *words_button(found.wish, found.id),
            Button(action="dismiss", target=found.id, label=Text(key="button.dismiss")),
        ),
        private=True,
        facts={**_agreed(found), "quote": found.id, "changed": changed, "total": _all(found)},
    )


def _leg_lines(quote: Quote) -> Iterable[Text]:
    made = quote.plan
    yield Text(
        key=f"compare.leg_{made.purse}",
        facts={
            "model": made.model_name,
            "resolution": made.request.resolution,
            "aspect": made.request.aspect,
            "sound": made.sound_path,
            "credits": made.credits,
        },
    )
    heard = [recording.said() for recording in quote.recordings]
    for text in (*made.adjustments, *heard, *made.notes):
        yield Text(key="compare.leg_note", facts={"note": text})


def _total(found: _Set, key: Literal["total", "held"] = "total") -> Text:
    paid, free = found.price("paid"), found.price("free")
    if not paid:
        return Text(key="compare.held_free" if key == "held" else "compare.total_free", facts={"free": free})
    return Text(key=f"compare.{key}", facts={"paid": paid, "free": free})


def _all(found: _Set) -> int:
    return found.price("paid") or found.price("free")


def _agreed(found: _Set) -> dict[str, Any]:
    """What Confirm stands for: each leg's price, model and shape, and how long the vote is open."""
    return {"legs": [agreed_of(one) for one in found.quotes], "hours": found.hours}


# ---------------------------------------------------------------------------------------------
# The hold


async def _begin(desk: Desk, call: Call, place: Place, found: _Set) -> Reply:
    to = destination_of(call, place.server)
    letters = lots(len(found.quotes))
    pairs = sorted(zip(letters, found.quotes, strict=True), key=lambda pair: pair[0])
    contest = Contest(
        id=found.id,
        wallet=call.wallet,
        person=call.actor.person.key,
        server=call.actor.server,
        destination=to,
        wish=found.wish,
        legs=tuple(_leg(letter, quote) for letter, quote in pairs),
        questions=QUESTIONS if any(one.plan.sound_path != "silent" for one in found.quotes) else ("overall",),
        seconds=found.seconds,
        hours=found.hours,
        created_ms=desk.clock.now_ms(),
        limit_bytes=to.limits.upload_bytes,
    )
    jobs = [_reserved(desk, call, place, contest, to, letter, quote) for letter, quote in pairs]
    try:
        reserved = await desk.store.reserve_contest(contest, jobs)
    except Denied as denied:
        raise _of_all(denied, found) from None
    for job in reserved:
        await keep_consent(desk, call, found.wish, job)
        desk.jobs.start(job)
    desk.contests.wake()
    return Reply(
        kind="notice",
        lines=(
            Text(key="compare.begun", facts={"count": len(jobs), "id": contest.id}),
            _total(found, "held"),
        ),
        private=call.destination.private,
        facts={"contest": contest.id, "total": _all(found)},
    )


def _of_all(denied: Denied, found: _Set) -> Denied:
    """What one leg lacks is said of the whole: nothing of it was held."""
    have = denied.facts.get("have", 0)
    if denied.code == "no_credits":
        return Denied("compare_no_credits", price=_all(found), have=have, missing=denied.facts["missing"])
    if denied.code == "pool_empty":
        pool = str(denied.facts["scope"]).partition(":")[0]
        return Denied("compare_pool_empty", price=_all(found), scope=pool, have=have)
    return denied


def lots(count: int, chance: Random = _CHANCE) -> list[str]:
    """Letters for so many models, drawn by lot."""
    letters = list(LETTERS[:count])
    chance.shuffle(letters)
    return letters


def _leg(letter: str, quote: Quote) -> Leg:
    made = quote.plan
    return Leg(
        letter=letter,
        job=quote.id,
        model=made.model,
        model_name=made.model_name,
        credits=made.credits,
        purse=made.purse,
    )


def _reserved(
    desk: Desk, call: Call, place: Place, contest: Contest, to: Destination, letter: str, quote: Quote
) -> tuple[Job, Sequence[Take], str]:
    made, now = quote.plan, desk.clock.now_ms()
    windows = _with_room(desk, call, place, made.purse, len(contest.legs), quote.windows)
    job = Job(
        id=quote.id,
        request_key=leg_key(contest.id, letter),
        wallet=call.wallet,
        person=call.actor.person.key,
        server=call.actor.server,
        destination=to,
        wish=replace(quote.wish, heard=False),
        plan=made,
        state="queued",
        windows=windows,
        cost_micro_usd=made.cost_micro_usd,
        created_ms=now,
        updated_ms=now,
    )
    return job, windows, grant_account(call.actor, call.wallet, made.purse)


def _with_room(
    desk: Desk, call: Call, place: Place, purse: Purse, legs: int, windows: Sequence[Take]
) -> tuple[Take, ...]:
    """Where nobody set how many clips may be made at once, a comparison may go up to its own size."""
    limits = limits_for(call.actor, place.rules, desk.house, purse)
    if limits.sources["at_once"] != "house":
        return tuple(windows)
    return tuple(
        replace(take, cap=max(take.cap, legs)) if take.unit == "jobs" and take.cap else take
        for take in windows
    )
