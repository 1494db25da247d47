"""A voice that is made of a member's recording for one clip: whether, by whom, and for how much. Pure.

Only where a recording was said to be a reference and the model takes none itself. A model that knows voices
speaks with it; for one that makes no sound, the words in quotation marks are spoken with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from bot.core import health
from bot.core.errors import Refusal
from bot.core.model import AudioWindow, Plan, Text
from bot.core.planner.context import PlanContext
from bot.core.planner.scoring import makers
from bot.core.soundplan import topics
from bot.core.sounds import Line, Piece, Score, SoundPlan, VoiceOrder
from providers.base import MediaInput, Mode
from providers.catalogue import (
    Catalogue,
    CatalogueError,
    Route,
    SoundRoute,
    clone_request,
    options,
    price_clone,
)

_MICRO: Final = 1_000_000
_FORMATS: Final = ("wav", "mp3")


@dataclass(frozen=True, kw_only=True)
class Loan:
    """A recording that lends a clip its voice.

    Attributes:
        recording: as it was sent; it is converted after planning.
        cloners: who can make the voice here and now, the first one is asked.
        native: the model speaks with it; otherwise the sound that we add does.
    """

    recording: MediaInput
    cloners: tuple[SoundRoute, ...]
    native: bool


@dataclass(frozen=True, kw_only=True)
class Lent:
    """The voice as it is ordered, without its credits; the sound spoken with it; what is said of it."""

    score: Score | None
    order: VoiceOrder | None = None
    notes: tuple[Text, ...] = ()


def lent_to(
    route: Route, mode: Mode, media: tuple[MediaInput, ...], recording: MediaInput, context: PlanContext
) -> Loan:
    """How a clip of a route gets the voice of a recording.

    Raises:
        Refusal: `audio_not_taken`, `no_voice_maker`, `needs_public_address`, `voice_needs_picture`,
            `voice_too_short`.
    """
    native = route.voices_in(mode, sound=True) > 0
    if not native and not _speaks_for(route, mode, media, context):
        if route.voices is not None and _native(route, context):
            raise Refusal("voice_needs_picture", **_of(route))
        raise Refusal("audio_not_taken", audio_as="reference", models=(), **_of(route))
    serving = _native(route, context) if native else _spoken(context)
    return Loan(recording=recording, native=native, cloners=_usable(serving, recording, _of(route), context))


def lent_to_sound(recording: MediaInput, context: PlanContext, *, model: str, model_id: str) -> Loan:
    """The same for a new sound of a finished clip.

    Raises:
        Refusal: `no_voice_maker`, `voice_too_short`.
    """
    facts = {"model": model, "model_id": model_id}
    cloners = _usable(_spoken(context), recording, facts, context)
    return Loan(recording=recording, native=False, cloners=cloners)


def require_words(
    plan: SoundPlan, *, heard: bool, loan: Loan, prompt: str, model: str, model_id: str
) -> None:
    """Refuse a voice that nobody would be heard with.

    Args:
        plan: what the words want to be heard.
        heard: whether the clip is to have sound at all.
        loan: of the voice.
        prompt: all words; a model that speaks itself also speaks what is only told.
        model, model_id: whose clip it is.

    Raises:
        Refusal: `voice_unheard`, `voice_no_line`.
    """
    facts: dict[str, Any] = {"model": model, "model_id": model_id}
    if not heard or plan.no_voice:
        raise Refusal("voice_unheard", **facts)
    if not plan.lines and not (loan.native and "speech" in topics(prompt)):
        raise Refusal("voice_no_line", **facts)


def said_of_loan(loan: Loan, context: PlanContext) -> list[Text]:
    """What has to be agreed to before a voice is made."""
    maker = loan.cloners[0]
    said = [Text(key="adjust.voice_made", facts={"maker": context.catalogue.provider(maker.provider).name})]
    limit = _most(maker)
    if limit and loan.recording.seconds > limit:
        facts = {"seconds": f"{loan.recording.seconds:.1f}", "limit": f"{limit:g}"}
        said.append(Text(key="adjust.audio_trimmed", facts=facts))
    public = context.catalogue.provider(maker.provider).uploads_public
    if maker.by_link("voice") or (public and context.links):
        said.append(Text(key="adjust.voice_by_link", facts={"model": maker.name}))
    elif public:
        said.append(Text(key="adjust.voice_public", facts={"model": maker.name}))
    return said


def lend(
    loan: Loan, score: Score | None, context: PlanContext, *, route: str, model: str, model_id: str
) -> Lent:
    """The order for a voice, and the pieces that are spoken with it.

    Args:
        loan: of the voice.
        score: the sound that we add; None where the model speaks itself.
        context: who can be asked here and now.
        route, model, model_id: whose clip it is.

    Raises:
        Refusal: `no_voice_maker` where nobody who would speak the words knows such voices, `price_unknown`.
    """
    if loan.native or score is None:
        return Lent(order=_order(loan, loan.cloners[0], route, context), score=score)
    first = next((piece for piece in score.pieces if piece.role == "voice"), None)
    for cloner in loan.cloners:
        for taker in first.takers if first is not None else ():
            if taker.route in cloner.serves:
                made, notes = _spoken_with(score, taker.route)
                return Lent(order=_order(loan, cloner, taker.route, context), score=made, notes=notes)
    raise Refusal("no_voice_maker", env=(), models=(), makers=(), model=model, model_id=model_id)


def clone_window(plan: Plan, catalogue: Catalogue) -> AudioWindow | None:
    """What the recording of a voice has to be converted to; None = no voice is made."""
    if plan.voice is None:
        return None
    window = catalogue.sound(plan.voice.route).window("voice")
    taken = window.formats if window is not None else ()
    return AudioWindow(
        formats=tuple(one for one in _FORMATS if not taken or one in taken) or _FORMATS,
        min_seconds=(window.min_seconds if window is not None else None) or 0.0,
        max_seconds=(window.max_seconds if window is not None else None) or 0.0,
        max_bytes=(window.max_bytes if window is not None else None) or 0,
        pauses=False,
    )


def can_lend(route: Route, context: PlanContext) -> bool:
    """Whether clips of a route can be spoken with a voice that is made of a recording, in some mode."""
    if context.catalogue.provider(route.provider).purse == "free":
        return False
    if route.voices is not None:
        return bool(voice_makers(route, context))
    return bool(not route.audio.native and context.house.adds_sound and voice_makers(route, context))


def voice_makers(route: Route | None, context: PlanContext) -> tuple[SoundRoute, ...]:
    """Who can make voices for a route here and now; without a route, for sounds of finished clips."""
    serving = _native(route, context) if route is not None and route.voices is not None else _spoken(context)
    return tuple(cloner for cloner in serving if _ready(cloner, context))


# ---------------------------------------------------------------------------------------------
# Who makes it


def _speaks_for(route: Route, mode: Mode, media: tuple[MediaInput, ...], context: PlanContext) -> bool:
    """Whether the sound of a route's clips is ours to make; what costs nothing stays at no cost."""
    paid = context.catalogue.provider(route.provider).purse != "free"
    silent = True not in options(route, mode=mode, media=media).sound
    return paid and silent and context.house.adds_sound


