"""Veo 3.1 on Vertex AI (Google Cloud's Agent Platform), with a service account.

https://docs.cloud.google.com/gemini-enterprise-agent-platform (read 2026-11-22). Wire forms from the
official SDK, google-genai 3.4.0. The same models by API key were stopped on 2026-10-22.

1. A poll is a POST to `:fetchPredictOperation`; GET on the operation's name does not work.
2. `done` is not success: an error comes first, then withheld clips (`raiMediaFilteredCount`), then clips.
3. Without a bucket the answer carries the whole clip as Base64, so a poll reads only its beginning and
   the fetch asks again. With a bucket (`storageUri`) the account needs to read and write objects there.
4. `generateAudio` is always said outright; leaving it out is documented as an error for Veo 3.
5. 1080p, 4K, reference images and last frames come with 8 seconds only, an extension adds 7; the
   catalogue's shapes say so. An extension takes size and aspect from its source and returns both parts.
6. `personGeneration` is refused in some regions whatever it says, so it is sent only if the operator asks.
7. Tokens live for an hour; each call takes one with minutes left, also days after the start.
8. Refusals because of sound are often false alarms; their code is "audio", so that a repeat can be offered.

The operator's options: `bucket` (gs://name/folder), `person_generation` (allow_adult, allow_all, dont_allow),
`storage_url` (another address of Cloud Storage).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    Progress,
    ProviderConfig,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    Expired,
    MissingKey,
    OutcomeUnknown,
    ProviderError,
    Unreachable,
    Unsupported,
    VendorFault,
)
from providers.http import Answer, client, download, scrub, submit
from providers.http.download import MAX_BYTES
from providers.references import base64_text, plain_mime
from providers.wire.google import (
    kind_of_end,
    moderation_code,
    named,
    read_fault,
    refusal,
    withheld,
)
from providers.wire.google_account import FILE_ENV, ServiceAccount
from providers.wire.google_clip import is_mp4, look, save_inline

E = TypeVar("E", bound=ProviderError)

PROJECT_ENV: Final = "GOOGLE_CLOUD_PROJECT"
LOCATION_ENV: Final = "GOOGLE_CLOUD_LOCATION"
LOCATION: Final = "us-central1"
STORAGE: Final = "https://storage.googleapis.com"
MAX_INPUT_BYTES: Final = 20_000_000
INLINE: Final = "bytesBase64Encoded"
_OPERATION: Final = re.compile(
    r"(projects/[^/]+/locations/([^/]+)/publishers/google/models/[^/]+)/operations/[^/]+"
)
_BUCKET: Final = re.compile(r"gs://([a-z0-9][a-z0-9._-]+)/(.+)")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Accepted(_Wire):
    name: str


class _Status(_Wire):
    code: int = 0
    message: str = ""


class _Video(_Wire):
    gcsUri: str = ""
    bytesBase64Encoded: str = ""


class _Response(_Wire):
    videos: list[_Video] = []
    raiMediaFilteredCount: int = 0
    raiMediaFilteredReasons: list[str] = []


class _Operation(_Wire):
    done: bool = False
    error: _Status | None = None
    response: _Response | None = None


class GoogleVeo:
    """Vertex's three steps. A job cannot be stopped, and lost ones cannot be listed."""

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent and no file is opened."""
        self.id = config.id
        self._template = config.base_url.rstrip("/")
        self._location = config.keys.get(LOCATION_ENV) or LOCATION
        self._project = config.keys.get(PROJECT_ENV, "")
        self._storage = config.options.get("storage_url", STORAGE).rstrip("/")
        self._bucket = config.options.get("bucket", "")
        self._people = config.options.get("person_generation", "")
        here = replace(config, base_url=self._host(self._location))
        self._http = client(here, trusted=(self._storage,))
        self._account = ServiceAccount(config, self._http)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once."""
        files = [await base64_text(item, max_bytes=MAX_INPUT_BYTES) for item in request.media]
        payload = build_payload(request, files, bucket=self._bucket, people=self._people)
        headers = await self._headers()
        project = self._project or self._account.project
        if not project:
            text = f"{PROJECT_ENV} must be set: the key file names no project"
            raise MissingKey(text, provider=self.id, env=(PROJECT_ENV,))
        model = f"projects/{project}/locations/{self._location}/publishers/google/models/{request.api_name}"
        url = f"{self._host(self._location)}/v1beta1/{model}:predictLongRunning"
        answer = await submit(
            self._http, url, provider=self.id, model=request.model, json=payload, headers=headers
        )
        if not answer.ok:
            if answer.status == 401:
                self._account.forget()
            raise refusal(answer, secrets=self._account.secrets, env=(FILE_ENV,))
        try:
            accepted = _Accepted.model_validate_json(answer.body)
        except ValidationError:
            accepted = _Accepted(name="")
        if not _OPERATION.fullmatch(accepted.name):
            text = "the answer names no operation"
            raise OutcomeUnknown(text, provider=self.id, model=request.model)
        return Ticket(provider=self.id, model=request.model, remote_id=accepted.name)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the operation stands."""
        seen = await look(self._http, "POST", self._poll_url(ticket), **await self._question(ticket))
        answer = seen.answer
        if answer.status == 404:
            return Failed(error=self._error(Expired, "the vendor does not know this job", ticket))
        if not answer.ok:
            raise self._unusable(answer, ticket)
        if not seen.whole:
            if seen.carries(INLINE):
                return Done(ticket=ticket)
            raise self._error(Unreachable, "the answer is too large", ticket)
        try:
            operation = _Operation.model_validate_json(answer.body)
        except ValidationError:
            raise self._error(Unreachable, "the answer cannot be read", ticket) from None
        return read_progress(operation, ticket)

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Write the clip to `into`: from the bucket, or out of the operation itself."""
        ticket = done.ticket
        if done.url:
            headers = await self._reading_headers(ticket)
            asset = await download(
                self._http,
                self._object_url(done.url, ticket),
                into,
                provider=self.id,
                model=ticket.model,
                headers=headers,
            )
        else:
            size = await save_inline(
                self._http,
                "POST",
                self._poll_url(ticket),
                into,
                field=INLINE,
                max_bytes=MAX_BYTES,
                **await self._question(ticket),
            )
            asset = Asset(path=into, mime="video/mp4", size_bytes=size)
        if not await asyncio.to_thread(is_mp4, into):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip was handed out but {asset.mime}", ticket)
        return asset

    def _host(self, location: str) -> str:
        """The address for a location; the global one has no prefix."""
        return self._template.replace("{location}-", "" if location == "global" else f"{location}-")

    def _poll_url(self, ticket: Ticket) -> str:
        found = _OPERATION.fullmatch(ticket.remote_id)
        if found is None:
            raise self._error(Unreachable, "the ticket is not one of this provider", ticket)
        # The operation stays where it was started, whatever is configured meanwhile.
        return f"{self._host(found.group(2))}/v1beta1/{found.group(1)}:fetchPredictOperation"

    def _object_url(self, uri: str, ticket: Ticket) -> str:
        found = _BUCKET.fullmatch(uri)
        if found is None:
            raise self._error(VendorFault, "the clip lies at no address of Cloud Storage", ticket)
        bucket, name = found.groups()
        return f"{self._storage}/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media"

    async def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self._account.token()}"}

    async def _question(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "provider": self.id,
            "model": ticket.model,
            "headers": await self._reading_headers(ticket),
            "json": {"operationName": ticket.remote_id},
        }

    async def _reading_headers(self, ticket: Ticket) -> dict[str, str]:
        try:
            return await self._headers()
        except ProviderError as error:
            # No token says nothing about a job that exists: the hold must stay.
            raise self._error(Unreachable, error.said or error.code, ticket) from None

    def _unusable(self, answer: Answer, ticket: Ticket) -> Unreachable:
        if answer.status == 401:
            self._account.forget()
        fault = read_fault(answer)
        return self._error(Unreachable, scrub(fault.message, self._account.secrets), ticket, fault.code)

    def _error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        return _error(kind, text, ticket, code)


