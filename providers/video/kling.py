"""Kling's own API, "new standard": model in the path, static API key, one route for all questions.

Docs: kling.ai/document-api (50 pages as stored in September 2026), checked 2026-11-22. Quirks:
1. `settings.multi_shot` is true where it is missing (3.0, 3.0 Omni): false is sent for a single shot.
   Several shots are written into the prompt, and their seconds must add up to the duration.
2. The switch `settings.audio` exists on 2.6, 3.0, Omni and O1; 3.0 Turbo always makes sound, 2.5 Turbo
   never, both without the field. "original" keeps the sound of an edited clip; O1 makes none of its own.
3. Pictures decide the aspect: it is sent with words and references only. An edit has its clip's length.
4. `duration` is a whole number here, a text on the legacy routes; times are milliseconds.
5. A creation whose answer was lost is sent again under the same `external_task_id`: the vendor refuses it,
   and the task is looked up by that name.
6. At most 20 ids in one question (seen live 2026-09-20); unknown ones are left out of the answer.
7. Ids in `contents` must not be part of one another, so files are called image_1, video_1.
8. Pictures that talk, sound for a clip, lips to a recording and voices out of one are jobs below `/v1`
   (wire/kling_older.py).

The operator's switches: `TALKREEL_PROVIDERS__KLING__OPTIONS__ELEMENT_HERO=<id>` makes `@hero` in a prompt
mean an element of the account (3.0 with a first frame, 3.0 Omni, O1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from providers.base import (
    MediaInput,
    Progress,
    ProviderConfig,
    Role,
    Shot,
    Ticket,
    VideoRequest,
)
from providers.errors import BadRequest, OutcomeUnknown, Unreachable, Unsupported
from providers.wire.batches import Batches
from providers.wire.kling import (
    TAKEN,
    KlingWire,
    Standing,
    Wire,
    file_text,
    ticket_data,
)
from providers.wire.kling_names import elements_of, file_ids, mentioned, voices_of, with_voices
from providers.wire.kling_older import KlingOlder
from providers.wire.naming import said_with

ENV = ("KLING_API_KEY",)
MOST_IDS = 20
MAX_IMAGE_BYTES = 50_000_000


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Which fields a model knows.

    Attributes:
        audio: values of `settings.audio`; empty = no such field.
        shots: it has `settings.multi_shot`.
        omni: one route for everything, and contents have ids.
        elements: how many elements it takes beside pictures.
        framed: elements may also come beside a first and a last frame.
        voices: how many voices of the account can speak, beside a first frame and at 1080p with sound.
    """

    audio: tuple[str, ...] = ()
    shots: bool = False
    omni: bool = False
    elements: int = 0
    framed: bool = True
    voices: int = 0


DIALECTS: Mapping[str, Dialect] = {
    "kling-2.5-turbo": Dialect(),
    "kling-2.6": Dialect(audio=("native", "off"), voices=2),
    "kling-3.0": Dialect(audio=("native", "off"), shots=True, elements=3),
    "kling-3.0-turbo": Dialect(),
    "kling-3.0-omni": Dialect(audio=("native", "original", "off"), shots=True, omni=True, elements=7),
    "kling-o1": Dialect(audio=("original", "off"), omni=True, elements=7, framed=False),
}
CONTENTS: Mapping[Role, str] = {
    "first-frame": "first_frame",
    "last-frame": "last_frame",
    "reference-image": "refer_image",
    "reference-video": "feature_video",
    "source-video": "base_video",
}
# Reference pictures and elements together.
MOST_BESIDE_VIDEO = 4


class _Created(Wire):
    id: str


class _Output(Wire):
    type: str = "video"
    id: str = ""
    url: str = ""


class _Charge(Wire):
    charge_type: str = ""
    amount: Decimal = Decimal(0)


class _Task(Wire):
    id: str
    status: str
    message: str | None = ""
    external_id: str | None = ""
    outputs: list[_Output] | None = None
    billing: list[_Charge] | None = None


