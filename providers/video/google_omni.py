"""Gemini Omni Flash by API key, through the Interactions API.

https://ai.google.dev/gemini-api/docs/omni (read 2026-11-22). Wire forms from the official SDK,
google-genai 3.4.0, which uses `/v1`; live behaviour from public adapters named in the catalogue.

1. `background` must be true, or the POST stays open until the clip is ready.
2. `delivery` must be "uri", or the clip comes as Base64 inside the answer; should it come nevertheless,
   it is taken from there.
3. `duration` is "8s"; the number 8 is refused.
4. `output_video` exists only in the SDK; on the wire the clip stands in `steps[]`.
5. A refusal can be `completed` with words and no video: that is moderation, not success. Without words
   it is none: edits of clips end like this where they are not offered (EEA, Switzerland, UK).
6. An unknown id is a 400 "Invalid interaction name". Any other 400 on a poll was seen on jobs that were
   running and billed, so it says nothing.
7. The file needs the key in a header. It is sent to this API's own host only, and never put into a link.
8. Roles of pictures are tags in the prompt, counted from 0: <FIRST_FRAME>, <LAST_FRAME>, <IMAGE_REF_0>,
   <VIDEO_REF_0>. `task` is sent where files come along, as the SDK's examples do.
9. Length, aspect and size of an edit or an extension follow the source and are not sent. A clip of its own is
   named by its interaction (`previous_interaction_id`); an edit is then said by the words alone.
10. Sound is always made and has no switch. There is no negative prompt, and audio is not taken.
11. It likes to invent several shots; the option `continuous_shot` asks for one.
12. The official SDK repeats a POST on 503; here nothing is sent twice.

The operator's options: `continuous_shot` (true: adds that sentence to every prompt).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    MediaInput,
    Mode,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    Expired,
    MissingKey,
    OutcomeUnknown,
    OutputModerated,
    ProviderError,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http import Answer, client, download, read, scrub, submit
from providers.http.guard import origin_of
from providers.references import base64_text, plain_mime
from providers.wire.google import is_moderation, moderation_code, named, read_fault, refusal
from providers.wire.google_clip import is_mp4, look, save_inline

E = TypeVar("E", bound=ProviderError)

ENV: Final = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
GOOGLE: Final = "https://generativelanguage.googleapis.com"
MAX_INPUT_BYTES: Final = 14_000_000
CONTINUOUS: Final = "Show it as a single continuous shot."
FORGOTTEN: Final = "invalid interaction name"
TASKS: Final[Mapping[Mode, str]] = {
    "first-frame": "image_to_video",
    "first-last": "image_to_video",
    "references": "reference_to_video",
    "edit": "edit",
    "extend": "extend",
    "upscale": "upscale",
}
# Their length follows the source.
FOLLOWING: Final = ("edit", "extend", "upscale")
# Vendor's word → where the job stands. The set is open: other words mean that it goes on.
STATUS: Final[Mapping[str, Literal["queued", "running", "done", "failed"]]] = {
    "queued": "queued",
    "in_progress": "running",
    "requires_continuation": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "failed",
    "incomplete": "failed",
    "budget_exceeded": "failed",
    "requires_action": "failed",
}
_ENDINGS: Final = ("fail", "error", "cancel", "expire", "reject")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Problem(_Wire):
    code: str | int = ""
    message: str = ""


class _Part(_Wire):
    type: str = ""
    uri: str = ""
    data: str = ""
    text: str = ""


class _Step(_Wire):
    type: str = ""
    content: list[_Part] | None = None
    error: _Problem | None = None


class _Tokens(_Wire):
    modality: str = ""
    tokens: int = 0


class _Usage(_Wire):
    output_tokens_by_modality: list[_Tokens] | None = None


class _Interaction(_Wire):
    id: str
    status: str
    steps: list[_Step] | None = None
    errors: list[_Problem] | None = None
    usage: _Usage | None = None

    @property
    def output(self) -> list[_Part]:
        """What the model made."""
        steps = [step for step in self.steps or [] if step.type == "model_output"]
        return [part for step in steps for part in step.content or []]

    @property
    def problems(self) -> list[_Problem]:
        """What went wrong, wherever it stands."""
        return [*(self.errors or []), *(step.error for step in self.steps or [] if step.error)]

    @property
    def video_tokens(self) -> int:
        """How many tokens of video were made, and billed."""
        counted = (self.usage.output_tokens_by_modality if self.usage else None) or []
        return sum(item.tokens for item in counted if item.modality.lower() == "video")


class GoogleOmni:
    """The Interactions API's steps, and cancel. Lost jobs cannot be listed."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._base = config.base_url.rstrip("/")
        self._url = f"{self._base}/v1/interactions"
        self._key = next((config.keys[name] for name in ENV if config.keys.get(name)), "")
        self._continuous = config.options.get("continuous_shot", "").lower() in ("true", "1", "yes", "on")
        self._http = client(config)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once."""
        headers = self._headers()
        sent = (item for item in request.media if item.made is None)
        files = [await base64_text(item, max_bytes=MAX_INPUT_BYTES) for item in sent]
        payload = build_payload(request, files, continuous=self._continuous)
        answer = await submit(
            self._http, self._url, provider=self.id, model=request.model, json=payload, headers=headers
        )
        if not answer.ok:
            raise refusal(answer, secrets=(self._key,), env=ENV[:1])
        try:
            accepted = _Interaction.model_validate_json(answer.body)
        except ValidationError:
            text = "the answer cannot be read"
            raise OutcomeUnknown(text, provider=self.id, model=request.model) from None
        return Ticket(provider=self.id, model=request.model, remote_id=accepted.id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the interaction stands."""
        seen = await look(self._http, "GET", **self._question(ticket))
        answer = seen.answer
        fault = None if answer.ok else read_fault(answer)
        if answer.status == 404 or (fault and FORGOTTEN in fault.message.lower()):
            return Failed(error=_error(Expired, "the vendor does not know this job", ticket))
        if fault:
            raise self._unusable(answer, ticket)
        if not seen.whole:
            if seen.carries("data") and b'"completed"' in answer.body:
                return Done(ticket=ticket)
            raise _error(Unreachable, "the answer is too large", ticket)
        return read_progress(self._parse(answer, ticket), ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`."""
        ticket = done.ticket
        if done.url:
            asset = await self._download(done, into)
        else:
            size = await save_inline(self._http, "GET", into=into, field="data", **self._question(ticket))
            asset = Asset(path=into, mime="video/mp4", size_bytes=size)
        if not await asyncio.to_thread(is_mp4, into):
            await asyncio.to_thread(into.unlink)
            raise _error(Unreachable, f"no clip was handed out but {asset.mime}", ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Stop the job; False means that it goes on or has ended."""
        answer = await read(
            self._http,
            f"{self._url}/{ticket.remote_id}/cancel",
            provider=self.id,
            model=ticket.model,
            method="POST",
            headers=self._reading_headers(ticket),
        )
        if answer.status in (400, 404, 409):
            return False
        if not answer.ok:
            raise self._unusable(answer, ticket)
        return self._parse(answer, ticket).status == "cancelled"

    def _headers(self) -> dict[str, str]:
        if not self._key:
            raise MissingKey(f"{ENV[0]} must be set", provider=self.id, env=ENV[:1])
        return {"x-goog-api-key": self._key}

    def _reading_headers(self, ticket: Ticket) -> dict[str, str]:
        try:
            return self._headers()
        except MissingKey:
            # It says nothing about a job that exists: the hold must stay.
            raise _error(Unreachable, "no key is set", ticket) from None

    def _question(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "url": f"{self._url}/{ticket.remote_id}",
            "provider": self.id,
            "model": ticket.model,
            "params": {"stream": "false"},
            "headers": self._reading_headers(ticket),
        }

    async def _download(self, done: Done, into: Path) -> Asset:
        ticket, link = done.ticket, httpx.URL(done.url)
        if link.params.get("alt") != "media":
            # Without it the same address describes the file instead of handing it out.
            link = link.copy_set_param("alt", "media")
        # Google's links name Google's host also where a proxy was asked.
        trusted = origin_of(link) in (origin_of(self._base), origin_of(GOOGLE))
        headers = self._reading_headers(ticket) if trusted else {}
        return await download(
            self._http, str(link), into, provider=self.id, model=ticket.model, headers=headers
        )

    def _parse(self, answer: Answer, ticket: Ticket) -> _Interaction:
        try:
            return read_interaction(answer.body)
        except ValidationError:
            raise _error(Unreachable, "the answer cannot be read", ticket) from None

    def _unusable(self, answer: Answer, ticket: Ticket) -> Unreachable:
        fault = read_fault(answer)
        return _error(Unreachable, scrub(fault.message, (self._key,)), ticket, fault.code)


def build_payload(request: VideoRequest, files: list[str], *, continuous: bool = False) -> dict[str, Any]:
    """The request in the Interactions API's words.

    Args:
        request: the normalised request.
        files: its media as Base64, in the same order, without what the vendor made itself.
        continuous: whether to ask for one shot.

    Raises:
        Unsupported: Omni has no word for it.
    """
    if not request.sound or request.negative or request.shots:
        what = "leave the sound out" if not request.sound else "take negative prompts or single shots"
        raise Unsupported(f"Gemini Omni cannot {what}")
    prompt = _tagged(request)
    if continuous:
        prompt = f"{prompt} {CONTINUOUS}"
    payload: dict[str, Any] = {
        "model": request.api_name,
        "background": True,
        "input": prompt,
        "response_format": {"type": "video", "delivery": "uri"},
    }
    earlier = [item.made.remote_id for item in request.media if item.made is not None]
    if earlier:
        payload["previous_interaction_id"] = earlier[0]
    if files:
        sent = [item for item in request.media if item.made is None]
        parts = [_part(item, data) for item, data in zip(sent, files, strict=True)]
        content = [*parts, {"type": "text", "text": prompt}]
        payload["input"] = [{"type": "user_input", "content": content}]
    form = payload["response_format"]
    if request.mode == "upscale":
        form["resolution"] = request.resolution
    elif request.mode not in FOLLOWING:
        form["resolution"], form["duration"] = request.resolution, f"{request.seconds}s"
        if request.aspect != "auto":
            form["aspect_ratio"] = request.aspect
    generation: dict[str, Any] = {}
    if request.seed is not None:
        generation["seed"] = request.seed
    if request.mode in TASKS and not (earlier and request.mode == "edit"):
        generation["video_config"] = {"task": TASKS[request.mode]}
    if generation:
        payload["generation_config"] = generation
    return payload


def read_interaction(body: bytes | str) -> _Interaction:
    """An answer about an interaction.

    Raises:
        ValidationError: it is none.
    """
    return _Interaction.model_validate_json(body)


def read_progress(interaction: _Interaction, ticket: Ticket) -> Progress:
    """How an interaction stands."""
    word = interaction.status
    state = STATUS.get(word)
    if state is None:
        state = "failed" if any(end in word.lower() for end in _ENDINGS) else "running"
    match state:
        case "queued":
            return Queued()
        case "running":
            return Running()
        case "failed":
            return Failed(error=_ended(interaction, ticket), stopped=word == "cancelled")
    for part in interaction.output:
        if part.type == "video" and (part.uri or part.data):
            tokens = interaction.video_tokens
            return Done(ticket=ticket, url=part.uri, data={"video_tokens": tokens} if tokens else {})
    if interaction.video_tokens:
        return Failed(error=_error(VendorFault, "a clip was made and not handed out", ticket), billed=True)
    said = " ".join(part.text for part in interaction.output if part.text)
    if not said:
        return Failed(error=_error(VendorFault, "finished without a clip", ticket))
    return Failed(error=_error(OutputModerated, scrub(said), ticket, moderation_code(said)))


def _ended(interaction: _Interaction, ticket: Ticket) -> ProviderError:
    problem = next(iter(interaction.problems), _Problem(code=interaction.status))
    code = str(problem.code) or interaction.status
    if is_moderation(code, problem.message):
        word = moderation_code(problem.message)
        return _error(OutputModerated, scrub(problem.message), ticket, word)
    return _error(VendorFault, scrub(problem.message), ticket, code)


def _part(item: MediaInput, data: str) -> dict[str, str]:
    if item.kind == "audio":
        raise Unsupported("Gemini Omni takes no audio")
    return {"type": item.kind, "data": data, "mime_type": plain_mime(item)}


def _tagged(request: VideoRequest) -> str:
    """The prompt with a tag for every file: in place of its name, else in front."""
    tags: list[tuple[str, str]] = []
    pictures = clips = 0
    for item in request.media:
        match item.role:
            case "first-frame":
                tag = "<FIRST_FRAME>"
            case "last-frame":
                tag = "<LAST_FRAME>"
            case "reference-image":
                tag, pictures = f"<IMAGE_REF_{pictures}>", pictures + 1
            case "reference-video":
                tag, clips = f"<VIDEO_REF_{clips}>", clips + 1
            case "source-video":
                continue
            case _:
                raise Unsupported(f"Gemini Omni has no place for a {item.role}")
        tags.append((item.name, tag))
    prompt = named(request.prompt, {name: tag for name, tag in tags if name})
    missing = [tag for _, tag in tags if tag not in prompt]
    return " ".join([*missing, prompt])


def _error(kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
    return kind(
        text, provider=ticket.provider, model=ticket.model, remote_id=ticket.remote_id, vendor_code=code
    )
