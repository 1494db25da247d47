"""Grok Imagine on a real local socket, strict about every field of its three models.

What it takes follows the vendor's page and its SDK; its words in refusals are those that were seen live. In a
test: `async with FakeGrok() as vendor: … vendor.url …`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.faults import faults_in, find
from tests.fakes.studio import Job, Refusal, Studio, bearer

GOOD_KEY = "xai-good-5b1f77c0a2e9"
BROKE_KEY = "xai-broke-90d3e1aa47c2"
ARGUMENT = "Client specified an invalid argument"
CLASSIC, NEW, LITE = "grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"
ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:2")
VOICES = ("ara", "eve", "leo", "rex")
# Dollars of a second by resolution, of a picture, of a second of a clip that is handed in; in ticks.
USD = 10**10
RATES: Mapping[str, Mapping[str, int]] = {
    CLASSIC: {"480p": 5 * USD // 100, "720p": 7 * USD // 100, "image": USD // 500, "input": USD // 100},
    NEW: {"480p": 8 * USD // 100, "720p": 14 * USD // 100, "1080p": USD // 4, "image": USD // 100},
    LITE: {"480p": 2 * USD // 100, "720p": 3 * USD // 100, "1080p": 14 * USD // 100, "image": USD // 100},
}
COMMON = {"model", "prompt", "duration", "aspect_ratio", "resolution", "generate_audio", "image", "user"}
FIELDS: Mapping[str, set[str]] = {
    CLASSIC: COMMON | {"reference_images", "storage_options", "output"},
    NEW: COMMON
    | {"last_frame", "keyframes", "reference_images", "reference_audios", "storage_options", "output"},
    LITE: COMMON | {"storage_options", "output"},
}
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "submit-moderated": (400, ARGUMENT, "Prompt rejected by content moderation."),
    "submit-invalid": (400, "invalid-argument", "Duration must be between 1 and 15 seconds."),
    "submit-gone": (404, "not-found", "The model does not exist or your team does not have access to it."),
    "submit-429": (429, "Some resource has been exhausted", "Too many requests."),
    "submit-403": (403, "permission-denied", "Team is not allowed to perform this operation."),
    "submit-zdr": (400, "invalid-argument", "Zero Data Retention teams must provide output.upload_url."),
    "submit-500": (500, "internal", "Internal error"),
}
ENDS = ("end-failed", "end-moderated", "end-withheld", "end-refused-poll", "end-invalid", "end-expired")
FAULTS: Mapping[str, int] = {
    **dict.fromkeys((*REFUSALS, *ENDS), 0),
    "poll-forbidden": 1,
    "empty-202": 0,
}


class FakeGrok(Studio):
    """The vendor. `source_seconds`, `source_size`: of the clips that are behind links."""

    def __init__(self, *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        super().__init__(FAULTS, queue_ms=queue_ms, run_ms=run_ms)
        self.source_seconds, self.source_size = 4.0, "720p"

    def routes(self, app: web.Application) -> None:
        """Three ways to start, one to ask."""
        app.router.add_post("/v1/videos/{way:generations|edits|extensions}", self._create)
        app.router.add_get("/v1/videos/{id}", self._ask)

    def check_download(self, request: web.Request, job: Job) -> None:
        """The files' host is another one: a key must not come there."""
        if "Authorization" in request.headers:
            raise Refusal(400, {"error": "a key was sent to the file host"})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.calls["create"] += 1
        key = _checked(request)
        if key == BROKE_KEY:
            words = "Your team has either used all available credits or reached its monthly spending limit."
            raise flat(429, "Some resource has been exhausted", words)
        body = self.seen[-1].body
        if not isinstance(body, dict):
            raise flat(400, "invalid-argument", "the body is not a JSON object")
        prompt = str(body.get("prompt", ""))
        refused = find(faults_in(prompt, self.known), *REFUSALS)
        if refused is not None:
            status, code, words = REFUSALS[refused.name]
            raise flat(status, code, words, {"Retry-After": refused.value} if refused.value else {})
        way = request.match_info["way"]
        check = check_generation if way == "generations" else check_source
        await asyncio.to_thread(check, body, way)
        seconds, size = self._result(body, way)
        number = next(self.numbers)
        job = self.accept(
            f"d97415a1-5796-b7ec-379f-{number:012x}",
            prompt=prompt,
            seconds=seconds,
            aspect=body.get("aspect_ratio", "16:9"),
            sound=body.get("generate_audio", True),
            body=body,
        )
        job.facts = {"ticks": self._ticks(body, way, size), "way": way}
        return await self.accepted(request, job, {"request_id": job.id})

    def _result(self, body: Mapping[str, Any], way: str) -> tuple[float, str]:
        if way == "edits":
            return self.source_seconds, self.source_size
        if way == "extensions":
            return self.source_seconds + body.get("duration", 6), self.source_size
        return body.get("duration", 8), body.get("resolution", "480p")

    def _ticks(self, body: Mapping[str, Any], way: str, size: str) -> int:
        rates = RATES[body["model"]]
        made = {"edits": self.source_seconds, "extensions": body.get("duration", 6)}.get(
            way, body.get("duration", 8)
        )
        pictures = len(body.get("reference_images", ())) + sum(n in body for n in ("image", "last_frame"))
        given = self.source_seconds * rates.get("input", 0) if way != "generations" else 0
        return int(made * rates[size] + pictures * rates["image"] + given)

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self.calls["ask"] += 1
        _checked(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None or find(job.faults, "gone"):
            raise flat(404, "not-found", "Deferred request not found.")
        fault = self.poll_fault(request, job)
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"status": "pen', content_type="application/json")
            case "poll-strange":
                return web.json_response({"status": "pondering"})
            case "poll-error":
                raise flat(500, "internal", "Internal error")
            case "poll-limit":
                raise flat(
                    429, "Some resource has been exhausted", "Too many requests.", {"Retry-After": "3"}
                )
            case "poll-forbidden":
                raise flat(403, "permission-denied", "Team is not allowed: safety team.")
        if job.standing != "ended":
            if job.standing == "queued" or find(job.faults, "empty-202"):
                return web.Response(status=202, content_type="application/json")
            return web.json_response({"status": "pending", "progress": 40}, status=202)
        return web.json_response(self._ended(job))

    def _ended(self, job: Job) -> dict[str, Any]:
        usage = {"cost_in_usd_ticks": job.facts["ticks"]}
        end = find(job.faults, *ENDS)
        match end.name if end else "":
            case "end-failed":
                return {"status": "failed", "error": {"code": "internal_error", "message": "Internal error."}}
            case "end-moderated":
                words = "Generated video rejected by content moderation."
                return {"status": "failed", "error": {"code": "invalid_argument", "message": words}}
            case "end-withheld":
                video = {"url": "", "respect_moderation": False}
                return {"status": "done", "video": video, "usage": usage, "progress": 100}
            case "end-refused-poll":
                words = "Generated video rejected by content moderation."
                raise Refusal(400, {"code": ARGUMENT, "error": words, "usage": usage})
            case "end-invalid":
                words = "Prompt cannot be empty. Please provide a prompt."
                return {"status": "failed", "error": {"code": "invalid_argument", "message": words}}
            case "end-expired":
                return {"status": "expired"}
        return {
            "status": "done",
            "video": {"url": self.link(job), "duration": job.seconds, "respect_moderation": True},
            "model": job.body["model"],
            "usage": usage,
            "progress": 100,
        }


def flat(status: int, code: str, words: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """An error as the video calls tell it: a text, not an object."""
    return Refusal(status, {"code": code, "error": words}, headers)


def wrong(words: str) -> Refusal:
    """400 with the newer code."""
    return flat(400, "invalid-argument", words)


def check_generation(body: Mapping[str, Any], way: str = "generations") -> None:
    """Refuse what the vendor refuses, and what an adapter must never leave open."""
    model = str(body.get("model"))
    if model not in FIELDS:
        raise flat(404, "not-found", f"The model {model} does not exist.")
    for name in body:
        if name not in FIELDS[model]:
            raise wrong(f"`{name}` is not supported for this model")
    pictures = body.get("reference_images", [])
    framed = [name for name in ("image", "last_frame") if name in body]
    if not isinstance(body.get("prompt"), str) or not (body["prompt"] or pictures or framed):
        raise wrong("Prompt cannot be empty. Please provide a prompt.")
    seconds = body.get("duration")
    if type(seconds) is not int or not 1 <= seconds <= 15:
        raise wrong("Duration must be a whole number of 1 to 15 seconds.")
    if body.get("resolution") not in RATES[model] or not str(body["resolution"]).endswith("p"):
        raise wrong(f"{body.get('resolution')} is not supported for this model")
    if type(body.get("generate_audio")) is not bool:
        raise wrong("generate_audio must be a boolean, and an adapter always says it")
    if body.get("aspect_ratio", "16:9") not in ASPECTS or ("aspect_ratio" in body and framed):
        raise wrong("aspect_ratio is not known, or would be ignored beside a picture")
    for link in [*(body[name] for name in framed), *pictures]:
        check_picture(link)
    if pictures:
        _references(model, body, pictures, framed)
    elif "reference_audios" in body:
        raise wrong("voices come with reference images")


def check_source(body: Mapping[str, Any], way: str) -> None:
    """An edit or an extension."""
    known = {"model", "prompt", "video"} | ({"duration"} if way == "extensions" else {"user"})
    if body.get("model") != CLASSIC:
        raise wrong("Video editing is not supported for this model")
    if strange := set(body) - known:
        raise wrong(f"unknown fields {sorted(strange)}")
    video = body.get("video")
    if not isinstance(video, dict) or set(video) != {"url"} or not str(video["url"]).startswith("http"):
        raise wrong("video must be {url}")
    if not body.get("prompt"):
        raise wrong("Prompt cannot be empty. Please provide a prompt.")
    if way == "extensions" and (type(body.get("duration")) is not int or not 2 <= body["duration"] <= 10):
        raise wrong("Duration must be between 2 and 10 seconds.")


def check_picture(link: object) -> None:
    """{"url": a link or a data URL of a picture that can be read}."""
    if not isinstance(link, dict) or set(link) != {"url"} or not isinstance(link["url"], str):
        raise wrong("a picture must be {url}")
    url = link["url"]
    if url.startswith("https://"):
        return
    head, _, text = url.partition(",")
    if head not in ("data:image/png;base64", "data:image/jpeg;base64", "data:image/webp;base64"):
        raise wrong("a picture must be a link or a data URL of jpeg, png or webp")
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError, binascii.Error):
        raise wrong("the picture cannot be read") from None


def _references(model: str, body: Mapping[str, Any], pictures: list[Any], framed: list[str]) -> None:
    if len(pictures) > 7:
        raise wrong(f"Too many reference images: {len(pictures)}. Maximum allowed is 7.")
    if framed:
        raise wrong("`image` and `reference_images` cannot be used together")
    if model == CLASSIC and body["duration"] > 10:
        seconds = body["duration"]
        raise wrong(f"Duration {seconds}s exceeds the maximum allowed for reference-to-video, which is 10s.")
    if body["resolution"] == "1080p":
        raise wrong("1080p video resolution is not supported for reference-to-video requests.")
    voices = body.get("reference_audios", [])
    if len(voices) > 3:
        raise wrong("Too many reference audios")
    for voice in voices:
        if not isinstance(voice, dict) or set(voice) != {"voice_id"}:
            raise flat(403, "permission-denied", "own audio is open to trusted partners only")
        if str(voice["voice_id"]).lower() not in VOICES:
            raise wrong(f"Unknown voice. Available voices: {', '.join(VOICES)}")


def _checked(request: web.Request) -> str:
    key = bearer(request)
    if key not in (GOOD_KEY, BROKE_KEY):
        words = f"Incorrect API key provided: {key}. You can obtain an API key from https://console.x.ai."
        raise flat(400, ARGUMENT, words)
    return key
