"""Which role each file plays on a route, and which mode that makes. Pure.

A recording is the only file whose role depends on the route: what one model takes as a reference,
another lays under the picture.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from bot.core.errors import Refusal
from bot.core.model import AudioAs, Text, Wish
from bot.core.names import mentions
from bot.core.planner.cloning import Loan, lent_to
from bot.core.planner.context import PlanContext
from bot.core.planner.lips import lip_movers, no_lips
from providers.base import MediaInput, Mode, Role
from providers.catalogue import Route, options

_GO_ON: Final = re.compile(
    r"\b(extend|continu|go(es)? on|keeps? going|longer|alarga|contin[uú]a|sigue|prolonga)", re.IGNORECASE
)

_VOICE_NAME: Final = "recording"
_VOICE_OF: Final = "Whoever speaks does so with this voice: @{name}."
_SPOKEN_FOR: Final = ("voice", "soundtrack")
# A picture without anything on it, which is made only if the plan is carried out.
CARD: Final = MediaInput(
    role="reference-image", kind="image", path=Path("neutral-card"), mime="image/png", size_bytes=0
)


@dataclass(frozen=True, kw_only=True)
class Intake:
    """The files as a route gets them.

    Attributes:
        media: what is sent, with the roles it plays there.
        mode: what that makes of the request.
        laid_under: a recording stays here, to be laid under the finished picture.
        said: a recording that the clip's speaker is made to say, after the picture.
        loan: a recording of which a voice is made, for whoever speaks in the clip.
        unheard: a recording is still to be turned into words of the prompt.
        adjustments: files that play another role than the option said.
    """

    media: tuple[MediaInput, ...]
    mode: Mode
    laid_under: bool = False
    said: MediaInput | None = None
    loan: Loan | None = None
    unheard: bool = False
    adjustments: tuple[Text, ...] = ()


def take_in(wish: Wish, route: Route, context: PlanContext) -> Intake:
    """Give every file its role.

    Raises:
        Refusal: `audio_not_taken`, `needs_first_image`, `no_transcriber`; as in `lent_to`.
    """
    roles = {item.role for item in wish.media}
    if "last-frame" in roles and "first-frame" not in roles:
        raise Refusal("needs_first_image")
    media, laid_under, unheard = [], False, False
    to_say: MediaInput | None = None
    to_lend: MediaInput | None = None
    for item in wish.media:
        if item.kind != "audio":
            media.append(_kept(item, wish, route, context))
            continue
        purpose = _purpose(wish, item)
        if purpose == "dialogue":
            if context.deaf is not None:
                raise Refusal("no_transcriber", **asdict(context.deaf))
            unheard = True
            continue
        role = _audio_role(purpose, route)
        if role is not None:
            media.append(replace(item, role=role))
        elif purpose in (None, "soundtrack") and "soundtrack" in context.own_sound:
            laid_under = True
        elif purpose == "voice" and to_say is None and _lips_can_be_moved(route, context):
            to_say = item
        elif purpose == "reference" and to_lend is None:
            to_lend = item
        elif purpose == "voice" and "soundtrack" in context.own_sound:
            raise no_lips(route.name, route.model)
        else:
            raise Refusal(
                "audio_not_taken",
                model=route.name,
                model_id=route.model,
                audio_as=purpose or "",
                models=(),
            )
    made, said = _in_company(wish, route, tuple(media))
    found = _arranged(wish, route, made, laid_under=laid_under)
    loan = lent_to(route, found.mode, found.media, to_lend, context) if to_lend is not None else None
    return replace(found, said=to_say, loan=loan, unheard=unheard, adjustments=(*said, *found.adjustments))


def _lips_can_be_moved(route: Route, context: PlanContext) -> bool:
    """Whether somebody here moves lips in the clips of a route; those that cost nothing stay at no cost."""
    paid = context.catalogue.provider(route.provider).purse != "free"
    return paid and any(True for _ in lip_movers(context))


def _in_company(
    wish: Wish, route: Route, media: tuple[MediaInput, ...]
) -> tuple[tuple[MediaInput, ...], tuple[Text, ...]]:
    """A recording that is taken only beside a picture gets one: of the clip that was answered, else a card.

    Where the voice belongs to the picture (one for each), a picture of nothing would be wrong.
    """
    roles = {item.role for item in media}
    window = route.window("reference-audio")
    lonely = "reference-audio" in roles and window is not None and not roles.intersection(window.needs)
    if window is None or not lonely or window.one_each or "reference-image" not in window.needs:
        return media, ()
    if roles != {"reference-audio"} or route.window("reference-image", "references") is None:
        return media, ()
    still, facts = wish.still, {"model": route.name}
    if still is not None:
        return (*media, still), (Text(key="adjust.still", facts=facts),)
    return (*media, CARD), (Text(key="adjust.card", facts=facts),)


def with_voice(wish: Wish, route: Route, intake: Intake) -> tuple[str, Intake]:
    """The prompt that says whose voice a recording is, where words alone tell that from a melody.

    Where a recording belongs to a picture, or can be nothing but a voice, nothing has to be said.
    """
    if wish.audio_as != "voice" or len(route.audio.references) < 2 or intake.mode != "references":
        return wish.prompt, intake
    window = route.window("reference-audio", intake.mode)
    place = next((at for at, item in enumerate(intake.media) if item.role == "reference-audio"), None)
    if window is None or window.one_each or place is None:
        return wish.prompt, intake
    item = intake.media[place]
    name = item.name or _VOICE_NAME
    if name in mentions(wish.prompt):  # it is said already
        return wish.prompt, intake
    media = (*intake.media[:place], replace(item, name=name), *intake.media[place + 1 :])
    return f"{wish.prompt.rstrip()} {_VOICE_OF.format(name=name)}", replace(intake, media=media)


def _arranged(wish: Wish, route: Route, media: tuple[MediaInput, ...], *, laid_under: bool) -> Intake:
    """Find the mode; a first picture that only works as a reference becomes one, and that is said."""
    if wish.mode is not None:
        return Intake(media=media, mode=wish.mode, laid_under=laid_under)
    mode = _mode(wish.prompt, media, route)
    if not _fits(route, media, mode):
        roles = {item.role for item in media}
        swapped = tuple(
            replace(item, role="reference-image") if item.role == "first-frame" else item for item in media
        )
        if "last-frame" not in roles and _fits(route, swapped, "references"):
            note = Text(key="adjust.image_as_reference", facts={"model": route.name})
            return Intake(media=swapped, mode="references", laid_under=laid_under, adjustments=(note,))
    return Intake(media=media, mode=mode, laid_under=laid_under)


def _kept(item: MediaInput, wish: Wish, route: Route, context: PlanContext) -> MediaInput:
    """The clip with the note of who made it only where the route can make use of that."""
    made = item.made
    if made is None:
        return item
    window = route.window(item.role, wish.mode)
    here = window is not None and made.provider == route.provider and window.kept_seconds
    if window is None or not here or context.now_ms >= made.at_ms + window.kept_seconds * 1000:
        return replace(item, made=None)
    # An address of ours lives as long as it is needed; the vendor's own is the second choice.
    return replace(item, made=None) if window.by == "link" and context.links else item


def takes_audio(route: Route) -> bool:
    """Whether a recording can be part of a request."""
    return any(route.window(role) for role in ("reference-audio", "voice", "soundtrack"))


def _purpose(wish: Wish, item: MediaInput) -> AudioAs | None:
    """What a recording is for; None = not said. Among several, those that came as references stay so."""
    if item.role == "reference-audio" and any(other.role in _SPOKEN_FOR for other in wish.media):
        return None
    if wish.audio_as is not None:
        return wish.audio_as
    return item.role if item.role in _SPOKEN_FOR else None


def _audio_role(purpose: AudioAs | None, route: Route) -> Role | None:
    """The role a recording plays on a route; None if the route has no use for it."""
    known = route.audio.references
    ways: dict[AudioAs | None, tuple[tuple[Role, bool], ...]] = {
        None: (("reference-audio", True), ("voice", True)),
        "reference": (("reference-audio", True), ("voice", True)),
        "voice": (("voice", True), ("reference-audio", "voice" in known)),
        "soundtrack": (("soundtrack", True), ("reference-audio", "track" in known)),
        "dialogue": (),
    }
    for role, serves in ways[purpose]:
        if serves and route.window(role) is not None:
            return role
    return None


def _mode(prompt: str, media: tuple[MediaInput, ...], route: Route) -> Mode:
    """The first mode that the files suggest and the route offers for all of them."""
    suggested = _suggested(prompt, {item.role for item in media})
    return next((mode for mode in suggested if _fits(route, media, mode)), suggested[0])


def _suggested(prompt: str, roles: set[Role]) -> tuple[Mode, ...]:
    referring = roles & {"reference-image", "reference-audio", "reference-video"}
    if "source-video" in roles:
        return ("extend", "edit") if _GO_ON.search(prompt) else ("edit", "extend")
    if "last-frame" in roles:
        return ("first-last",)
    if "first-frame" in roles:
        return ("first-frame", "references") if referring else ("first-frame",)
    if referring:
        return ("references", "text")
    return ("text", "references") if roles else ("text",)


def _fits(route: Route, media: tuple[MediaInput, ...], mode: Mode) -> bool:
    offered = options(route, media=media).mode
    return mode in offered and all(route.window(item.role, mode) is not None for item in media)
