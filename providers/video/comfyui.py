"""ComfyUI on the operator's own machine: graphs as data, its queue, its history, its files.

Server 0.3.64 was run and recorded (2026-11-22); routes of newer ones are not needed. Quirks:
1. No key of its own. A proxy may want one (`COMFYUI_TOKEN`); it goes with every call, downloads too.
2. The id of a job is ours to choose, a UUID in lower case. The same id sent twice makes two jobs: the queue
   and the history are asked first, so that nothing is made twice.
3. `/history/<id>` is empty for what waits, for what is being made and for what is not known; the queue tells.
   A job leaves the queue and enters the history in one step, so the queue is asked first.
4. The same seed and words give the old clip back at once: the seed is another for each job.
5. Clips are listed under `images`, other nodes use other names: every list is searched for files.
6. Stopping answers 200 whatever happens, and takes hold between two steps of the work only.
7. Uploads of any kind go through `/upload/image`, and the name that comes back is the one to use.
8. The history forgets: at a restart of the server, and beyond 10,000 jobs. Files stay.
9. How far a job is, only the web socket tells, and only to the name the job was sent under (`client_id`). A
   workflow names the nodes whose steps take the time; without them, or without the socket, nothing is missed.

The operator's switches are `TALKREEL_PROVIDERS__COMFYUI__OPTIONS__…`: `WORKFLOWS` (a folder), `MAX_PENDING`
(jobs that may wait, 20 unless said otherwise), `AUTH_HEADER` (the proxy's header, if not Authorization).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from socket import gethostname
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.base import (
    Asset,
    Done,
    Failed,
    MediaInput,
    Progress,
    ProviderConfig,
    Queued,
    Running,
    Ticket,
    VideoRequest,
)
from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    MissingKey,
    ModelGone,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Unreachable,
    VendorFault,
)
from providers.http import Answer, client, download, read, scrub, submit, upload
from providers.references import form_part
from providers.wire.naming import said_with
from providers.wire.steps import Steps
from providers.wire.workflows import SHIPPED, find_workflow

E = TypeVar("E", bound=ProviderError)

JOBS = UUID("6f0f2f0e-3f0b-5d55-9a35-5b2c0d1c8f11")
ACCESS = "COMFYUI_TOKEN"
NO_CLIP = ("text/", "image/", "application/json", "application/xml")
UPLOAD_BYTES = 100 * 1024 * 1024  # the server's default, `--max-upload-size`
CLIPS = (".mp4", ".webm", ".mov", ".mkv")
REFUSALS: Mapping[int, type[ProviderError]] = {401: BadKey, 403: BadKey, 429: RateLimited}
# What a workflow needs and the server does not have: a node, a model file.
ABSENT = ("missing_node_type", "value_not_in_list")
NO_NODE = re.compile(r"node \S+ (does not exist|not found)", re.IGNORECASE)
NO_MEMORY = re.compile(r"out ?of ?memory|allocation on device", re.IGNORECASE)


class Wire(BaseModel):
    """A part of an answer; fields that nobody asked for are ignored."""

    model_config = ConfigDict(extra="ignore")


class _Taken(Wire):
    prompt_id: str


class _Queue(Wire):
    queue_running: list[list[Any]]
    queue_pending: list[list[Any]]


class _Status(Wire):
    status_str: str = ""
    messages: list[tuple[str, dict[str, Any]]] = []


class _Entry(Wire):
    outputs: dict[str, Any] = {}
    status: _Status | None = None


class ComfyUI:
    """The three steps, and stopping."""

    env: ClassVar[tuple[str, ...]] = ("COMFYUI_URL",)

    def __init__(self, config: ProviderConfig) -> None:
        """Read the configuration; nothing is sent."""
        self.id = config.id
        self._base = (config.base_url or config.keys.get("COMFYUI_URL", "")).rstrip("/")
        self._token = config.keys.get(ACCESS, "")
        self._headers: dict[str, str] = {}
        if self._token:
            header = config.options.get("auth_header", "Authorization")
            plain = header.lower() != "authorization" or " " in self._token
            self._headers[header] = self._token if plain else f"Bearer {self._token}"
        self._max_pending = int(config.options.get("max_pending", "20"))
        own = config.options.get("workflows", "")
        self._folders = (Path(own), SHIPPED) if own else (SHIPPED,)
        self._http = client(replace(config, base_url=self._base), headers=self._headers)
        # The same after a restart, so that jobs under way are told of again; another for every installation.
        self._client_id = str(uuid5(JOBS, f"{gethostname()}:{config.work_dir}"))
        self._steps = Steps(self._base, client_id=self._client_id, headers=self._headers)

    async def close(self) -> None:
        """Close the connections."""
        await self._steps.close()
        await self._http.aclose()

    async def submit(self, request: VideoRequest, *, job_key: str) -> Ticket:
        """Start a job, once; what the server has already under this key is not sent again."""
        if not self._base:
            raise MissingKey(provider=self.id, model=request.model, env=self.env)
        identity = str(uuid5(JOBS, job_key))
        try:
            workflow = await asyncio.to_thread(find_workflow, request, self._folders)
        except ProviderError as error:
            error.provider, error.model = self.id, request.model
            raise
        data = {"output": workflow.output, "steps": " ".join(workflow.steps)}
        ticket = Ticket(provider=self.id, model=request.model, remote_id=identity, data=data)
        waiting = await self._waiting(ticket)
        if waiting is None:
            return ticket
        if waiting >= self._max_pending:
            raise RateLimited(f"{waiting} jobs are waiting", provider=self.id, model=request.model)
        names: dict[str, str] = {
            item.role: await self._handed_over(item, f"{identity}-{place}", request.model)
            for place, item in enumerate(request.media, 1)
        }
        seed = request.seed if request.seed is not None else UUID(identity).int % 2**48
        words = said_with(request.prompt, {item.name: f"the {item.kind}" for item in request.media})
        wish = replace(request, prompt=words)
        graph = workflow.filled(wish, seed=seed, file=f"talkreel/{identity}", files=names)
        body = {"prompt": graph, "client_id": self._client_id, "prompt_id": identity}
        if workflow.steps:
            self._steps.listen()
        answer = await submit(self._http, "/prompt", provider=self.id, model=request.model, json=body)
        if not answer.ok:
            raise self._refusal(answer)
        try:
            taken = _Taken.model_validate_json(answer.body)
        except ValidationError:
            raise OutcomeUnknown("the answer cannot be read", provider=self.id, model=request.model) from None
        return replace(ticket, remote_id=taken.prompt_id)

    async def poll(self, ticket: Ticket) -> Progress:
        """Ask once how the job stands: the queue, and for what is not in it the history."""
        if not self._base:
            # It says nothing about a job that exists.
            raise self._error(Unreachable, "no address is set", ticket)
        standing, _ = await self._queue(ticket)
        if standing is not None:
            return self._how_far(standing, ticket)
        entry = await self._history(ticket)
        if entry is None:
            return Failed(error=self._error(Expired, "the server does not know this job", ticket))
        progress = self._ended(entry, ticket)
        if isinstance(progress, Failed) and NO_MEMORY.search(progress.error.said):
            await self._free(ticket)
        return progress

    async def fetch(self, done: Done, into: Path) -> Asset:
        """Stream the clip to `into`."""
        ticket = done.ticket
        asset = await download(
            self._http, done.url, into, provider=self.id, model=ticket.model, headers=self._headers
        )
        if asset.mime.startswith(NO_CLIP):
            await asyncio.to_thread(into.unlink)
            raise self._error(Unreachable, f"no clip behind the address but {asset.mime}", ticket)
        return asset

    async def cancel(self, ticket: Ticket) -> bool:
        """Take it out of the queue or interrupt it. True only if it has stopped by now."""
        standing, _ = await self._queue(ticket)
        if isinstance(standing, Queued):
            await self._tell("/queue", {"delete": [ticket.remote_id]}, ticket)
        elif isinstance(standing, Running):
            await self._tell("/interrupt", {"prompt_id": ticket.remote_id}, ticket)
        else:
            return False
        standing, _ = await self._queue(ticket)
        if standing is not None:
            return False
        entry = await self._history(ticket)
        return entry is None or _interrupted(entry)

    def _how_far(self, standing: Queued | Running, ticket: Ticket) -> Queued | Running:
        nodes = str(ticket.data.get("steps", "")).split()
        if nodes:
            self._steps.listen()
        if isinstance(standing, Queued):
            return standing
        return Running(fraction=self._steps.share(ticket.remote_id, nodes))

    async def _waiting(self, ticket: Ticket) -> int | None:
        """How many jobs wait; None if this one is known already. Nothing was sent, whatever goes wrong."""
        try:
            standing, waiting = await self._queue(ticket)
            known = standing is not None or await self._history(ticket) is not None
        except Unreachable as error:
            kind = BadKey if error.vendor_code in ("401", "403") else NotSent
            raise kind(
                error.said,
                provider=self.id,
                model=ticket.model,
                retry_after=error.retry_after,
                vendor_code=error.vendor_code,
                env=(ACCESS,) if kind is BadKey else (),
            ) from None
        return None if known else waiting

    async def _queue(self, ticket: Ticket) -> tuple[Queued | Running | None, int]:
        """How the job stands there, and how many wait."""
        answer = await self._read("/queue", ticket)
        try:
            queue = _Queue.model_validate_json(answer.body)
            running = [entry[1] for entry in queue.queue_running]
            pending = [entry[1] for entry in sorted(queue.queue_pending, key=lambda entry: entry[0])]
        except (ValidationError, IndexError, TypeError):
            raise self._error(Unreachable, "the queue cannot be read", ticket) from None
        if ticket.remote_id in running:
            return Running(), len(pending)
        if ticket.remote_id in pending:
            return Queued(position=pending.index(ticket.remote_id) + 1), len(pending)
        return None, len(pending)

    async def _history(self, ticket: Ticket) -> _Entry | None:
        answer = await self._read(f"/history/{ticket.remote_id}", ticket)
        told = answer.lenient()
        try:
            if not isinstance(told, dict):
                raise ValueError
            entry = told.get(ticket.remote_id)
            return None if entry is None else _Entry.model_validate(entry)
        except ValueError:
            raise self._error(Unreachable, "the history cannot be read", ticket) from None

    async def _read(self, path: str, ticket: Ticket) -> Answer:
        answer = await read(self._http, path, provider=self.id, model=ticket.model)
        if not answer.ok:
            raise self._error(Unreachable, f"status {answer.status}", ticket, str(answer.status))
        return answer

    async def _tell(self, path: str, body: Mapping[str, Any], ticket: Ticket) -> None:
        """Say something that may be said twice."""
        await read(self._http, path, provider=self.id, model=ticket.model, method="POST", json=body)

    async def _free(self, ticket: Ticket) -> None:
        """After a lack of memory: let the server start the next job with an empty card."""
        try:
            await self._tell("/free", {"unload_models": True, "free_memory": True}, ticket)
        except Unreachable:
            return  # The job has ended either way.

    async def _handed_over(self, item: MediaInput, name: str, model: str) -> str:
        """Upload a file; the name under which nodes find it."""
        ending, content, mime = await form_part(item, max_bytes=UPLOAD_BYTES)
        answer = await upload(
            self._http,
            "/upload/image",
            provider=self.id,
            model=model,
            data={"type": "input", "overwrite": "true"},
            files={"image": (f"{name}-{ending}", content, mime)},
        )
        if not answer.ok:
            raise self._refusal(answer)
        told = answer.lenient()
        if not isinstance(told, dict) or not isinstance(told.get("name"), str):
            raise NotSent("the upload's answer cannot be read", provider=self.id, model=model)
        folder = told.get("subfolder")
        return f"{folder}/{told['name']}" if folder else str(told["name"])

    def _ended(self, entry: _Entry, ticket: Ticket) -> Done | Failed:
        if _interrupted(entry):
            error = self._error(VendorFault, "it was interrupted", ticket)
            return Failed(error=error, billed=False, stopped=True)
        if entry.status is not None and entry.status.status_str == "error":
            told = dict(entry.status.messages).get("execution_error", {})
            words = f"{told.get('node_type', '')}: {told.get('exception_message', 'failed')}".strip()
            code = str(told.get("exception_type", ""))
            return Failed(error=self._error(VendorFault, f"{words} ({code})", ticket, code), billed=False)
        file = find_clip(entry.outputs, str(ticket.data.get("output", "")))
        if file is None:
            return Failed(error=self._error(VendorFault, "no clip among the outputs", ticket), billed=False)
        return Done(ticket=ticket, url=f"{self._base}/view?{urlencode(file)}")

    def _error(self, kind: type[E], text: str, ticket: Ticket, code: str = "") -> E:
        return kind(
            scrub(text, [self._token]),
            provider=self.id,
            model=ticket.model,
            remote_id=ticket.remote_id,
            vendor_code=code,
        )

    def _refusal(self, answer: Answer) -> ProviderError:
        kind, code, words = read_error(answer.status, answer.lenient())
        return kind(
            scrub(words, [self._token]),
            provider=self.id,
            model=answer.model,
            retry_after=answer.retry_after,
            vendor_code=code,
            env=(ACCESS,) if kind is BadKey else (),
        )


def read_error(status: int, body: Any) -> tuple[type[ProviderError], str, str]:
    """What a refused call means: the kind of error, the server's code, its words with node and input."""
    if status in REFUSALS:
        return REFUSALS[status], str(status), f"status {status}"
    body = body if isinstance(body, dict) else {}
    error = body.get("error")
    error = error if isinstance(error, dict) else {"message": error or f"status {status}"}
    code, words = str(error.get("type", status)), str(error.get("message", ""))
    details = [
        (
            str(one.get("type", "")),
            f"{node.get('class_type', '')}: {one.get('message')}: {one.get('details')}",
        )
        for node in (body.get("node_errors") or {}).values()
        for one in node.get("errors", [])
    ]
    codes = [code, *(name for name, _ in details)]
    absent = next((name for name in codes if name in ABSENT), "")
    if absent or NO_NODE.search(words):
        return ModelGone, absent or code, "; ".join([words, *(text for _, text in details)])
    return BadRequest, details[0][0] if details else code, "; ".join([words, *(text for _, text in details)])


def find_clip(outputs: Mapping[str, Any], node: str) -> dict[str, str] | None:
    """The clip among the files that were made, as `/view` is asked for it; that of `node` if it made one."""
    found = [(where, file) for where, file in _files(outputs) if file["filename"].lower().endswith(CLIPS)]
    found.sort(key=lambda one: one[0] != node)
    return found[0][1] if found else None


def _files(outputs: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for node, lists in outputs.items():
        for items in lists.values() if isinstance(lists, dict) else ():
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and isinstance(item.get("filename"), str):
                    if item.get("type") == "output":
                        yield node, {key: str(item.get(key, "")) for key in ("filename", "subfolder", "type")}


def _interrupted(entry: _Entry) -> bool:
    return entry.status is not None and any(
        name == "execution_interrupted" for name, _ in entry.status.messages
    )