def build_payload(
    request: VideoRequest, files: list[str], *, bucket: str = "", people: str = ""
) -> dict[str, Any]:
    """The request in Vertex's words.

    Args:
        request: the normalised request.
        files: its media as Base64, in the same order.
        bucket: where the clip shall go, or "" to get it in the answer.
        people: the operator's choice for `personGeneration`, or "".

    Raises:
        Unsupported: Veo has no word for it.
    """
    if request.mode == "edit" or request.shots:
        raise Unsupported(f"Veo cannot {'edit clips' if request.mode == 'edit' else 'make several shots'}")
    parameters: dict[str, Any] = {
        "sampleCount": 1,
        "durationSeconds": request.seconds,
        "generateAudio": request.sound,
    }
    if request.mode != "extend":
        parameters["aspectRatio"] = request.aspect
        parameters["resolution"] = request.resolution
    if request.seed is not None:
        parameters["seed"] = request.seed
    if request.negative:
        parameters["negativePrompt"] = request.negative
    if people:
        parameters["personGeneration"] = people
    if bucket:
        parameters["storageUri"] = bucket if bucket.startswith("gs://") else f"gs://{bucket}"
    return {"instances": [_instance(request, files)], "parameters": parameters}


def read_progress(operation: _Operation, ticket: Ticket) -> Progress:
    """How an operation stands."""
    if not operation.done:
        return Running()
    if operation.error is not None:
        message, code = operation.error.message, operation.error.code
        kind = kind_of_end(code, message)
        word = moderation_code(message) if kind.code == "prompt_moderated" else str(code)
        return Failed(error=_error(kind, scrub(message), ticket, word))
    response = operation.response or _Response()
    for video in response.videos:
        if video.gcsUri:
            return Done(ticket=ticket, url=video.gcsUri)
        if video.bytesBase64Encoded:
            return Done(ticket=ticket)
    if response.raiMediaFilteredCount or response.raiMediaFilteredReasons:
        error, billed = withheld(
            response.raiMediaFilteredReasons,
            provider=ticket.provider,
            model=ticket.model,
            remote_id=ticket.remote_id,
        )
        # "Videos blocked by safety filters are not charged" is Google's rule for all of Veo.
        return Failed(error=error, billed=False if billed is None else billed)
    return Failed(error=_error(VendorFault, "finished without a clip", ticket))


def _instance(request: VideoRequest, files: list[str]) -> dict[str, Any]:
    # Veo tells reference images apart by what they show; a name is only a word to it.
    names = {item.name: item.name for item in request.media if item.name}
    instance: dict[str, Any] = {"prompt": named(request.prompt, names)}
    references = []
    for item, data in zip(request.media, files, strict=True):
        sent = {INLINE: data, "mimeType": plain_mime(item)}
        field = _FIELDS.get(item.role)
        if item.role == "reference-image":
            references.append({"image": sent, "referenceType": "ASSET"})
        elif field is None:
            raise Unsupported(f"Veo has no place for a {item.role}")
        else:
            instance[field] = sent
    if references:
        instance["referenceImages"] = references
    return instance


_FIELDS: Final[Mapping[str, str]] = {
    "first-frame": "image",
    "last-frame": "lastFrame",
    "source-video": "video",
}


def _error(kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
    return kind(
        text, provider=ticket.provider, model=ticket.model, remote_id=ticket.remote_id, vendor_code=code
    )
