"""Whatever somebody wishes: a refusal that the texts know, or a plan that keeps every promise."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.desk import House
from bot.core.errors import Refusal
from bot.core.model import AudioAs, Plan, Text, Wish
from bot.core.planner import CARD, REFUSALS, PlanContext, credits_for, needs_confirm, offers, plan
from bot.core.records import RouteHealth
from providers.base import MediaKind, Shot
from providers.catalogue import Catalogue, check, load, price
from providers.catalogue.facts import ROLE_KINDS
from tests.unit.bot.core.worlds import NOW_MS, TODAY, catalogue, file, told

MIMES = {
    "image": ("image/png", "image/jpeg", "image/gif"),
    "audio": ("audio/ogg", "audio/mpeg", "audio/wav"),
    "video": ("video/mp4", "video/webm"),
}


@cache
def books(shipped: bool) -> Catalogue:
    return load() if shipped else catalogue()


prompts = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            'a man says "hello"',
            "rain on a roof",
            "a choir sings",
            "🎉",
            "x" * 2500,
            "continue",
            "مرحبا",
            "a\x00b",
        ]
    ),
)
media = st.builds(
    lambda role, seconds, size, mime: file(
        role, ROLE_KINDS[role], seconds=seconds, size=size, mime=MIMES[ROLE_KINDS[role]][mime % 2]
    ),
    st.sampled_from(sorted(ROLE_KINDS)),
    st.floats(0, 90),
    st.integers(1, 20_000_000),
    st.integers(0, 2),
)


BUNDLES = (
    [file("first-frame", "image")],
    [file("first-frame", "image"), file("last-frame", "image")],
    [file("reference-image", "image"), file("reference-audio", "audio", seconds=5)],
    [file("first-frame", "image"), file("reference-audio", "audio", seconds=40)],
    [file("voice", "audio", seconds=8)],
    [file("source-video", "video", seconds=4.3)],
)
# What is made to fit before it is sent.
FITTED: frozenset[MediaKind] = frozenset({"audio", "image"})
SOUNDTRACK: frozenset[AudioAs] = frozenset({"soundtrack"})


def rarely(draw: st.DrawFn, usual: Any, strategy: st.SearchStrategy[Any], *, times: int = 2) -> Any:
    """The usual value, and in so many of ten cases something else."""
    return draw(strategy) if draw(st.sampled_from(range(10))) < times else usual


@st.composite
def wishes(draw: st.DrawFn, known: Catalogue) -> Wish:
    names = [model.id for model in known.models()]
    model = draw(st.sampled_from(["auto", "auto", *names]))
    files = rarely(draw, [], st.one_of(st.lists(media, max_size=4), st.sampled_from(BUNDLES)), times=4)
    shots = rarely(draw, [], st.lists(st.integers(1, 6), max_size=3), times=1)
    return Wish(
        prompt=rarely(draw, "a street in the rain", prompts, times=5),
        model=rarely(draw, model, st.text(max_size=12), times=1),
        seconds=rarely(draw, None, st.integers(-1, 14), times=3),
        aspect=rarely(draw, None, st.sampled_from(["16:9", "9:16", "1:1", "auto", "21x9", ""])),
        resolution=rarely(draw, None, st.sampled_from(["480p", "720p", "1080P", "4k", "huge"])),
        sound=rarely(draw, None, st.booleans(), times=4),
        negative=rarely(draw, "", st.just("blur"), times=1),
        seed=rarely(draw, None, st.integers(0, 2**32), times=1),
        media=tuple(files),
        audio_as=rarely(draw, None, st.sampled_from(["reference", "voice", "dialogue", "soundtrack"])),
        shots=tuple(Shot(prompt="shot", seconds=length) for length in shots),
    )


@st.composite
def contexts(draw: st.DrawFn, known: Catalogue) -> PlanContext:
    providers = sorted(known.providers)
    keyed = rarely(draw, set(providers), st.sets(st.sampled_from(providers)))
    names = [model.id for model in known.models()]
    routes = [route.id for model in known.models() for route in model.routes]
    sick = rarely(draw, [], st.lists(st.sampled_from(routes), max_size=3))
    return PlanContext(
        catalogue=known,
        house=House(
            credit_usd=draw(st.sampled_from([Decimal("0.01"), Decimal("0.007"), Decimal("1")])),
            markup=draw(st.sampled_from([Decimal("1"), Decimal("1.37"), Decimal("0.5")])),
            demo=rarely(draw, False, st.just(True), times=1),
            voice_missing=draw(st.sampled_from([None, "not installed"])),
        ),
        has_key=lambda provider: provider in keyed or not known.provider(provider).env,
        missing_env=lambda provider: () if provider in keyed else known.provider(provider).env,
        now_ms=NOW_MS,
        today=TODAY,
        health={
            route: RouteHealth(route=route, failures=draw(st.integers(0, 9)), opened_ms=NOW_MS - 90_000)
            for route in sick
        },
        allowed=rarely(draw, None, st.frozensets(st.sampled_from(names)), times=1),
        denied=rarely(draw, frozenset(), st.frozensets(st.sampled_from(names), max_size=2)),
        default_model=rarely(draw, "", st.sampled_from(names)),
        paid_ok=rarely(draw, True, st.just(False)),
        own_sound=draw(st.sampled_from([frozenset[AudioAs](), SOUNDTRACK])),
    )


# What becomes of a recording after the picture is there, so that its maker is not given it.
OURS = ("soundtrack", "voice")


def keeps_its_promises(found: Plan, asked: Wish, context: PlanContext) -> None:
    route = context.catalogue.route(found.provider, found.model)
    request = found.request
    assert check(route, request, fitted=FITTED) == []
    assert route.alive_on(context.today) and context.has_key(found.provider)
    assert context.permits(found.model)
    if found.purse == "free":
        assert (found.credits, found.cost_micro_usd) == (1, 0)
    else:
        assert not context.house.demo
        usd = price(route, request, context.today).usd
        house = context.house
        picture = credits_for(usd, credit_usd=house.credit_usd, markup=house.markup)
        # Whoever moves the lips afterwards is paid apart.
        assert found.credits - (found.score.credits if found.score else 0) == picture >= 1
        apart = sum(piece.cost_micro_usd for piece in found.score.pieces) if found.score else 0
        assert 0 <= found.cost_micro_usd - apart - usd * 1_000_000 < 1
    assert 0 <= found.sound_credits <= found.credits
    assert found.deadline_seconds > 0 and found.keep_seconds > 0
    if found.sound_path == "silent":
        assert found.sound_credits == 0
    for said, planned in (
        (asked.seconds, request.seconds),
        (asked.resolution and asked.resolution.lower(), request.resolution),
        (asked.aspect and asked.aspect.replace("x", ":"), request.aspect),
        (asked.seed, request.seed),
    ):
        assert said in (None, "", planned)
    assert request.negative == asked.negative and request.shots == asked.shots
    assert asked.sound is not False or found.sound_path in ("silent", *OURS)
    assert asked.sound is not True or found.sound_path != "silent"
    said_of_the_voice = any(note.key == "note.voice_told" for note in found.notes)
    worded = request.prompt != asked.prompt and not (said_of_the_voice and asked.prompt in request.prompt)
    changed = worded or (asked.sound is None and found.sound_path == "silent")
    assert not changed or "adjusted" in needs_confirm(found, context.house)
    # A recording that goes only beside a picture gets a plain card, which is asked about.
    carded = any(text.key == "adjust.card" for text in found.adjustments)
    assert carded == (CARD in request.media)
    sent = [item.path for item in request.media if item is not CARD]
    kept = [item.path for item in asked.media if found.sound_path not in OURS or item.kind != "audio"]
    assert sent == kept


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_wish_is_planned_or_refused_in_a_known_way(data: st.DataObject) -> None:
    known = books(data.draw(st.booleans(), label="shipped catalogue"))
    asked = data.draw(wishes(known), label="wish")
    context = data.draw(contexts(known), label="context")
    try:
        found = plan(asked, context)
    except Refusal as refusal:
        assert refusal.code in REFUSALS
        assert refusal.cost_credits == 0
        told(Text(key=f"refusal.{refusal.code}", facts=refusal.facts))
    else:
        keeps_its_promises(found, asked, context)
        for text in (*found.adjustments, *found.notes):
            told(text)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_offer_is_what_naming_the_model_would_give(data: st.DataObject) -> None:
    known = books(False)
    asked = data.draw(wishes(known), label="wish")
    context = data.draw(contexts(known), label="context")
    if not any(char.isalnum() for char in asked.prompt):
        return
    for offer in offers(context, asked):
        named = Wish(**{**vars(asked), "model": offer.model})
        try:
            found = plan(named, context)
        except Refusal as refusal:
            assert (offer.credits, offer.why_not) == (None, refusal.code)
        else:
            assert (offer.credits, offer.purse) == (found.credits, found.purse)


@given(
    st.decimals("0", "1000", places=6),
    st.decimals("0.0001", "10", places=4),
    st.decimals("0.01", "10", places=2),
)
def test_credits_are_the_smallest_whole_number_that_covers_the_price(
    usd: Decimal, credit: Decimal, markup: Decimal
) -> None:
    credits = credits_for(usd, credit_usd=credit, markup=markup)
    assert credits * credit >= usd * markup
    assert credits == 1 or (credits - 1) * credit < usd * markup
