"""From a wish to a held job, or to a quote that asks first: plan → price → hold → job. It makes no clip.

Money moves in `Store.reserve` alone. A quote holds nothing; Confirm plans again and asks again if the
price has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.desk import Desk
from bot.core.errors import Denied, Refusal
from bot.core.limits import allotment, draws_on_budget
from bot.core.model import CONSOLE, DIRECT, Destination, Job, Plan, Take, Text, Wish
from bot.core.planner import needs_confirm, plan
from bot.core.quota import Standing, grant_account, takes
from bot.core.records import Pending, Server
from bot.core.replies import Button, ProgressView, Reply
from bot.core.requests.asking import OFFER_MINUTES, new_id
from bot.core.requests.balance import standing_of
from bot.core.requests.call import Call, Place, context_in, place_of
from bot.core.requests.consent import concerns_voice, confirmed_by_sending, keep_consent
from bot.core.requests.dialogue import unheard, with_words
from bot.core.requests.pictures import fit_pictures
from bot.core.requests.quoted import with_vendors_price
from bot.core.requests.reception import Recording, convert, require_heard, with_recordings
from bot.core.setup import forbidden_word
from bot.core.sounds import VoiceOrder
from bot.core.wishes import wish_to_plain


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A plan with its converted recordings, what it takes, and what the person may still spend."""

    id: str
    wish: Wish
    plan: Plan
    recordings: tuple[Recording, ...]
    standing: Standing
    windows: tuple[Take, ...]
    server: Server


async def order(desk: Desk, call: Call, wish: Wish, *, agreed: Mapping[str, Any] | None = None) -> Reply:
    """Quote a known wish. What was `agreed` runs at once; anything else is asked again.

    Raises:
        Refusal: nothing was charged.
    """
    call = await _whispered(desk, call, wish)
    key = new_id()
    try:
        quote = await quote_of(desk, call, wish, key)
    finally:
        if wish.media or wish.sound_for is not None:
            await desk.blobs.discard_scratch(key)
    if agreed is None and needs_confirm(quote.plan, desk.house):
        return await _offer(desk, call, quote)
    if agreed is not None and dict(agreed) != agreed_of(quote):
        return await _offer(desk, call, quote, changed=True)
    return await _run(desk, call, quote)


def _as_set_up(call: Call, server: Server, wish: Wish) -> None:
    """Refuse what the admins of a server do not want there.

    Raises:
        Denied: `wrong_channel`.
        Refusal: `word_not_allowed`.
    """
    channels = server.settings.get("channels", ())
    if channels and call.actor.channel not in channels:
        raise Denied("wrong_channel", channels=tuple(str(one).partition(":")[2] for one in channels))
    said = (wish.prompt, wish.words, wish.negative, *(shot.prompt for shot in wish.shots))
    word = forbidden_word(server, said)
    if word:
        raise Refusal("word_not_allowed", word=word)


def destination_of(call: Call, server: Server) -> Destination:
    """Where the clip goes, as the admins of the server want it shown."""
    to = call.destination
    if to.private:
        return to
    language = str(server.settings.get("language") or to.language)
    return replace(to, spoiler=to.spoiler or bool(server.settings.get("spoiler")), language=language)


async def _whispered(desk: Desk, call: Call, wish: Wish) -> Call:
    """The same, with the clip going to the person's own chat where that was asked for.

    Raises:
        Refusal: `whispers_closed`.
    """
    if not wish.private or call.destination.private or call.actor.server in (DIRECT, CONSOLE):
        return call
    to = await desk.chats.reach(call.actor.person.key)
    if to is None:
        raise Refusal("whispers_closed")
    return replace(call, destination=replace(to, private=True, language=call.destination.language))


async def quote_of(desk: Desk, call: Call, wish: Wish, key: str) -> Quote:
    """What a wish costs whoever asks; files are converted in the scratch folder `key`. Holds nothing.

    Raises:
        Refusal: it cannot be met, or paid.
    """
    place = await place_of(desk, call.actor, call.wallet)
    _as_set_up(call, place.server, wish)
    made, standing = await _planned(desk, call, place, wish)
    if unheard(wish):  # only now: whoever cannot pay for the clip costs the operator no transcript
        wish = await with_words(desk, call, wish)
        _as_set_up(call, place.server, wish)
        made, standing = await _planned(desk, call, place, wish)
    windows = takes(
        actor=call.actor,
        wallet=call.wallet,
        server=place.server,
        rules=place.rules,
        house=desk.house,
        purse=made.purse,
        credits=made.credits,
        cost_micro_usd=made.cost_micro_usd,
        now_ms=desk.clock.now_ms(),
    )
    made = await fit_pictures(desk, made, key=key)
    recordings = await convert(desk, made, key=key)
    await require_heard(desk, made, wish.media, key=key)
    return Quote(
        id=key,
        wish=wish,
        plan=with_recordings(made, recordings, wish.audio_as),
        recordings=recordings,
        standing=standing,
        windows=windows,
        server=place.server,
    )


