"""Vertex AI's Veo over a real socket, strict about tokens, fields and combinations.

    POST /token                        a signed assertion of the service account → an access token
    POST …/models/{model}:predictLongRunning
    POST …/models/{model}:fetchPredictOperation    the only way to ask; the clip comes as Base64 without a bucket
    GET  /storage/v1/b/{bucket}/o/{name}?alt=media

`make_account` writes the key file of a service account that this server knows.
"""

from __future__ import annotations

import base64
import io
import json
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import web

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
from tests.fakes.vendor_desk import cut
from tests.fakes.vendor_files import Recipe

PROJECT = "my-project"
EMAIL = "talkreel@my-project.iam.gserviceaccount.com"
MODELS = {
    "veo-3.1-generate-001": {"720p", "1080p", "4k"},
    "veo-3.1-fast-generate-001": {"720p", "1080p", "4k"},
    "veo-3.1-lite-generate-001": {"720p", "1080p"},
}
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
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


@cache
def _private_key() -> str:
    """A key that belongs to nobody."""
    pytest.importorskip("cryptography", reason="the extra vertex is not installed")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def make_account(path: Path, token_uri: str, **changes: Any) -> Path:
    """Write the key file of the service account."""
    info = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "k1",
        "private_key": _private_key(),
        "client_email": EMAIL,
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(info | changes), "utf-8")
    return path


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
        claims = _verified(str(form.get("assertion", "")))
        wanted = {"iss": EMAIL, "aud": self.token_uri, "scope": SCOPE}
        if {name: claims.get(name) for name in wanted} != wanted:
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
        """The answer with the clip in it. Faults of the file belong to those who want all of it."""
        data = base64.b64encode((await self.clip_of(job)).read_bytes()).decode()
        file = await self._file_fault(request, job, data)
        if isinstance(file, web.StreamResponse):
            return file
        whole = json.dumps(answer | {"response": _response(bytesBase64Encoded=file)}, indent=1)
        # Some of Google's writers escape this character.
        text = whole.replace("=", "\\u003d")
        return web.Response(text=text, content_type="application/json")

    async def _file_fault(self, request: web.Request, job: Job, data: str) -> str | web.StreamResponse:
        asked = sum(1 for method, path in self.calls if path == request.path)
        if asked < 2 or not job.faults:
            return data
        seen = getattr(job, "_looked", False)
        object.__setattr__(job, "_looked", True)
        if not seen:
            return data
        fault = self.take(job, "file-gone", "file-cut", "file-html", "file-huge")
        start = json.dumps({"name": job.id, "done": True, "response": _response(bytesBase64Encoded=data)})
        match fault.name if fault else "":
            case "file-gone":
                raise Refusal(404, error(404, "Operation not found.", "NOT_FOUND"))
            case "file-cut":
                answer = web.StreamResponse(headers={"Content-Type": "application/json"})
                answer.content_length = len(start)
                await answer.prepare(request)
                await answer.write(start.encode()[: len(start) // 2])
                raise cut(request)
            case "file-html":
                return base64.b64encode(b"<!doctype html><html>").decode()
            case "file-huge":
                return await self.announce(request, HUGE_BYTES, "application/json", start.encode()[:3000])
        return data

    async def _object(self, request: web.Request) -> web.StreamResponse:
        self._check_token(request)
        if request.query.get("alt") != "media":
            return web.json_response({"kind": "storage#object"})
        uri = f"gs://{request.match_info['bucket']}/{request.match_info['name']}"
        job = self.objects.get(uri)
        if job is None:
            raise Refusal(404, error(404, "No such object.", "NOT_FOUND"))
        return await self.file(request, job)
