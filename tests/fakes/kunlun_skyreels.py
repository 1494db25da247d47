"""SkyReels V4 on a real local socket: the key in the body, codes whatever the status, states as documented.

It takes what the vendor and its integrators document. In a test: `async with FakeSkyreels() as vendor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.faults import faults_in, find
from tests.fakes.studio import Job, Refusal, Studio

GOOD_KEY = "sky-good-71f0c2aa9e55b3"
BROKE_KEY = "sky-broke-02b1d8c4f7aa90"
ASPECTS = ("16:9", "4:3", "1:1", "9:16", "3:4")
PATHS = ("text2video", "image2video", "omni-video")
COMMON = {"api_key", "prompt", "duration", "sound", "prompt_optimizer", "mode", "resolution"}
FIELDS: Mapping[str, set[str]] = {
    "text2video": COMMON | {"aspect_ratio"},
    "image2video": COMMON | {"first_frame_image", "end_frame_image", "mid_frame_images"},
    "omni-video": COMMON | {"aspect_ratio", "ref_images", "ref_videos"},
}
CREDITS: Mapping[tuple[str, str], float] = {
    ("fast", "480p"): 8,
    ("fast", "720p"): 11,
    ("fast", "1080p"): 27.5,
    ("std", "480p"): 11,
    ("std", "720p"): 14,
    ("std", "1080p"): 35,
}
# HTTP status, code, the vendor's words.
REFUSALS: Mapping[str, tuple[int, int, str]] = {
    "submit-482": (200, 482, "the prompt breaks the platform's security policy"),
    "submit-482-loud": (400, 482, "the prompt breaks the platform's security policy"),
    "submit-503-policy": (200, 503, "content violates the policy"),
    "submit-503": (200, 503, "no machine is free"),
    "submit-422": (200, 422, "parameter error: duration"),
    "submit-404": (200, 404, "not found"),
    "submit-481": (200, 481, "concurrency limit of the package"),
    "submit-429": (429, 429, "service busy"),
    "submit-500": (200, 500, "internal error"),
    "submit-500-loud": (500, 500, "internal error"),
}
ENDS: Mapping[str, tuple[int, str, str]] = {
    "end-failed": (500, "failed", "generation failed"),
    "end-failed-200": (200, "failed", "generation failed"),
    "end-moderated": (500, "failed", "output did not pass moderation"),
    "end-482": (482, "failed", "security policy"),
}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys((*REFUSALS, *ENDS), 0),
    **dict.fromkeys(("submit-detail", "done-as-running", "no-link"), 0),
    **dict.fromkeys(("poll-unknown", "poll-481"), 1),
}


class FakeSkyreels(Studio):
    """The vendor."""

    def __init__(self, *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        super().__init__(FAULTS, queue_ms=queue_ms, run_ms=run_ms)

    def routes(self, app: web.Application) -> None:
        """Two calls for each of the three modes."""
        for path in PATHS:
            app.router.add_post(f"/api/v1/video/{{path:{path}}}/submit", self._create)
            app.router.add_get(f"/api/v1/video/{{path:{path}}}/task/{{id}}", self._ask)

    def check_download(self, request: web.Request, job: Job) -> None:
        """Plain links."""
        if "Authorization" in request.headers:
            raise Refusal(400, {"Code": "InvalidArgument"})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.calls["create"] += 1
        body = self.seen[-1].body
        if not isinstance(body, dict) or not isinstance(body.get("prompt"), str):
            raise _detail("prompt", "field required", body)
        key = body.get("api_key")
        if key not in (GOOD_KEY, BROKE_KEY):
            raise told(401, f"invalid api_key: {key}")
        if key == BROKE_KEY:
            raise told(480, "insufficient credits")
        faults = faults_in(body["prompt"], self.known)
        refused = find(faults, *REFUSALS)
        if refused is not None:
            status, code, words = REFUSALS[refused.name]
            raise told(code, words, status=status, wait=refused.value)
        if find(faults, "submit-detail"):
            raise _detail("duration", "value is not a valid integer", body)
        path = request.match_info["path"]
        check(path, body)
        number = next(self.numbers)
        job = self.accept(
            f"{path[:4]}-{number}",
            prompt=body["prompt"],
            seconds=body["duration"],
            aspect=body.get("aspect_ratio", "16:9"),
            sound=body["sound"],
            body=body,
        )
        job.facts = {"path": path}
        return await self.accepted(request, job, _answer(job.id, "ok", "Task submitted successfully"))

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self.calls["ask"] += 1
        job = self.jobs.get(request.match_info["id"])
        if job is None or job.facts["path"] != request.match_info["path"] or find(job.faults, "gone"):
            raise told(404, "task not found", status=404)
        fault = self.poll_fault(request, job)
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"task_id": "te', content_type="application/json")
            case "poll-strange":
                return web.json_response(_answer(job.id, "pondering", ""))
            case "poll-unknown":
                return web.json_response(_answer(job.id, "unknown", ""))
            case "poll-481":
                raise told(481, "concurrency limit of the package")
            case "poll-error":
                raise told(500, "internal error", status=500)
            case "poll-limit":
                raise told(429, "service busy", status=429, wait="3")
        if job.standing != "ended":
            status = {"queued": "pending", "running": "running"}[job.standing]
            return web.json_response(_answer(job.id, status, ""))
        end = find(job.faults, *ENDS)
        if end is not None:
            code, status, words = ENDS[end.name]
            return web.json_response(_answer(job.id, status, words, code=code))
        credits = CREDITS[job.body["mode"], job.body["resolution"]] * job.seconds
        made = {
            "video_url": "" if find(job.faults, "no-link") else self.link(job),
            "duration": job.seconds,
            "resolution": job.body["resolution"],
            "cost_credits": credits,
        }
        status = "running" if find(job.faults, "done-as-running") else "success"
        return web.json_response(_answer(job.id, status, "Task completed successfully") | {"data": made})


def told(code: int, words: str, *, status: int = 200, wait: str = "") -> Refusal:
    """An error: the code is in the body, the status may or may not say the same."""
    return Refusal(status, _answer("", "error", words, code=code), {"Retry-After": wait} if wait else {})


def check(path: str, body: Mapping[str, Any]) -> None:
    """Refuse what is not documented, and what an adapter must never leave open."""
    if strange := set(body) - FIELDS[path]:
        raise told(422, f"unknown fields {sorted(strange)}")
    if type(body.get("duration")) is not int or not 3 <= body["duration"] <= 15:
        raise told(422, "duration must be 3 to 15")
    if (body.get("mode"), body.get("resolution")) not in CREDITS:
        raise told(422, "mode and resolution are not known, or were left open")
    for switch in ("sound", "prompt_optimizer"):
        if type(body.get(switch)) is not bool:
            raise told(422, f"{switch} must be a boolean, and an adapter always says it")
    if body["sound"] and body["mode"] == "fast":
        raise told(422, "sound is not supported in fast mode")
    if path != "image2video" and body.get("aspect_ratio") not in ASPECTS:
        raise told(422, "aspect_ratio is not known, or was left open")
    if path == "image2video":
        frames = [body[name] for name in ("first_frame_image", "end_frame_image") if name in body]
        if not frames:
            raise told(422, "at least one frame")
        for link in frames:
            _link(link)
    if path == "omni-video":
        _references(body)


def _references(body: Mapping[str, Any]) -> None:
    pictures = body.get("ref_images", [])
    if not 1 <= len(pictures) <= 3:
        raise told(422, "1 to 3 reference images")
    for part in pictures:
        if not {"tag", "type", "image_urls"} <= set(part) <= {"tag", "type", "image_urls", "audio_url"}:
            raise told(422, "ref_images has unknown fields")
        if part["type"] != "image" or not 1 <= len(part["image_urls"]) <= 5:
            raise told(422, "an image has 1 to 5 pictures")
        if not part["tag"].startswith("@") or part["tag"] not in body["prompt"]:
            raise told(422, f"the tag {part['tag']} is not in the prompt")
        for link in (*part["image_urls"], *([part["audio_url"]] if "audio_url" in part else [])):
            _link(link)


def _link(value: object) -> None:
    if not isinstance(value, str) or not value.startswith("https://"):
        raise told(422, "only links are taken")


def _answer(identity: str, status: str, words: str, *, code: int = 200) -> dict[str, Any]:
    return {
        "task_id": identity,
        "msg": words,
        "code": code,
        "status": status,
        "data": None,
        "trace_id": "trace",
    }


def _detail(field: str, words: str, body: object) -> Refusal:
    """The form of a framework that repeats what it was sent."""
    return Refusal(422, {"detail": [{"loc": ["body", field], "msg": words, "input": body}]})
