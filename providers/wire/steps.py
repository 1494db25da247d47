"""How far jobs of a ComfyUI server are, as its web socket tells: one socket for all jobs of this process.

Nothing depends on it: who asks gets what was heard, or None. A socket that breaks is opened again by the next
question, not before some seconds have passed. It sends nothing; previews (binary frames) are passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

HEARTBEAT_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 10.0
FRAME_BYTES: Final = 64 * 1024 * 1024  # a preview of a large picture; a longer frame closes the socket
JOBS: Final = 1000
_ENDS: Final = frozenset({"execution_success", "execution_error", "execution_interrupted"})


class Steps:
    """What was heard of jobs, by their id there."""

    def __init__(self, base_url: str, *, client_id: str, headers: Mapping[str, str]) -> None:
        """Keep where to listen; nothing is opened.

        Args:
            base_url: the server's.
            client_id: the name that the jobs were sent under: of others' jobs nothing is told.
            headers: what a proxy in front wants.
        """
        url = httpx.URL(base_url or "http://none.invalid")
        scheme = "wss" if url.scheme == "https" else "ws"
        path = f"{url.path.rstrip('/')}/ws"
        self._url = str(url.copy_with(scheme=scheme, path=path, params={"clientId": client_id}))
        self._headers = dict(headers)
        self._heard: OrderedDict[str, dict[str, float]] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self._tried = 0.0

    def listen(self) -> None:
        """Open the socket if it is not open, and was not tried just now."""
        if self._task is not None and not self._task.done():
            return
        now = time.monotonic()
        if self._task is None or now - self._tried >= AGAIN_SECONDS:
            self._tried = now
            self._task = asyncio.create_task(self._hear(), name="comfyui-steps")

    def share(self, job: str, nodes: Sequence[str]) -> float | None:
        """How much of the work of these nodes is done, from 0 to 1; None if nothing was heard of them yet."""
        heard = self._heard.get(job)
        if not nodes or heard is None or not any(node in heard for node in nodes):
            return None
        return sum(heard.get(node, 0.0) for node in nodes) / len(nodes)

    async def close(self) -> None:
        """Close the socket."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _hear(self) -> None:
        """Note what comes until the socket breaks; whatever goes wrong with it is of no consequence."""
        # Only who listens pays for loading it.
        import aiohttp

        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with (
                aiohttp.ClientSession(headers=self._headers, trust_env=False) as session,
                session.ws_connect(
                    self._url, heartbeat=HEARTBEAT_SECONDS, max_msg_size=FRAME_BYTES
                ) as socket,
            ):
                async for frame in socket:
                    if frame.type == aiohttp.WSMsgType.TEXT:
                        self.note(frame.data)

    def note(self, text: str) -> None:
        """One message of the server; what cannot be read is passed over."""
        try:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
            job = data["prompt_id"]
        except (ValueError, TypeError, KeyError):
            return
        if not isinstance(job, str):
            return
        if kind in _ENDS:
            self._heard.pop(job, None)
        elif kind == "progress":
            self._keep(job, {str(data.get("node")): data})
        elif kind == "progress_state" and isinstance(data.get("nodes"), dict):
            self._keep(job, data["nodes"])
        elif kind == "execution_cached" and isinstance(data.get("nodes"), list):
            self._keep(job, {str(node): {"value": 1, "max": 1} for node in data["nodes"]})

    def _keep(self, job: str, nodes: Mapping[str, Any]) -> None:
        known = self._heard.setdefault(job, {})
        self._heard.move_to_end(job)
        if len(self._heard) > JOBS:
            self._heard.popitem(last=False)
        for node, told in nodes.items():
            with contextlib.suppress(TypeError, ValueError, KeyError, ZeroDivisionError):
                share = min(1.0, max(0.0, float(told["value"]) / float(told["max"])))
                known[node] = max(known.get(node, 0.0), share)
