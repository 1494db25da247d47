"""`talkreel doctor --live MODEL`: one smallest real call, priced first, with every step on the screen.

It is an ordinary clip of the operator's: held, budgeted, resumed after a crash, checked and kept in /history.
It makes nothing itself; `bot/cli.py` hands it the running bot.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, Final, Protocol

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import CONSOLE, Actor, Destination, Job, PlatformLimits, Text
from bot.core.planner.choice import find_model, require_routes
from bot.core.replies import Reply
from bot.core.requests.call import plan_context
from providers.base import Ticket, VideoRequest
from providers.catalogue import Model, Route, price

PROMPT: Final = 'A wooden door slams in an empty hall. A woman says: "Hello, is anybody there?"'
PLACE: Final = Destination(
    platform="console", channel="console:live", limits=PlatformLimits(edits_every_seconds=0.0)
)
_POINTS: Final = {
    "before_intent": "handing it in; from here on it counts against the budget",
    "answer_unsaved": "the maker accepted it",
    "before_lookup": "the answer was lost; looking for the job at the maker",
    "done_seen": "the maker says that it is finished",
    "downloaded": "the clip is fetched",
    "before_mix": "the sound is mixed under the picture",
    "before_repair": "its sound is not as promised and is mended here",
    "stored": "decoded, checked and stored",
    "after_settle": "charged",
}


_SAID_BY_POINTS: Final = ("submitting", "fetching", "processing")
_KNOWN_BY: Final = {
    "official": "by the maker's own pages",
    "third-party": "partly by what third parties say",
    "uncertain": "not surely",
}


class Words(Protocol):
    """Renders texts."""

    def say(self, text: Text, language: str) -> str:
        """The words for a text in a language."""
        ...


class Bot(Protocol):
    """What is asked of the running bot."""

    async def command(
        self, actor: Actor, name: str, options: dict[str, Any], *, destination: Destination, request_key: str
    ) -> Reply:
        """Carry out a command."""
        ...

    async def press(
        self, actor: Actor, action: str, target: str, *, destination: Destination, request_key: str
    ) -> Reply:
        """Carry out a button."""
        ...


class Watch(Protocol):
    """Waits for jobs."""

    async def finished(self, job: str) -> Job:
        """The job, once it has ended."""
        ...


@dataclass(frozen=True, kw_only=True)
class Call:
    """The smallest call that shows whether a route works, and its list price in US dollars."""

    route: Route
    request: VideoRequest
    usd: Decimal

    @property
    def options(self) -> dict[str, Any]:
        """The same as options of `/generate`."""
        request = self.request
        return {
            "prompt": request.prompt,
            "model": request.model,
            "seconds": request.seconds,
            "resolution": request.resolution,
            "aspect": request.aspect,
            "sound": request.sound,
        }


class Steps:
    """Prints each step once, with the seconds since the start. Implements the outbox of the console."""

    def __init__(self, say: Callable[[str], None], words: Words, language: str) -> None:
        """Nothing is printed yet."""
        self._say, self._words, self._language = say, words, language
        self._began = time.monotonic()
        self._last = ""

    def begin(self) -> None:
        """The clock starts now."""
        self._began = time.monotonic()

    def tell(self, line: str) -> None:
        """A line, unless it was the last one already."""
        if line != self._last:
            self._last = line
            self._say(f"{time.monotonic() - self._began:7.1f} s  {line}")

    def trace(self, point: str, job: str) -> None:
        """Hear from the engine where it is."""
        if point in _POINTS:
            self.tell(_POINTS[point])

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """See the port."""
        return nonce

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """See the port."""
        if reply.progress is not None and reply.progress.stage in _SAID_BY_POINTS:
            return
        for line in reply.lines:
            self.tell(self._words.say(line, self._language))

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """See the port."""

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """See the port."""


def smallest(model: Model, routes: tuple[Route, ...], today: date) -> Call:
    """The cheapest clip from words alone; with sound where the model makes it, as that is what breaks.

    Raises:
        Refusal: `mode_not_offered` where the model makes none from words alone.
    """
    for route in routes:
        calls = []
        for shape in (shape for shape in route.offered if "text" in shape.modes):
            lengths = (shape.seconds[0], shape.seconds[-1])
            for size, seconds, sound in product(shape.resolutions, lengths, shape.sound):
                if sound or not route.audio.native:
                    request = VideoRequest(
                        model=model.id,
                        prompt=PROMPT,
                        seconds=seconds,
                        aspect=shape.aspects[0],
                        resolution=size,
                        sound=sound,
                    )
                    calls.append(Call(route=route, request=request, usd=price(route, request, today).usd))
        if calls:
            return min(calls, key=lambda call: call.usd)
    modes = tuple(dict.fromkeys(mode for route in routes for shape in route.offered for mode in shape.modes))
    raise Refusal("mode_not_offered", asked="text", allowed=modes, model=model.name)


async def live(
    name: str,
    *,
    desk: Desk,
    bot: Bot,
    watch: Watch,
    steps: Steps,
    actor: Actor,
    key: str,
    say: Callable[[str], None],
    agreed: Callable[[], Awaitable[bool]],
) -> int:
    """Make the call. Returns 0 if a clip came that is as promised.

    Args:
        name: of the model.
        desk, bot, watch: the running bot.
        steps: where its steps are heard.
        actor: the operator.
        key: of this call, so that it is made once.
        say: prints a line.
        agreed: asks whether to go on.

    Raises:
        Refusal: nothing was sent.
    """
    context = await plan_context(desk, await desk.store.server(CONSOLE))
    model = find_model(name, context)
    call = smallest(model, require_routes(model, context), context.today)
    for line in _told(call, context.catalogue.provider(call.route.provider).name):
        say(line)
    if not await agreed():
        say("Nothing was sent.")
        return 1
    steps.begin()
    reply = await bot.command(actor, "generate", call.options, destination=PLACE, request_key=key)
    if reply.kind == "quote":
        target = next(button.target for button in reply.buttons if button.action == "confirm")
        reply = await bot.press(actor, "confirm", target, destination=PLACE, request_key=key)
    if not reply.job:
        await steps.update(PLACE, "", reply)
        return 1
    return _report(await watch.finished(reply.job), call, desk, say)


def _told(call: Call, provider: str) -> tuple[str, ...]:
    request, life = call.request, call.route.lifecycle
    sound = "with sound" if request.sound else "silent"
    known = _KNOWN_BY[life.confidence]
    return (
        f"{call.route.name} by {provider}; its facts were checked on {life.checked} {known}",
        f"One call: {request.seconds} s, {request.resolution}, {request.aspect}, {sound}, from words alone",
        f"Its list price is ${call.usd:.4f}; it is paid from the operator's budget whatever comes of it.",
    )


def _report(job: Job, call: Call, desk: Desk, say: Callable[[str], None]) -> int:
    if job.ticket:
        say(f"its id at the maker: {Ticket.from_json(job.ticket).remote_id}")
    booked, billed = job.plan.cost_micro_usd, job.cost_micro_usd
    if booked == billed:
        say(f"cost: ${booked / 1_000_000:.4f}, as priced or not told otherwise by the maker")
    else:
        say(f"cost: ${billed / 1_000_000:.4f} by the maker, ${booked / 1_000_000:.4f} by the price list")
    clip = job.clip
    if clip is None:
        say(f"wrong: no clip came ({job.outcome})")
        return 1
    info, check = clip.info, clip.sound
    say(f"picture: {info.width}×{info.height}, {info.fps:g} frames a second, {info.seconds:.2f} s")
    loudness = "" if check.loudness_lufs is None else f", {check.loudness_lufs:.1f} LUFS"
    say(f"sound: {check.verdict}{loudness}{', mended here' if clip.repaired else ''}")
    say(f"file: {desk.blobs.path(clip.original or clip.blob)}")
    wrong = _differences(job, call)
    for line in wrong:
        say(f"wrong: {line}")
    if not wrong:
        say("ok: the clip is as promised")
    return 1 if wrong else 0


def _differences(job: Job, call: Call) -> list[str]:
    """What of the clip is not as the catalogue promises."""
    assert job.clip is not None
    clip, request = job.clip, call.request
    found = []
    if abs(clip.info.seconds - request.seconds) > 0.5:
        found.append(f"it has {clip.info.seconds:.2f} s and not {request.seconds} s")
    if request.sound and (clip.repaired or clip.sound.verdict != "ok"):
        found.append("the maker's sound is missing or cannot be used")
    return found
