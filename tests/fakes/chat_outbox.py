"""The core's `Outbox` port on the fake chat, over its socket: what a chat front-end would do."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import aiohttp

from bot.core.errors import Forbidden, MessageGone, TooLarge, TryLater
from bot.core.model import Destination
from bot.core.replies import Reply
from bot.core.wording import Wording


class ChatOutbox:
    """Posts, edits and delivers. `url` is the fake chat's address."""

    def __init__(self, url: str, wording: Wording) -> None:
        """Keep the address; the connection is made on first use."""
        self._url = url
        self._wording = wording
        self._session: aiohttp.ClientSession | None = None
        self.notices: list[Reply] = []
        self.notified: list[tuple[Destination, str, Reply]] = []
        self.closed: set[str] = set()

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def placeholder(self, to: Destination, reply: Reply, *, nonce: str) -> str:
        """Send the first message."""
        body = {"channel": to.channel, "thread": to.thread, "nonce": nonce, **self._body(to, reply)}
        answer = await self._call("POST", "/messages", json=body)
        return str(answer["id"])

    async def update(self, to: Destination, message: str, reply: Reply) -> None:
        """Edit the message."""
        await self._call("PATCH", f"/messages/{message}", json=self._body(to, reply))

    async def deliver(self, to: Destination, message: str, reply: Reply) -> None:
        """Turn the message into the clip."""
        assert reply.clip is not None
        body = self._body(to, reply)
        form = aiohttp.FormData()
        form.add_field("text", body["text"])
        form.add_field("facts", json.dumps({"job": reply.job}))
        form.add_field("buttons", json.dumps(body["buttons"]))
        # A stream: aiohttp warns of large bodies given as bytes.
        data = io.BytesIO(await asyncio.to_thread(reply.clip.path.read_bytes))
        form.add_field("media", data, filename=reply.clip.file_name, content_type="video/mp4")
        await self._call("PATCH", f"/messages/{message}", data=form)

    async def remove(self, to: Destination, message: str) -> None:
        """Delete the message."""
        await self._call("DELETE", f"/messages/{message}")

    async def notify(self, to: Destination, person: str, reply: Reply) -> None:
        """Remember what would have been whispered."""
        self.notices.append(reply)
        self.notified.append((to, person, reply))

    async def reach(self, person: str) -> Destination | None:
        """A channel of the person's own, unless it is in `closed`."""
        if person in self.closed:
            return None
        platform, _, id = person.partition(":")
        return Destination(platform=platform, channel=f"dm-{id}", private=True)  # type: ignore[arg-type]

    def _body(self, to: Destination, reply: Reply) -> dict[str, Any]:
        lines = [self._wording.say(line, to.language) for line in reply.lines]
        buttons = [{"action": button.action, "target": button.target} for button in reply.buttons]
        return {"text": "\n".join(lines), "buttons": buttons}

    async def _call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.request(method, self._url + path, **body) as response:
                answer: dict[str, Any] = {} if response.status == 204 else await response.json()
                if response.status < 300:
                    return answer
        except aiohttp.ClientError as error:
            raise TryLater(0.1) from error
        match response.status:
            case 404:
                raise MessageGone(path)
            case 403:
                raise Forbidden(path)
            case 413:
                raise TooLarge(int(answer.get("limit_bytes", 0)))
            case 429:
                raise TryLater(float(answer.get("retry_after", 1)))
        raise TryLater(0.1)