def _known(context: PlanContext) -> Iterator[SoundRoute]:
    """All that make voices and may be asked."""
    if context.house.demo or not context.house.voices_from_recordings:
        return
    for route in context.catalogue.sounds_for("clone"):
        if not route.by_operator and route.alive_on(context.today):
            yield route


def _native(route: Route, context: PlanContext) -> tuple[SoundRoute, ...]:
    return tuple(cloner for cloner in _known(context) if route.id in cloner.serves)


def _spoken(context: PlanContext) -> tuple[SoundRoute, ...]:
    """Those whose voices a speech service knows that can be asked; the operator's order counts."""
    speech = [maker.id for maker in makers(context) if "speech" in maker.kinds]
    known = list(_known(context))
    ordered = [cloner for name in speech for cloner in known if name in cloner.serves]
    # Without a key for it a speech service cannot be asked either: named where that is all that is missing.
    locked = [
        cloner for cloner in known if not context.has_key(cloner.provider) and _serves_speech(cloner, context)
    ]
    return tuple({cloner.id: cloner for cloner in (*ordered, *locked)}.values())


def _serves_speech(cloner: SoundRoute, context: PlanContext) -> bool:
    return any(route.id in cloner.serves for route in context.catalogue.sounds_for("speech"))


def _ready(cloner: SoundRoute, context: PlanContext) -> bool:
    return (
        context.has_key(cloner.provider)
        and (context.links or not cloner.by_link("voice"))
        and health.usable(context.health.get(cloner.id), context.now_ms)
    )


