"""DashScope with Wan on a real local socket: start, ask, stop, list, and its file store; for adapter and SDK.

What it takes is in `alibaba_wan_rules.py`. In a test: `async with FakeWan() as vendor: … vendor.url …`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import BodyPartReader, web

from tests.fakes.alibaba_wan_rules import FORM, Order, check_file, read_order
from tests.fakes.faults import faults_in, find
from tests.fakes.studio import Job, Refusal, Studio, bearer

GOOD_KEY = "sk-good-71f0c2aa9e55b3"
BROKE_KEY = "sk-broke-02b1d8c4f7aa90"
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "submit-moderated": (400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    "submit-brand": (400, "IPInfringementSuspect", "Input data is suspected of infringing a brand."),
    "submit-invalid": (400, "InvalidParameter", "duration is not in the allowed list"),
    "submit-no-download": (
        400,
        "InvalidParameter.DataInspection",
        "Unable to download the media resource during the data inspection process.",
    ),
    "submit-gone": (404, "ModelNotFound", "The model does not exist."),
    "submit-used-up": (429, "Throttling.AllocationQuota", "Allocated quota exceeded."),
    "submit-429": (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "submit-region": (403, "AccessDenied.Unpurchased", "Access denied."),
    "submit-500": (500, "InternalError", "An internal error has occured."),
}
ENDS: Mapping[str, tuple[str, str]] = {
    "end-failed": ("InternalError.Algo", "Algo process exception."),
    "end-moderated": ("DataInspectionFailed", "Output data may contain inappropriate content."),
    "end-input": ("DataInspectionFailed", "Input data may contain inappropriate content."),
    "end-brand": ("IPInfringementSuspect", "Output data is suspected of infringing a brand."),
    "end-invalid": ("InvalidParameter", "The size of the image is not in the allowed range."),
}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys((*REFUSALS, *ENDS, "cancel-late", "no-usage"), 0),
}


@dataclass(kw_only=True)
class Lent:
    """An address in the file store that was lent for one file and one model."""

    model: str
    data: bytes = b""


class FakeWan(Studio):
    """The vendor.

    Attributes:
        lent: places in the file store, by their folder. stored: files by their `oss://` address.
        seconds: how long the clips are that lie behind links outside.
    """

    def __init__(self, *, queue_ms: float = 10, run_ms: float = 30) -> None:
        """Set up; nothing listens yet."""
        super().__init__(FAULTS, queue_ms=queue_ms, run_ms=run_ms)
        self.lent: dict[str, Lent] = {}
        self.stored: dict[str, Lent] = {}
        self.seconds = 4.0

    def routes(self, app: web.Application) -> None:
        """The calls of the API, below /api/v1, and the store's address."""
        root = "/api/v1"
        app.router.add_post(f"{root}/services/aigc/video-generation/video-synthesis", self._create)
        app.router.add_get(f"{root}/tasks", self._list)
        app.router.add_get(f"{root}/tasks/{{id}}", self._ask)
        app.router.add_post(f"{root}/tasks/{{id}}/cancel", self._cancel)
        app.router.add_get(f"{root}/uploads", self._lend)
        app.router.add_post("/oss", self._put)

    def check_download(self, request: web.Request, job: Job) -> None:
        """Signed links take no key."""
        if "Authorization" in request.headers:
            raise Refusal(400, {"Code": "InvalidArgument"})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.calls["create"] += 1
        key = _checked(request)
        if request.headers.get("X-DashScope-Async") != "enable":
            raise wrong(403, "AccessDenied", "current user api does not support synchronous calls.")
        body = self.seen[-1].body
        if not isinstance(body, dict):
            raise wrong(400, "InvalidParameter", "the body is not a JSON object")
        if key == BROKE_KEY:
            raise wrong(400, "Arrearage", "Access denied, please make sure your account is in good standing.")
        prompt = str((body.get("input") or {}).get("prompt", ""))
        refused = find(faults_in(prompt, self.known), *REFUSALS)
        if refused is not None:
            status, code, words = REFUSALS[refused.name]
            raise wrong(status, code, words, {"Retry-After": refused.value} if refused.value else {})
        order = read_order(body)
        given = 0.0
        for field, link in order.links:
            given += await self._length(request, order, field, link)
        job = self.accept(
            f"task-{next(self.numbers):04d}",
            prompt=prompt,
            seconds=order.seconds,
            aspect=order.aspect,
            sound=order.sound,
            body=body,
        )
        job.facts = {"given": given, "order": order}
        return await self.accepted(request, job, {"request_id": "req", "output": self._standing(job)})

    async def _length(self, request: web.Request, order: Order, field: str, link: str) -> float:
        """Seconds of a clip that counts; what lies in the store is looked at."""
        if link.startswith("oss://"):
            if request.headers.get("X-DashScope-OssResourceResolve") != "enable":
                raise wrong(400, "InvalidURL", "the scheme oss is not supported")
            lent = self.stored.get(link)
            if lent is None or lent.model != order.model:
                raise wrong(400, "InvalidParameter.DataInspection", "Unable to download the media resource")
            found = await asyncio.to_thread(check_file, field, lent.data)
            return found if field == "reference_video" else 0.0
        return self.seconds if field == "reference_video" else 0.0

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self.calls["ask"] += 1
        _checked(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None or find(job.faults, "gone"):
            identity = request.match_info["id"]
            return web.json_response(
                {"request_id": "req", "output": {"task_id": identity, "task_status": "UNKNOWN"}}
            )
        fault = self.poll_fault(request, job)
        match fault.name if fault else "":
            case "poll-garbage":
                return web.Response(text='{"output": {"task', content_type="application/json")
            case "poll-strange":
                odd = {"task_id": job.id, "task_status": "PONDERING"}
                return web.json_response({"request_id": "req", "output": odd})
            case "poll-error":
                raise wrong(500, "InternalError", "An internal error has occured.")
            case "poll-limit":
                raise wrong(
                    429, "Throttling.RateQuota", "Requests rate limit exceeded.", {"Retry-After": "3"}
                )
        answer: dict[str, Any] = {"request_id": "req", "output": self._standing(job)}
        if answer["output"]["task_status"] == "SUCCEEDED" and not find(job.faults, "no-usage"):
            given = job.facts["given"]
            answer["usage"] = {
                "duration": given + job.seconds,
                "input_video_duration": given,
                "output_video_duration": int(job.seconds),
                "SR": "720",
                "video_count": 1,
            }
        return web.json_response(answer)

    def _standing(self, job: Job) -> dict[str, Any]:
        output: dict[str, Any] = {"task_id": job.id, "task_status": "PENDING"}
        if job.standing == "queued":
            return output
        output |= {"submit_time": _clock(job.created_ms), "scheduled_time": _clock(job.created_ms)}
        if job.cancelled:
            return output | {"task_status": "CANCELED"}
        if job.standing == "running":
            return output | {"task_status": "RUNNING"}
        end = find(job.faults, *ENDS)
        if end is not None:
            code, words = ENDS[end.name]
            return output | {"task_status": "FAILED", "code": code, "message": words}
        told = {"orig_prompt": job.body["input"]["prompt"], "video_url": self.link(job)}
        return output | {"task_status": "SUCCEEDED", "end_time": _clock(job.created_ms), **told}

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        self.calls["cancel"] += 1
        _checked(request)
        job = self.jobs.get(request.match_info["id"])
        if job is None or job.standing != "queued" or find(job.faults, "cancel-late"):
            words = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise wrong(400, "UnsupportedOperation", words)
        job.cancelled = True
        return web.json_response({"request_id": "req"})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.calls["list"] += 1
        _checked(request)
        known = {"page_no", "page_size", "start_time", "end_time", "model_name", "status", "region"}
        if strange := set(request.query) - known - {"api_key_id"}:
            raise wrong(400, "InvalidParameter", f"unknown {min(strange)}")
        page, size = (int(request.query.get(name, low)) for name, low in (("page_no", 1), ("page_size", 10)))
        if page < 1 or not 1 <= size <= 100:
            raise wrong(400, "InvalidParameter", "page_size must be from 1 to 100")
        wanted = request.query.get("model_name")
        found = [
            {
                "api_key_id": "15",
                "gmt_create": job.created_ms,
                "model_name": job.body["model"],
                "region": "ap-southeast-1",
                "status": self._standing(job)["task_status"],
                "task_id": job.id,
            }
            for job in reversed(self.jobs.values())
            if wanted in (None, job.body["model"])
        ]
        page_of = found[(page - 1) * size : page * size]
        return web.json_response({"request_id": "req", "data": page_of, "total": len(found)})

    async def _lend(self, request: web.Request) -> web.StreamResponse:
        self.calls["lend"] += 1
        _checked(request)
        if request.query.get("action") != "getPolicy" or not request.query.get("model"):
            raise wrong(400, "InvalidParameter", "action and model")
        folder = f"dashscope-instant/abc/{next(self.numbers)}"
        self.lent[folder] = Lent(model=request.query["model"])
        data = {
            "policy": "cG9saWN5",
            "signature": "c2lnbmF0dXJl",
            "upload_dir": folder,
            "upload_host": f"{self.url}/oss",
            "expire_in_seconds": 300,
            "max_file_size_mb": 100,
            "oss_access_key_id": "LTAI-lent",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }
        return web.json_response({"request_id": "req", "data": data})

    async def _put(self, request: web.Request) -> web.StreamResponse:
        self.calls["put"] += 1
        if "Authorization" in request.headers:
            raise Refusal(400, {"Code": "InvalidArgument"})
        form: dict[str, str] = {}
        data = b""
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader) and part.name is not None
            if "file" in form:
                raise Refusal(400, {"Code": "MalformedPOSTRequest"})
            if part.name == "file":
                form["file"] = part.filename or ""
                data = bytes(await part.read())
            else:
                form[part.name] = await part.text()
        folder, _, name = form.get("key", "").rpartition("/")
        if tuple(form) != FORM or form["Signature"] != "c2lnbmF0dXJl" or folder not in self.lent:
            raise Refusal(403, {"Code": "AccessDenied"})
        if form["OSSAccessKeyId"] != "LTAI-lent" or form["success_action_status"] != "200" or not name:
            raise Refusal(403, {"Code": "AccessDenied"})
        self.stored[f"oss://{form['key']}"] = Lent(model=self.lent.pop(folder).model, data=data)
        return web.Response()


def wrong(status: int, code: str, words: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """An error of a call."""
    return Refusal(status, {"request_id": "req", "code": code, "message": words}, headers)


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _checked(request: web.Request) -> str:
    key = bearer(request)
    if key not in (GOOD_KEY, BROKE_KEY):
        # Some proxies in front of it repeat what they were sent.
        raise wrong(401, "InvalidApiKey", f"Invalid API-key provided: {key}")
    return key
