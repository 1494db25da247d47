"""Vertex AI's Veo over a real socket, strict about tokens, fields and combinations.

    POST /token                        a signed assertion of the service account → an access token
    POST …/models/{model}:predictLongRunning
    POST …/models/{model}:fetchPredictOperation    without a bucket the clip comes as Base64
    GET  /storage/v1/b/{bucket}/o/{name}?alt=media

It knows the service account of `google_account.py`.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import time
from typing import Any

import av
from aiohttp import web

from tests.fakes.google_account import EMAIL, PROJECT, SCOPE, verified
from tests.fakes.google_server import (
    HUGE_BYTES,
    GoogleServer,
    Job,
    Refusal,
    decoded,
    error,
    faults_of,
    invalid,
    known,
    parsed,
    reason,
    retry_after,
)
from tests.fakes.vendor_desk import half
from tests.fakes.vendor_files import Recipe

MODELS = {
    "veo-3.1-generate-001": {"720p", "1080p", "4k"},
    "veo-3.1-fast-generate-001": {"720p", "1080p", "4k"},
    "veo-3.1-lite-generate-001": {"720p", "1080p"},
}
RULES = (
    "The prompt could not be submitted. This prompt contains words that violate usage guidelines. "
    "Support codes: 58061214"
)
AUDIO = (
    "We encountered an issue with the audio for your prompt, and your video could not be generated. "
    "You have not been charged for this attempt."
)
_IMAGES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}
_CLIPS = {"video/mp4": b"ftyp"}
_PARAMETERS = {
    "sampleCount": int,
    "storageUri": str,
    "durationSeconds": int,
    "seed": int,
    "aspectRatio": str,
    "resolution": str,
    "personGeneration": str,
    "negativePrompt": str,
    "enhancePrompt": bool,
    "generateAudio": bool,
    "compressionQuality": str,
    "resizeMode": str,
}
_PATH = r"/{version:v1|v1beta1}/projects/{project}/locations/{location}/publishers/google/models/{call}"


class FakeVeo(GoogleServer):
    """The vendor.

    Attributes:
        token_seconds: how long tokens are good for.
        tokens: all that were given out, with the time they end.
    """

    token_seconds: float = 3600

    def __init__(self, *, run_seconds: float = 0.03) -> None:
        """Set up; nobody has a token yet."""
        super().__init__(run_seconds=run_seconds)
        self.tokens: dict[str, float] = {}
        self.objects: dict[str, Job] = {}

    @property
    def token_uri(self) -> str:
        """Where tokens are given out."""
        return f"{self.url}/token"

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Say what is answered where."""
        router.add_post("/token", self._token)
        router.add_post(_PATH, self._call)
        router.add_get("/storage/v1/b/{bucket}/o/{name}", self._object)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise Refusal(400, {"error": "unsupported_grant_type"})
        claims = verified(str(form.get("assertion", "")))
        wanted = {"iss": EMAIL, "scope": SCOPE}
        # Google's own library names Google's address whatever the key file says.
        known_as = (self.token_uri, "https://oauth2.googleapis.com/token")
        if {name: claims.get(name) for name in wanted} != wanted or claims.get("aud") not in known_as:
            raise Refusal(400, {"error": "invalid_grant", "error_description": "Invalid JWT."})
        if not claims["iat"] - 5 <= time.time() <= claims["exp"] <= claims["iat"] + 3600:
            raise Refusal(400, {"error": "invalid_grant", "error_description": "Invalid JWT times."})
        token = f"ya29.fake-token-{self.number()}-5f3a"
        self.tokens[token] = time.monotonic() + self.token_seconds
        return web.json_response(
            {"access_token": token, "expires_in": int(self.token_seconds), "token_type": "Bearer"}
        )

    def _check_token(self, request: web.Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= time.monotonic():
            text = f"Request had invalid authentication credentials: {token}"
            raise Refusal(401, error(401, text, "UNAUTHENTICATED"))

    async def _call(self, request: web.Request) -> web.StreamResponse:
        self._check_token(request)
        if request.query:
            raise invalid("Unknown name in the query.")
        if request.match_info["project"] != PROJECT:
            raise Refusal(403, error(403, "Your project does not have permission.", "PERMISSION_DENIED"))
        model, _, method = request.match_info["call"].partition(":")
        body = await parsed(request)
        if method == "fetchPredictOperation":
            return await self._poll(request, body)
        if method != "predictLongRunning":
            raise Refusal(404, error(404, f"No method {method}.", "NOT_FOUND"))
        return await self._submit(request, model, body)

    async def _submit(self, request: web.Request, model: str, body: dict[str, Any]) -> web.StreamResponse:
        prompt, recipe = read_order(model, body)
        faults = faults_of(prompt)
        for fault in faults:
            if fault.name.startswith("submit-"):
                token = request.headers["Authorization"]
                raise _refusal(fault.name, fault.value, model, token)
        path = request.path.partition("/projects/")[2].partition(":")[0]
        name = f"projects/{path}/operations/op-{self.number()}"
        job = Job(id=name, model=model, recipe=recipe, faults=faults, body=body)
        self.jobs[name] = job
        return await self.after_accepting(request, job, {"name": name})

    async def _poll(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        name = known(body, {"operationName"}, "body").get("operationName")
        job = self.jobs.get(str(name))
        own = request.path.partition("/projects/")[2].partition(":")[0]
        if job is None or self.take(job, "poll-gone") or own not in job.id:
            raise Refusal(404, error(404, "Operation not found.", "NOT_FOUND"))
        broken = self.before_polling(request, job)
        if broken is not None:
            return broken
        if self.take(job, "poll-400"):
            raise invalid("Something is not right.")
        if self.state(job) != "done":
            return web.json_response({"name": name})
        return await self._done(request, job)

    async def _done(self, request: web.Request, job: Job) -> web.StreamResponse:
        answer: dict[str, Any] = {"name": job.id, "done": True}
        fault = self.take(job, "end-failed", "end-rules", "end-moderated", "end-audio", "end-empty")
        match fault.name if fault else "":
            case "end-failed":
                return web.json_response(answer | {"error": {"code": 13, "message": "Internal error."}})
            case "end-rules":
                return web.json_response(answer | {"error": {"code": 3, "message": RULES}})
            case "end-moderated":
                said = "The video was filtered. Support codes: 64151117"
                return web.json_response(answer | {"response": _response(filtered=said)})
            case "end-audio":
                return web.json_response(answer | {"response": _response(filtered=AUDIO)})
            case "end-empty":
                return web.json_response(answer | {"response": _response()})
        where = job.body.get("parameters", {}).get("storageUri", "")
        if where:
            uri = f"{where.rstrip('/')}/{job.id.rpartition('-')[2]}/sample_0.mp4"
            self.objects[uri] = job
            return web.json_response(answer | {"response": _response(gcsUri=uri)})
        return await self._inline(request, job, answer)

    async def _inline(self, request: web.Request, job: Job, answer: dict[str, Any]) -> web.StreamResponse:
        """The answer with the clip in it; who asks again after it wants all: then come the file's faults."""
        data = base64.b64encode(await asyncio.to_thread((await self.clip_of(job)).read_bytes)).decode()
        job.told += 1
        fault = (
            self.take(job, "file-gone", "file-cut", "file-html", "file-huge") if job.told % 2 == 0 else None
        )
        name = fault.name if fault else ""
        if name == "file-gone":
            raise Refusal(404, error(404, "Operation not found.", "NOT_FOUND"))
        if name == "file-html":
            data = base64.b64encode(b"<!doctype html><html>Sign in").decode()
        whole = json.dumps(answer | {"response": _response(bytesBase64Encoded=data)}, indent=1)
        # Some of Google's writers escape this character.
        body = whole.replace("=", "\\u003d").encode()
        if name == "file-cut":
            return await half(request, body, 200)
        if name == "file-huge":
            return await self.announce(request, HUGE_BYTES, "application/json", body[:3000])
        return web.Response(body=body, content_type="application/json")

    async def _object(self, request: web.Request) -> web.StreamResponse:
        self._check_token(request)
        if request.query.get("alt") != "media":
            return web.json_response({"kind": "storage#object"})
        uri = f"gs://{request.match_info['bucket']}/{request.match_info['name']}"
        job = self.objects.get(uri)
        if job is None:
            raise Refusal(404, error(404, "No such object.", "NOT_FOUND"))
        return await self.file(request, job)


def read_order(model: str, body: dict[str, Any]) -> tuple[str, Recipe]:
    """The prompt and the clip of an order.

    Raises:
        Refusal: a field is unknown or of the wrong type, or fields do not go together.
    """
    if model not in MODELS:
        raise _gone(model)
    known(body, {"instances", "parameters", "labels"}, "body")
    instances = body.get("instances")
    if not isinstance(instances, list) or len(instances) != 1:
        raise invalid("instances must hold one item.")
    instance = known(
        instances[0], {"prompt", "image", "lastFrame", "referenceImages", "video"}, "instances[0]"
    )
    prompt = instance.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise invalid("prompt is required.")
    parameters = _parameters(body.get("parameters", {}))
    source = _inputs(instance, model)
    extends, resolution = "video" in instance, parameters.get("resolution", "720p")
    seconds = parameters.get("durationSeconds", 7 if extends else 8)
    if seconds not in ((7,) if extends else (4, 6, 8)):
        raise invalid("The number value for `durationSeconds` is out of bound.")
    if resolution not in MODELS[model] or (extends and resolution != "720p"):
        raise invalid(f"resolution {resolution} is not supported here.")
    whole = resolution != "720p" or "referenceImages" in instance or "lastFrame" in instance
    if whole and not extends and seconds != 8:
        raise invalid("`durationSeconds` must be 8 here.")
    sound = parameters.get("generateAudio", True)
    return prompt, Recipe(
        seconds=source + seconds,
        aspect=parameters.get("aspectRatio", "16:9"),
        sound="tone" if sound else "none",
    )


def _parameters(fields: object) -> dict[str, Any]:
    parameters = known(fields, set(_PARAMETERS), "parameters")
    for name, value in parameters.items():
        if type(value) is not _PARAMETERS[name]:
            raise invalid(f"Invalid value at 'parameters.{name}'.")
    choices = {
        "aspectRatio": ("16:9", "9:16"),
        "personGeneration": ("allow_adult", "allow_all", "dont_allow"),
    }
    for name, allowed in choices.items():
        if parameters.get(name, allowed[0]) not in allowed:
            raise invalid(f"Invalid value at 'parameters.{name}'.")
    if not 1 <= parameters.get("sampleCount", 1) <= 4 or not 0 <= parameters.get("seed", 0) < 2**32:
        raise invalid("A number is out of bound.")
    if not re.fullmatch(r"gs://[a-z0-9][a-z0-9._-]+(/.*)?", parameters.get("storageUri", "gs://bucket")):
        raise invalid("storageUri must be an address of Cloud Storage.")
    return parameters


def _inputs(instance: dict[str, Any], model: str) -> float:
    """Check the files; returns the seconds of a clip that is to be extended."""
    references = instance.get("referenceImages", [])
    if references:
        if {"image", "lastFrame", "video"} & set(instance) or len(references) > 3 or "lite" in model:
            raise invalid("referenceImages cannot be used like this.")
        for item in references:
            known(item, {"image", "referenceType"}, "referenceImages")
            if item.get("referenceType") != "ASSET":
                raise invalid("referenceType must be ASSET.")
            _file(item.get("image"), _IMAGES)
    if "lastFrame" in instance and "image" not in instance:
        raise invalid("lastFrame needs image.")
    for name in ("image", "lastFrame"):
        if name in instance:
            _file(instance[name], _IMAGES)
    if "video" not in instance:
        return 0.0
    data = _file(instance["video"], _CLIPS)
    if data is None:
        return 8.0
    with av.open(io.BytesIO(data), "r") as clip:
        seconds = (clip.duration or 0) / 1_000_000
    if not 0.9 <= seconds <= 30:
        raise invalid("The input video must be 1 to 30 seconds long.")
    return round(seconds * 24) / 24


def _file(fields: object, kinds: dict[str, bytes]) -> bytes | None:
    found = known(fields, {"bytesBase64Encoded", "gcsUri", "mimeType"}, "file")
    if "gcsUri" in found:
        return None
    return decoded(found.get("bytesBase64Encoded"), found.get("mimeType"), kinds)


def _response(*, filtered: str = "", **video: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse",
        "raiMediaFilteredCount": 1 if filtered else 0,
    }
    if filtered:
        answer["raiMediaFilteredReasons"] = [filtered]
    if video:
        answer["videos"] = [{**video, "mimeType": "video/mp4"}]
    return answer


def _refusal(name: str, value: str, model: str, token: str) -> Refusal:
    quota = "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model"
    match name:
        case "submit-rules":
            return invalid(RULES)
        case "submit-gone":
            return _gone(model)
        case "submit-billing":
            text = "This API method requires billing to be enabled."
            return Refusal(403, error(403, text, "PERMISSION_DENIED", reason("BILLING_DISABLED")))
        case "submit-daily":
            return Refusal(429, error(429, f"{quota} per day.", "RESOURCE_EXHAUSTED"))
        case "submit-limit":
            details = [] if value == "none" else [retry_after(value or "7")]
            return Refusal(429, error(429, f"{quota}.", "RESOURCE_EXHAUSTED", *details))
        case "submit-500":
            return Refusal(500, error(500, "Internal error.", "INTERNAL"))
    # An error text may repeat what was sent.
    return invalid(f"The request with {token} is not valid.")


def _gone(model: str) -> Refusal:
    text = f"Publisher Model `publishers/google/models/{model}` is no longer available."
    return Refusal(404, error(404, text, "NOT_FOUND"))
