"""Replicate on a real local socket: predictions, files, the list; for the adapter and the vendor's SDK.

It takes the fields of the models' own pages and no others. Faults are asked for by words in the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.faults import find
from tests.fakes.studio import Job, Refusal, Studio, bearer, now_ms

GOOD_KEY = "r8_good51c0de72a9f3b846"
BROKE_KEY = "r8_broke0d21bb64c7a985"
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "submit-moderated": (422, "Input validation failed", "The input was flagged as sensitive."),
    "submit-invalid": (422, "Input validation failed", "- input.duration: must be one of 4, 6, 8\n"),
    "submit-gone": (404, "Not found", "The requested resource could not be found."),
    "submit-429": (429, "Too many requests", "Request was throttled. Expected available in 7 seconds."),
    "submit-429-plain": (429, "Too many requests", "Request was throttled."),
    "submit-500": (500, "Server error", "internal error"),
}
ENDS: Mapping[str, tuple[str, str | None]] = {
    "end-failed": ("failed", "The model crashed. (E6716)"),
    "end-moderated": ("failed", "The input or output was flagged as sensitive. Please try again. (E005)"),
    "end-aborted": ("aborted", None),
}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys(REFUSALS, 0),
    **dict.fromkeys(ENDS, 0),
    **dict.fromkeys(("as-list", "removed", "cancel-late"), 0),
}
VEO_SHAPES, THREE = ("16:9", "9:16"), ("16:9", "9:16", "1:1")
HAILUO: dict[str, Any] = {
    "duration": (6, 10),
    "resolution": ("768p", "1080p"),
    "prompt_optimizer": bool,
    "first_frame_image": "file",
}
# Field → its choices, a type, "file" or "files". A star: it must be there.
MODELS: Mapping[str, Mapping[str, Any]] = {
    "google/veo-3.1": {
        "aspect_ratio": VEO_SHAPES,
        "duration": (4, 6, 8),
        "image": "file",
        "last_frame": "file",
        "reference_images": "files",
        "negative_prompt": str,
        "resolution": ("720p", "1080p"),
        "generate_audio": bool,
        "seed": int,
    },
    "minimax/hailuo-2.3": HAILUO,
    "minimax/hailuo-2.3-fast": {**HAILUO, "first_frame_image*": "file"},
    "minimax/hailuo-02": {**HAILUO, "resolution": ("512p", "768p", "1080p"), "last_frame_image": "file"},
    "kwaivgi/kling-v3-video": {
        "negative_prompt": str,
        "start_image": "file",
        "duration": tuple(range(3, 16)),
        "aspect_ratio": THREE,
        "mode": ("standard", "pro", "4k"),
        "generate_audio": bool,
    },
    "kwaivgi/kling-v2.5-turbo-pro": {
        "negative_prompt": str,
        "start_image": "file",
        "duration": (5, 10),
        "aspect_ratio": THREE,
    },
    "bytedance/seedance-2.0": {
        "image": "file",
        "last_frame_image": "file",
        "reference_images": "files",
        "reference_videos": "files",
        "reference_audios": "files",
        "duration": tuple(range(4, 16)),
        "resolution": ("480p", "720p", "1080p"),
        "aspect_ratio": (*THREE, "adaptive"),
        "generate_audio": bool,
        "seed": int,
    },
}
SILENT = ("minimax/", "kwaivgi/kling-v2.5")


class FakeReplicate(Studio):
    """The vendor.

    Attributes:
        stored: files that were handed over, by their links.
    """

    def __init__(self, *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        super().__init__(FAULTS, queue_ms=queue_ms, run_ms=run_ms)
        self.stored: dict[str, bytes] = {}

    def routes(self, app: web.Application) -> None:
        """The calls."""
        app.router.add_post("/v1/models/{owner}/{name}/predictions", self._create)
        app.router.add_get("/v1/predictions", self._list)
        app.router.add_get("/v1/predictions/{id}", self._get)
        app.router.add_post("/v1/predictions/{id}/cancel", self._cancel)
        app.router.add_post("/v1/files", self._store)

    def check_download(self, request: web.Request, job: Job) -> None:
        """The delivery host takes no key, and nothing is left after an hour."""
        if "Authorization" in request.headers:
            raise Refusal(400, {"detail": "a key where none belongs"})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        key = _admit(request)
        if key == BROKE_KEY:
            raise _no(402, "Insufficient credit", "You have insufficient credit to run this model.")
        model = f"{request.match_info['owner']}/{request.match_info['name']}"
        body = self.seen[-1].body
        if not isinstance(body, dict) or set(body) - {"input", "webhook", "webhook_events_filter", "stream"}:
            raise _invalid("body", "unknown fields")
        inputs = check_input(model, body.get("input"), self.stored)
        job = self.accept(
            f"gm3qorzdhgbfurvjtvhg6d{next(self.numbers):04d}",
            prompt=inputs["prompt"],
            seconds=inputs.get("duration", 8),
            aspect=inputs.get("aspect_ratio", "16:9"),
            sound=inputs.get("generate_audio", not model.startswith(SILENT)),
            body=inputs,
        )
        refused = find(job.faults, *REFUSALS)
        if refused is not None:
            del self.jobs[job.id]
            raise _no(*REFUSALS[refused.name])
        job.facts["model"] = model
        self.calls["submit"] += 1
        answer = await self.accepted(request, job, self._told(job))
        if isinstance(answer, web.Response) and answer.status == 200 and not find(job.faults, "lost-garbage"):
            answer.set_status(201)
        return answer

    async def _get(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        job = self._known(request)
        match fault.name if (fault := self.poll_fault(request, job)) else "":
            case "poll-garbage":
                return web.Response(text='{"id": "', content_type="application/json")
            case "poll-strange":
                return web.json_response(self._told(job) | {"status": "pondering"})
            case "poll-error":
                raise _no(500, "Server error", "internal error")
            case "poll-limit":
                raise Refusal(429, {"detail": "Request was throttled."}, {"Retry-After": "3"})
        return web.json_response(self._told(job))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        jobs = [self._told(job) for job in reversed(self.jobs.values())]
        return web.json_response({"previous": None, "next": None, "results": jobs})

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        job = self._known(request)
        if job.standing != "ended" and not find(job.faults, "cancel-late"):
            job.cancelled = True
        return web.json_response(self._told(job))

    async def _store(self, request: web.Request) -> web.StreamResponse:
        _admit(request)
        form = await request.post()
        file = form.get("content")
        if not isinstance(file, web.FileField) or set(form) - {"content", "metadata"}:
            raise _no(400, "Bad request", "content is missing")
        data = file.file.read()
        if file.content_type.startswith("image/"):
            with Image.open(BytesIO(data)) as picture:
                if f"image/{(picture.format or '').lower()}" != file.content_type:
                    raise _no(400, "Bad request", "not what it says it is")
        link = f"{self.url}/v1/files/file{next(self.numbers)}"
        self.stored[link] = data
        answer = {
            "id": link.rpartition("/")[2],
            "name": file.filename,
            "content_type": file.content_type,
            "size": len(data),
            "etag": "e",
            "checksums": {"sha256": "00"},
            "metadata": json.loads(str(form.get("metadata", "{}"))),
            "created_at": _time(now_ms()),
            "expires_at": _time(now_ms() + 86_400_000),
            "urls": {"get": link},
        }
        return web.json_response(answer, status=201)

    def _known(self, request: web.Request) -> Job:
        job = self.jobs.get(request.match_info["id"])
        if job is None or find(job.faults, "gone"):
            raise _no(404, "Not found", "The requested resource could not be found.")
        return job

    def _told(self, job: Job) -> dict[str, Any]:
        """A prediction as it stands."""
        end = find(job.faults, *ENDS)
        status, error = {"queued": ("starting", None), "running": ("processing", None)}.get(
            job.standing, ENDS[end.name] if end else ("succeeded", None)
        )
        output: Any = None
        if job.cancelled:
            status, error = "canceled", None
        elif status == "succeeded" and not find(job.faults, "removed"):
            output = [self.link(job)] if find(job.faults, "as-list") else self.link(job)
        home = f"{self.url}/v1/predictions/{job.id}"
        return {
            "id": job.id,
            "model": job.facts.get("model", ""),
            "version": "hidden",
            "input": job.body,
            "logs": "",
            "output": output,
            "data_removed": bool(find(job.faults, "removed")) and status == "succeeded",
            "error": error,
            "status": status,
            "created_at": _time(job.created_ms),
            "urls": {"get": home, "cancel": f"{home}/cancel", "stream": f"{self.url}/stream"},
        }


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _no(status: int, title: str, detail: str) -> Refusal:
    return Refusal(status, {"title": title, "detail": detail, "status": status})


def _invalid(field: str, words: str) -> Refusal:
    fields = [{"type": "invalid", "field": f"input.{field}", "description": words}]
    body = {"title": "Input validation failed", "detail": f"- input.{field}: {words}\n", "status": 422}
    return Refusal(422, body | {"invalid_fields": fields})


def _admit(request: web.Request) -> str:
    key = bearer(request)
    if key not in (GOOD_KEY, BROKE_KEY):
        raise _no(401, "Unauthenticated", f"You did not pass a valid authentication token: {key}")
    return key


def check_input(model: str, inputs: Any, stored: Collection[str] = ()) -> dict[str, Any]:
    """Refuse what a model does not take.

    Raises:
        Refusal: with the field.
    """
    fields = MODELS.get(model)
    if fields is None:
        raise _no(404, "Not found", "The requested resource could not be found.")
    if not isinstance(inputs, dict) or not isinstance(inputs.get("prompt"), str) or not inputs["prompt"]:
        raise _invalid("prompt", "prompt is required")
    known = {name.removesuffix("*"): kind for name, kind in fields.items()} | {"prompt": str}
    for name in (name.removesuffix("*") for name in fields if name.endswith("*")):
        if name not in inputs:
            raise _invalid(name, f"{name} is required")
    for name, value in inputs.items():
        if name not in known or not _fits(value, known[name], stored):
            raise _invalid(name, f"{name} is not taken like this")
    if inputs.get("resolution") == "1080p" and model.startswith("minimax/") and inputs["duration"] != 6:
        raise _invalid("duration", "1080p supports only 6 seconds")
    if inputs.get("reference_images") and model == "google/veo-3.1":
        if (inputs["aspect_ratio"], inputs["duration"]) != ("16:9", 8):
            raise _invalid("reference_images", "only with 16:9 and 8 seconds")
    return inputs


def _fits(value: Any, kind: Any, stored: Collection[str]) -> bool:
    if kind == "files":
        return isinstance(value, list) and all(_fits(one, "file", stored) for one in value)
    if kind == "file":
        return isinstance(value, str) and (value in stored or value.startswith("https://"))
    if isinstance(kind, tuple):
        return type(value) is type(kind[0]) and value in kind
    return type(value) is kind