class Kling(KlingOlder):
    """The three steps, for clips, their sound and their lips; and voices out of recordings."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._elements = elements_of(config.options)
        super().__init__(KlingWire(config, env=ENV, token=lambda keys: keys[ENV[0]]))
        self._polls = Batches(self._ask, most=MOST_IDS)

    async def close(self) -> None:
        """Give up open questions and close the connections."""
        await self._polls.close()
        await self._wire.close()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job; under the same `job_key` it is started once, however often this is called."""
        older = await self.submit_older(request, job_key=job_key)
        if older is not None:
            return older
        path = path_of(request)
        files = [await file_text(item, max_bytes=MAX_IMAGE_BYTES) for item in request.media]
        payload = build_payload(request, files, elements=self._elements, job_key=job_key)
        try:
            data = await self._wire.create(path, payload, model=request.model)
        except BadRequest as refused:
            known = await self._known(request, job_key) if refused.vendor_code == TAKEN else None
            if known is None:
                raise
            return known
        try:
            created = _Created.model_validate(data)
        except ValidationError:
            raise self._wire.unreadable(OutcomeUnknown, request.model) from None
        return self._ticket(request, created.id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands, together with the other jobs that are asked about just now."""
        older = await self.poll_older(ticket)
        if older is not None:
            return older
        try:
            task = await self._polls.get(ticket.remote_id)
        except Unreachable as error:
            raise Unreachable(
                error.said,
                provider=self.id,
                model=ticket.model,
                remote_id=ticket.remote_id,
                retry_after=error.retry_after,
                vendor_code=error.vendor_code,
            ) from None
        if task is None:
            return self._wire.forgotten(ticket)
        return self._wire.progress(read_standing(task), ticket)

    async def _known(self, request: VideoRequest, job_key: str) -> Ticket | None:
        """The task that carries our key, if 1201 meant that there is one."""
        try:
            data = await self._wire.look("/tasks", model=request.model, params={"external_task_ids": job_key})
            tasks = self._tasks(data or [])
        except Unreachable:
            raise OutcomeUnknown(
                "it may exist and cannot be looked up", provider=self.id, model=request.model
            ) from None
        found = [task for task in tasks if task.external_id == job_key]
        return self._ticket(request, found[0].id) if found else None

    async def _ask(self, ids: Sequence[str]) -> Mapping[str, _Task]:
        data = await self._wire.look("/tasks", model="", params={"task_ids": ",".join(ids)})
        if data is None and len(ids) > 1:
            # One unknown id may have spoiled the question for all.
            alone = [await self._ask((one,)) for one in ids]
            return {identity: task for answer in alone for identity, task in answer.items()}
        return {task.id: task for task in self._tasks(data or [])}

    def _tasks(self, data: Any) -> list[_Task]:
        try:
            return [_Task.model_validate(item) for item in data]
        except (ValidationError, TypeError):
            raise self._wire.unreadable(Unreachable, "") from None

    def _ticket(self, request: VideoRequest, remote_id: str) -> Ticket:
        return Ticket(provider=self.id, model=request.model, remote_id=remote_id, data=ticket_data(request))


def path_of(request: VideoRequest) -> str:
    """Where a request goes."""
    if _dialect(request).omni:
        return f"/omni-video/{request.api_name}"
    kind = "text-to-video" if request.mode == "text" else "image-to-video"
    return f"/{kind}/{request.api_name}"


def build_payload(
    request: VideoRequest, files: Sequence[str], *, elements: Mapping[str, str], job_key: str
) -> dict[str, Any]:
    """The request in the vendor's words.

    Args:
        request: the normalised request.
        files: its media as links or bare Base64, in the same order.
        elements: the account's elements by name.
        job_key: our name of the task.

    Raises:
        Unsupported: the vendor has no word for it.
    """
    dialect = _dialect(request)
    if request.shots and (not dialect.shots or request.mode == "edit"):
        raise Unsupported(f"{request.api_name} makes one shot here")
    words = shots_text(request.prompt, request.shots) if request.shots else request.prompt
    used = mentioned(words, elements, request.media, most=_room(request, dialect))
    ids = file_ids(request.media)
    named = {element.name: f"@{element.id}" for element in used}
    for item, identity in zip(request.media, ids, strict=True):
        named[item.name] = f"@{identity}" if dialect.omni else item.name
    speaking = voices_of(request, most=dialect.voices)
    words = with_voices(said_with(words, named), speaking, "@v{}")
    payload: dict[str, Any] = {"settings": _settings(request, dialect)}
    if request.mode == "text" and not dialect.omni:
        payload["prompt"] = words
    else:
        contents: list[dict[str, str]] = [{"type": "prompt", "text": words}]
        for item, identity, data in zip(request.media, ids, files, strict=True):
            content = {"type": _content(item), "url": data}
            contents.append(content | ({"id": identity} if dialect.omni else {}))
        contents += [
            {"type": "voice", "voice_id": voice, "id": f"v{place}"} for place, voice in enumerate(speaking, 1)
        ]
        contents += [{"type": "element", "element_id": one.number, "id": one.id} for one in used]
        payload["contents"] = contents
    payload["options"] = {"external_task_id": job_key}
    return payload


def shots_text(prompt: str, shots: Sequence[Shot]) -> str:
    """Several shots in the vendor's notation; what is said of the whole clip opens the first one."""
    parts = []
    for number, shot in enumerate(shots, 1):
        opening = prompt if number == 1 else ""
        # A semicolon ends a shot, so none may stand inside one.
        words = " ".join(f"{opening} {shot.prompt}".replace(";", ",").split())
        parts.append(f"shot {number}, {shot.seconds}, {words};")
    return " ".join(parts)


def read_standing(task: _Task) -> Standing:
    """How a task stands."""
    clip = next((item for item in task.outputs or [] if item.type == "video" and item.url), _Output())
    charges = [charge.amount for charge in task.billing or [] if charge.charge_type == "unit"]
    return Standing(
        state=task.status,
        message=task.message or "",
        url=clip.url,
        video_id=clip.id,
        units=sum(charges, Decimal(0)) if charges else None,
    )


def _settings(request: VideoRequest, dialect: Dialect) -> dict[str, Any]:
    settings: dict[str, Any] = {"resolution": request.resolution}
    imitates = bool(request.with_role("reference-video"))
    if dialect.audio:
        wanted = "off"
        if request.sound:
            wanted = "original" if request.mode == "edit" else "native"
        if wanted not in dialect.audio:
            raise Unsupported(f"{request.api_name} makes no sound")
        settings["audio"] = wanted
    if dialect.shots:
        # Imitating a clip works with several shots only, says the vendor, also where just one is described.
        settings["multi_shot"] = bool(request.shots) or imitates
    if request.mode in ("text", "references"):
        settings["aspect_ratio"] = request.aspect
    if request.mode != "edit":
        settings["duration"] = request.seconds
    return settings


def _room(request: VideoRequest, dialect: Dialect) -> int:
    """How many elements may come along."""
    if request.mode == "first-last" and not dialect.framed:
        return 0
    if not dialect.omni:
        return 0 if request.mode == "text" else dialect.elements
    most = MOST_BESIDE_VIDEO if _has_video(request) else dialect.elements
    return most - len(request.with_role("reference-image"))


def _has_video(request: VideoRequest) -> bool:
    return any(item.kind == "video" for item in request.media)


def _content(item: MediaInput) -> str:
    if item.role not in CONTENTS:
        raise Unsupported(f"no place for a {item.role}")
    return CONTENTS[item.role]


def _dialect(request: VideoRequest) -> Dialect:
    dialect = DIALECTS.get(request.api_name)
    if dialect is None:
        raise Unsupported(f"no model {request.api_name!r}")
    if request.with_role("reference-video", "source-video") and not dialect.omni:
        raise Unsupported(f"{request.api_name} takes no clips")
    if _has_video(request) and len(request.with_role("reference-image")) > MOST_BESIDE_VIDEO:
        raise Unsupported(f"{request.api_name} takes {MOST_BESIDE_VIDEO} pictures beside a clip")
    return dialect