async def _planned(desk: Desk, call: Call, place: Place, wish: Wish) -> tuple[Plan, Standing]:
    """The plan at its vendor's price, and how the person stands with the purse that pays for it.

    Raises:
        Refusal: it cannot be made. Denied: it cannot be paid.
    """
    standing = await standing_of(desk, place, call.actor, call.wallet, "paid")
    made = plan(wish, context_in(desk, place.around, paid_ok=standing.have != 0))
    made = await with_vendors_price(desk, made)
    if made.purse == "free":
        standing = await standing_of(desk, place, call.actor, call.wallet, "free")
    _require_credits(call, place, made, standing)
    return made, standing


async def not_blocked(desk: Desk, call: Call) -> None:
    """Refuse somebody who may not make clips here.

    Raises:
        Denied: `blocked`, `paused`.
    """
    found = await desk.store.blocked(call.actor.server, call.wallet, desk.clock.now_ms())
    if found is None:
        return
    if found.reason == "pause":
        raise Denied("paused", until_ms=found.until_ms)
    raise Denied("blocked", until_ms=found.until_ms, reason=found.reason)


def _require_credits(call: Call, place: Place, made: Plan, standing: Standing) -> None:
    """Refuse early what the reserve would refuse anyway, before a recording is converted.

    Raises:
        Denied: `no_allotment`, `no_credits`, `no_credits_free`, `pool_empty`.
    """
    if made.purse == "paid" and not draws_on_budget(call.actor):
        if not allotment(call.actor.server, place.rules).credits:
            raise Denied("no_allotment", server=call.actor.server)
    rule = _rule(standing)
    own = None if standing.left is None else standing.left + standing.grants
    if own is not None and own < made.credits:
        renews = standing.renews_ms if standing.cap else 0
        raise _priced(
            Denied("no_credits", have=own, missing=made.credits - own, renews_ms=renews, rule=rule), made
        )
    for pool in standing.pools:
        if pool.left < made.credits:
            missing = made.credits - pool.left
            raise _priced(
                Denied(
                    "pool_empty", scope=pool.kind, have=pool.left, missing=missing, renews_ms=pool.renews_ms
                ),
                made,
            )


def _rule(standing: Standing) -> str | None:
    """Whose limit it is, where somebody set one."""
    return None if standing.source == "house" else f"rule_{standing.source}"


def _priced(denied: Denied, made: Plan) -> Denied:
    code = "no_credits_free" if denied.code == "no_credits" and made.purse == "free" else denied.code
    facts: dict[str, Any] = {"price": made.credits, "model": made.model_name, **denied.facts}
    return Denied(code, **facts)


# ---------------------------------------------------------------------------------------------
# From the quote to the job


async def _offer(desk: Desk, call: Call, quote: Quote, *, changed: bool = False) -> Reply:
    await desk.store.put_pending(
        Pending(
            id=quote.id,
            wallet=call.wallet,
            kind="generate",
            payload={"wish": wish_to_plain(quote.wish), "agreed": agreed_of(quote)},
            expires_ms=desk.clock.now_ms() + OFFER_MINUTES * 60_000,
        )
    )
    made = quote.plan
    paid = made.purse == "paid"
    lines = [*((Text(key="quote.price_changed"),) if changed else ()), *said_of(quote)]
    price = made.purse if made.credits else "nothing"
    lines.append(Text(key=f"quote.price_{price}", facts={"credits": made.credits}))
    if quote.standing.have is not None:
        lines.append(Text(key=f"quote.balance_{made.purse}", facts={"have": quote.standing.have}))
    lines.append(Text(key="quote.valid", facts={"minutes": OFFER_MINUTES}))
    label = Text(key="button.confirm" if paid else "button.confirm_free", facts={"credits": made.credits})
    return Reply(
        kind="quote",
        lines=tuple(lines),
        buttons=(
            Button(action="confirm", target=quote.id, label=label),
            *words_button(quote.wish, quote.id),
            Button(action="dismiss", target=quote.id, label=Text(key="button.dismiss")),
        ),
        private=True,
        facts=_facts(quote) | {"quote": quote.id, "changed": changed},
    )