def _usable(
    serving: Sequence[SoundRoute], recording: MediaInput, facts: dict[str, Any], context: PlanContext
) -> tuple[SoundRoute, ...]:
    """Those that can be asked and take a recording of this length.

    Raises:
        Refusal: as in `lent_to`.
    """
    if not serving:
        raise Refusal("audio_not_taken", audio_as="reference", models=(), **facts)
    ready = [cloner for cloner in serving if _ready(cloner, context)]
    if not ready:
        keyed = [cloner for cloner in serving if context.has_key(cloner.provider)]
        if any(cloner.by_link("voice") for cloner in keyed) and not context.links:
            raise Refusal("needs_public_address", model=keyed[0].name)
        lacking = serving[0] if not keyed else None
        env = context.missing_env(lacking.provider) if lacking is not None else ()
        raise Refusal(
            "no_voice_maker", env=env, models=(), makers=tuple(one.name for one in serving), **facts
        )
    # How long it is may not be known yet; whoever converts it knows.
    fitting = tuple(one for one in ready if not recording.seconds or recording.seconds >= _least(one))
    if not fitting:
        least = min(map(_least, ready))
        raise Refusal("voice_too_short", asked=f"{recording.seconds:.1f}", least=f"{least:g}", **facts)
    return fitting


def _least(cloner: SoundRoute) -> float:
    window = cloner.window("voice")
    return (window.min_seconds if window is not None else None) or 0.0


def _most(cloner: SoundRoute) -> float:
    window = cloner.window("voice")
    return (window.max_seconds if window is not None else None) or 0.0


def _of(route: Route) -> dict[str, Any]:
    return {"model": route.name, "model_id": route.model}


# ---------------------------------------------------------------------------------------------
# What it costs, and who speaks with it


def _order(loan: Loan, cloner: SoundRoute, serves: str, context: PlanContext) -> VoiceOrder:
    limit = _most(cloner)
    seconds = min(loan.recording.seconds, limit) if limit else loan.recording.seconds
    used = replace(loan.recording, role="voice", seconds=seconds)
    try:
        usd = price_clone(cloner, clone_request(cloner, used, ""), context.today).usd
    except CatalogueError:
        provider = context.catalogue.provider(cloner.provider).name
        raise Refusal("price_unknown", model=cloner.name, model_id=cloner.id, provider=provider) from None
    return VoiceOrder(
        route=cloner.id,
        maker=context.catalogue.provider(cloner.provider).name,
        serves=serves,
        recording=replace(loan.recording, role="voice"),
        cost_micro_usd=math.ceil(Fraction(usd) * _MICRO),
    )


def _spoken_with(score: Score, speech: str) -> tuple[Score, tuple[Text, ...]]:
    """The same sound with the voice for the first speaker who is told apart, and for lines of nobody."""
    lines = _lines_of(score)
    first = next((line for line in lines.values() if _told(line)), None)
    own = {at for at, line in lines.items() if not _told(line) or _who(line) == _who(first)}
    pieces, others = list(score.pieces), []
    for at in lines:
        piece = pieces[at]
        leading = [taker for taker in piece.takers if taker.route == speech]
        if at in own and leading:
            rest = (taker for taker in piece.takers if taker.route != speech)
            pieces[at] = replace(piece, takers=(*leading, *rest), cloned=True)
        else:
            others.append(piece.text)
    facts = {"line": others[0], "more": len(others) - 1} if others else {}
    notes = (Text(key="note.voice_first", facts=facts),) if others else ()
    return replace(score, pieces=tuple(pieces)), notes


def _lines_of(score: Score) -> dict[int, Line]:
    """The line behind each piece that is spoken, by the piece's place."""
    lines, found = iter(score.plan.lines), {}
    for at, piece in enumerate(score.pieces):
        if piece.role == "voice":
            line = next((line for line in lines if _is_of(piece, line)), None)
            if line is not None:
                found[at] = line
    return found


def _is_of(piece: Piece, line: Line) -> bool:
    return (piece.text, piece.speaker, piece.at_seconds) == (line.text, line.speaker, line.at_seconds)


def _told(line: Line) -> bool:
    return bool(line.name) or line.speaker != "person"


def _who(line: Line | None) -> tuple[str, str] | None:
    return (line.speaker, line.name) if line is not None else None
