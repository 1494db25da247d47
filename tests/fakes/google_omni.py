"""The Interactions API for Gemini Omni over a real socket, strict about the key, fields and combinations.

POST   /v1/interactions                 with `background`, else it stays open until the clip is ready
GET    /v1/interactions/{id}?stream=false
POST   /v1/interactions/{id}/cancel · DELETE /v1/interactions/{id}
GET    /v1beta/files/{name}:download?alt=media     wants the key too
"""

from __future__ import annotations

import asyncio
import base64
import io
import re
from typing import Any

import av
from aiohttp import web

from tests.fakes.google_server import (
    GoogleServer,
    Job,
    Refusal,
    decoded,
    error,
    faults_of,
    known,
    parsed,
    reason,
)
from tests.fakes.vendor_files import Recipe

GOOD_KEY = "AIza-good-7c1f09d2e85b4a63"
BROKE_KEY = "AIza-broke-51aa20c7"
LONGEST = {"gemini-omni-1.1-flash": 10, "gemini-omni-1.2-flash": 15}
RULES = "The request was blocked for safety reasons. It violates our usage guidelines."
_IMAGES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"WEBP"}
_CLIPS = {"video/mp4": b"ftyp", "video/webm": b"\x1aE\xdf\xa3", "video/mov": b"ftyp"}
_FORM = {
    "aspect_ratio": ("16:9", "9:16"),
    "delivery": ("inline", "uri"),
    "resolution": ("360p", "720p", "1080p", "4k"),
}
_TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
_FOLLOWING = ("edit", "extend", "upscale")
_TAGS = {
    "image": re.compile(r"<(?:FIRST_FRAME|LAST_FRAME|IMAGE_REF_\d+)>"),
    "video": re.compile(r"<VIDEO_REF_\d+>"),
}
_BODY = {
    "model",
    "input",
    "background",
    "store",
    "stream",
    "generation_config",
    "response_format",
    "previous_interaction_id",
    "webhook_config",
}