def words_button(wish: Wish, quote: str) -> tuple[Button, ...]:
    """What was heard can be put right before it is bought."""
    if not wish.words:
        return ()
    return (Button(action="words", target=quote, label=Text(key="button.words")),)


async def _run(desk: Desk, call: Call, quote: Quote) -> Reply:
    made, now = quote.plan, desk.clock.now_ms()
    wanted = Job(
        id=quote.id,
        request_key=call.request_key,
        wallet=call.wallet,
        person=call.actor.person.key,
        server=call.actor.server,
        destination=destination_of(call, quote.server),
        wish=replace(quote.wish, heard=False),
        plan=made,
        state="queued",
        windows=quote.windows,
        cost_micro_usd=made.cost_micro_usd,
        created_ms=now,
        updated_ms=now,
    )
    try:
        job = await desk.store.reserve(
            wanted, quote.windows, grant_account=grant_account(call.actor, call.wallet, made.purse)
        )
    except Denied as denied:
        if denied.code == "budget_spent" and call.actor.operator:
            denied.facts["short"] = f"{denied.facts['missing'] / 1_000_000:.2f}"
        if denied.code == "no_credits":
            denied.facts["rule"] = _rule(quote.standing)
        raise _priced(denied, made) from None
    await keep_consent(desk, call, quote.wish, job)
    desk.jobs.start(job)
    return Reply(
        kind="progress",
        lines=(*said_of(replace(quote, id=job.id, plan=job.plan)), _cost_line(job)),
        buttons=(Button(action="cancel", target=job.id, label=Text(key="button.cancel")),),
        progress=ProgressView(job=job.id, stage=job.state),
        private=quote.wish.private,
        job=job.id,
        facts=_facts(quote) | {"job": job.id},
    )


def _cost_line(job: Job) -> Text:
    price = job.plan.purse if job.plan.credits else "nothing"
    return Text(key=f"quote.held_{price}", facts={"credits": job.plan.credits, "id": job.id})


def said_of(quote: Quote) -> list[Text]:
    """What a quote says of its clip, all but the price."""
    made = quote.plan
    request = made.request
    head = Text(
        key="quote.head",
        facts={
            "model": made.model_name,
            "seconds": request.seconds,
            "resolution": request.resolution,
            "aspect": request.aspect,
            "sound": made.sound_path,
        },
    )
    heard = [recording.said() for recording in quote.recordings]
    agreed = [confirmed_by_sending()] if concerns_voice(quote.wish) else []
    return [head, *made.adjustments, *heard, *made.notes, *_sound_said(made), *agreed]


def _sound_said(made: Plan) -> list[Text]:
    """Maker and price of the sound that we add and of a voice, apart from the picture's."""
    score, lent = made.score, made.voice.credits if made.voice is not None else 0
    voice = [_voice_said(made.voice)] if made.voice is not None else []
    if score is None or not score.credits:
        return voice
    picture = made.credits - score.credits - lent
    facts = {"picture": picture, "sound": score.credits, "makers": score.makers}
    if score.voice is not None:
        return [Text(key="quote.only_lips" if made.sound_only else "quote.with_lips", facts=facts)]
    return [Text(key="quote.only_sound" if made.sound_only else "quote.with_sound", facts=facts), *voice]


def _voice_said(voice: VoiceOrder) -> Text:
    if not voice.credits:
        return Text(key="quote.voice_free")
    return Text(key="quote.voice_paid", facts={"maker": voice.maker, "credits": voice.credits})


def _facts(quote: Quote) -> dict[str, Any]:
    made = quote.plan
    return {
        "model": made.model,
        "route": made.route,
        "credits": made.credits,
        "purse": made.purse,
        "seconds": made.request.seconds,
        "resolution": made.request.resolution,
        "aspect": made.request.aspect,
        "sound": made.sound_path,
        "sound_credits": made.score.credits if made.score else 0,
        "makers": list(made.score.makers) if made.score else [],
        "voice": made.voice.maker if made.voice else "",
        "voice_credits": made.voice.credits if made.voice else 0,
        "adjustments": [text.key for text in made.adjustments],
    }


def agreed_of(quote: Quote) -> dict[str, Any]:
    """What Confirm stands for: price, model and shape. Another route to the same is no change."""
    return {name: value for name, value in _facts(quote).items() if name != "route"}
