"""Says in a server's log channel what an admin changed, where there is one. The log itself is the store's."""

from __future__ import annotations

from bot.core.desk import Desk
from bot.core.model import Destination, Text
from bot.core.replies import Reply
from bot.core.requests.call import Call


async def announce(desk: Desk, call: Call, what: Text) -> None:
    """Tell the log channel who changed what; a channel that takes nothing changes nothing."""
    server = await desk.store.server(call.actor.server)
    platform, _, channel = str(server.settings.get("log_channel", "")).partition(":")
    if not channel or platform != call.destination.platform:
        return
    to = Destination(
        platform=call.destination.platform,
        channel=channel,
        language=server.language,
        extra=call.destination.extra,
    )
    who = call.actor.person.name or call.actor.person.key
    line = Text(key="setup.announced", facts={"who": who, "what": what})
    await desk.chats.post(to, Reply(kind="notice", lines=(line,)), nonce=f"log-{call.request_key}"[:100])