class FakeOmni(GoogleServer):
    """The vendor."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Say what is answered where."""
        router.add_post("/v1/interactions", self._submit)
        router.add_get("/v1/interactions/{id}", self._poll)
        router.add_post("/v1/interactions/{id}/cancel", self._cancel)
        router.add_delete("/v1/interactions/{id}", self._delete)
        router.add_get("/{version:v1|v1beta}/files/{name}:download", self._download)

    def _check_key(self, request: web.Request) -> None:
        key = request.headers.get("x-goog-api-key", "")
        if not key:
            body = error(403, "Method doesn't allow unregistered callers.", "PERMISSION_DENIED")
            raise Refusal(403, [body])
        if key not in (GOOD_KEY, BROKE_KEY):
            text = f"API key not valid. Please pass a valid API key. {key}"
            raise Refusal(400, [error(400, text, "INVALID_ARGUMENT", reason("API_KEY_INVALID"))])

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        if request.query:
            raise refused("Unknown query.")
        body = await parsed(request)
        prompt, recipe = read_order(body, self._earlier(body))
        if request.headers["x-goog-api-key"] == BROKE_KEY:
            raise Refusal(429, _words("too_many_requests", "Your prepayment credits are depleted."))
        faults = faults_of(prompt)
        for fault in faults:
            if fault.name.startswith("submit-"):
                raise _refusal(fault.name, fault.value, request.headers["x-goog-api-key"])
        job = Job(id=f"v1_{self.number():04d}", model=body["model"], recipe=recipe, faults=faults, body=body)
        self.jobs[job.id] = job
        if not body.get("background"):
            while self.state(job) in ("queued", "running") and not self._closing.is_set():
                await self.pause(0.01)
        return await self.after_accepting(request, job, await self._told(request, job))

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request)
        if set(request.query) - {"stream", "include_input"}:
            raise refused("Unknown query.")
        if self.take(job, "poll-gone"):
            raise refused(f"Invalid interaction name: {job.id}")
        if self.take(job, "poll-400"):
            raise refused("Request is missing required authentication credential.")
        broken = self.before_polling(request, job)
        return broken if broken is not None else web.json_response(await self._told(request, job))

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request)
        if self.take(job, "cancel-late") or self.state(job) == "done":
            raise refused("Only a running interaction can be cancelled.")
        job.cancelled = True
        return web.json_response(await self._told(request, job))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        del self.jobs[self._job(request).id]
        return web.json_response({})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        job = self.jobs.get(request.match_info["name"].replace("clip", "v1_"))
        if job is None:
            raise Refusal(404, error(404, "File not found.", "NOT_FOUND"))
        if request.query.get("alt") != "media":
            return web.json_response({"name": f"files/{request.match_info['name']}", "state": "ACTIVE"})
        return await self.file(request, job)

    def _earlier(self, body: dict[str, Any]) -> float:
        """The seconds of the clip of the interaction that is gone on from; 0 = none is named."""
        name = body.get("previous_interaction_id")
        if name is None:
            return 0.0
        job = self.jobs.get(name)
        if job is None or self.state(job) != "done":
            raise refused(f"Invalid interaction name: {name}")
        return job.recipe.seconds

    def _job(self, request: web.Request) -> Job:
        self._check_key(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            raise refused(f"Invalid interaction name: {request.match_info['id']}")
        return job

    async def _told(self, request: web.Request, job: Job) -> dict[str, Any]:
        """The interaction as it stands."""
        words = {"queued": "queued", "running": "in_progress", "cancelled": "cancelled", "done": "completed"}
        state = self.state(job)
        answer: dict[str, Any] = {
            "id": job.id,
            "object": "interaction",
            "status": words[state],
            "model": job.model,
            "created": "2026-11-22T12:00:00Z",
            "updated": "2026-11-22T12:00:00Z",
            "role": "model",
        }
        if state != "done":
            return answer
        fault = self.take(
            job, "end-failed", "end-rules", "end-moderated", "end-audio", "end-empty", "end-lost"
        )
        match fault.name if fault else "":
            case "end-failed":
                problem = {"code": "internal_error", "message": "Generation failed."}
                return answer | {"status": "failed", "errors": [problem]}
            case "end-rules":
                problem = {"code": "SAFETY", "message": "The prompt was blocked."}
                return answer | {"status": "failed", "errors": [problem]}
            case "end-moderated" | "end-audio":
                return answer | _output({"type": "text", "text": "I can't generate that video."}, 0)
            case "end-empty":
                return answer | {"steps": []}
            case "end-lost":
                return answer | {"steps": []} | _usage(46890)
        part: dict[str, Any] = {"type": "video", "mime_type": "video/mp4"}
        form = job.body.get("response_format", {})
        if form.get("delivery") == "uri":
            part["uri"] = (
                f"{request.scheme}://{request.host}/v1beta/files/{job.id.replace('v1_', 'clip')}:download"
            )
        else:
            path = await self.clip_of(job)
            part["data"] = base64.b64encode(await asyncio.to_thread(path.read_bytes)).decode()
        return answer | _output(part, 46890)


def read_order(body: dict[str, Any], earlier: float = 0.0) -> tuple[str, Recipe]:
    """The prompt and the clip of an order.

    Args:
        body: as it was sent.
        earlier: the seconds of the clip of the interaction that it goes on from.

    Raises:
        Refusal: a field is unknown or of the wrong type, or fields do not go together.
    """
    _known(body, _BODY)
    model = body.get("model")
    if model not in LONGEST:
        raise Refusal(404, _words("not_found", f"models/{model} is no longer available."))
    if type(body.get("background", False)) is not bool:
        raise refused("background must be a boolean.")
    prompt, parts = _input(body.get("input"))
    form = _known(body.get("response_format", {"type": "video"}), {*_FORM, "type", "duration", "gcs_uri"})
    if form.get("type") != "video" or "gcs_uri" in form:
        raise refused("Invalid response_format.")
    for name, allowed in _FORM.items():
        if form.get(name, allowed[0]) not in allowed:
            raise refused(f"Invalid {name}.")
    config = _known(body.get("generation_config", {}), {"seed", "video_config"})
    if type(config.get("seed", 0)) is not int:
        raise refused("Invalid seed.")
    task = _known(config.get("video_config", {}), {"task"}).get("task", "")
    if task and task not in _TASKS:
        raise refused("Invalid task.")
    if task == "upscale" and (model != "gemini-omni-1.2-flash" or "resolution" not in form):
        raise refused("upscale needs gemini-omni-1.2-flash and a resolution.")
    source = _check_parts(parts, prompt, task, previous=bool(earlier)) or earlier
    seconds = _seconds(form, LONGEST[model], task or ("edit" if earlier else ""))
    aspect = form.get("aspect_ratio", "16:9")
    return prompt, Recipe(seconds=source + seconds if source else seconds, aspect=aspect, sound="tone")


def _seconds(form: dict[str, Any], longest: int, task: str) -> float:
    """The length asked for; what follows a source has none of its own."""
    if task in _FOLLOWING:
        if {"duration", "aspect_ratio"} & set(form):
            raise refused("duration and aspect_ratio follow the input video.")
        return 2 if task == "extend" else 0
    duration = form.get("duration", "8s")
    found = re.fullmatch(r"(\d+)s", duration) if isinstance(duration, str) else None
    if found is None:
        raise refused("Invalid duration.")
    if not 3 <= int(found[1]) <= longest:
        raise refused(f"Invalid duration: minimum allowed 3s, maximum allowed {longest}s.")
    return int(found[1])


def _input(value: object) -> tuple[str, list[dict[str, Any]]]:
    if isinstance(value, str) and value:
        return value, []
    if not isinstance(value, list) or len(value) != 1:
        raise refused("Invalid input.")
    step = _known(value[0], {"type", "content"})
    if step.get("type") != "user_input" or not isinstance(step.get("content"), list):
        raise refused("Invalid input.")
    texts, parts = [], []
    for part in step["content"]:
        _known(part, {"type", "text", "data", "mime_type", "uri"})
        if part.get("type") == "text":
            texts.append(str(part.get("text", "")))
        elif part.get("type") in ("image", "video"):
            parts.append(part)
        else:
            raise refused(f"{part.get('type')} input is not supported by this model.")
    if len(texts) != 1:
        raise refused("One text is needed.")
    return texts[0], parts


def _check_parts(parts: list[dict[str, Any]], prompt: str, task: str, *, previous: bool) -> float:
    """Check the files; returns the seconds of a clip that is to be changed or extended."""
    source = 0.0
    for part in parts:
        if "uri" in part:
            continue
        data = decoded(
            part.get("data"), part.get("mime_type"), _IMAGES if part["type"] == "image" else _CLIPS
        )
        if part["type"] == "video" and task in _FOLLOWING:
            with av.open(io.BytesIO(data), "r") as clip:
                source = round((clip.duration or 0) / 1_000_000 * 24) / 24
    kinds = [part["type"] for part in parts]
    if task in _FOLLOWING:
        if kinds != ["video"] and not previous:
            raise refused(f"{task} needs one video.")
        return source
    wanted = {"image_to_video": 1, "reference_to_video": 1}.get(task, 0)
    if len(parts) < wanted or (task == "text_to_video" and parts) or kinds.count("image") > 10:
        raise refused("The inputs do not fit the task.")
    for kind, tags in _TAGS.items():
        if len(set(tags.findall(prompt))) != kinds.count(kind):
            raise refused(f"Every {kind} needs a tag in the prompt.")
    return 0.0


def _known(fields: object, allowed: set[str]) -> dict[str, Any]:
    try:
        return known(fields, allowed, "body")
    except Refusal as problem:
        assert isinstance(problem.body, dict)
        raise refused(problem.body["error"]["message"]) from None


def _output(part: dict[str, Any], video_tokens: int) -> dict[str, Any]:
    return {"steps": [{"type": "model_output", "content": [part]}]} | _usage(video_tokens)


def _usage(video_tokens: int) -> dict[str, Any]:
    usage: dict[str, Any] = {"total_tokens": video_tokens + 30}
    if video_tokens:
        usage["output_tokens_by_modality"] = [{"modality": "video", "tokens": video_tokens}]
    return {"usage": usage}


def _words(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def refused(message: str) -> Refusal:
    """A field is wrong."""
    return Refusal(400, _words("invalid_request", message))


def _refusal(name: str, value: str, key: str) -> Refusal:
    match name:
        case "submit-rules":
            return refused(RULES)
        case "submit-gone":
            return Refusal(404, _words("not_found", "The model is no longer available."))
        case "submit-billing" | "submit-daily":
            return Refusal(429, _words("too_many_requests", "Spending cap reached for this project."))
        case "submit-limit":
            text = "You exceeded your current quota, please check your plan and billing details."
            headers = {} if value == "none" else {"Retry-After": value or "7"}
            return Refusal(429, _words("too_many_requests", text), headers)
        case "submit-500":
            return Refusal(500, _words("internal_error", "Internal error."))
    # An error text may repeat what was sent.
    return refused(f"The request with {key} is not valid.")
