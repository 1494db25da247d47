"""Questions that wait for Confirm: put down, taken up once, dropped. Knows nothing of what they are about."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.core.desk import Desk
from bot.core.errors import Denied, Refusal
from bot.core.model import Text
from bot.core.records import Pending
from bot.core.replies import Button, Reply
from bot.core.requests.call import Call

OFFER_MINUTES: Final = 10


def new_id() -> str:
    """A short name for a job or a question: eight letters and digits, none of them easily mistaken."""
    return base64.b32encode(secrets.token_bytes(5)).decode().lower()


async def ask_first(
    desk: Desk,
    call: Call,
    kind: str,
    payload: Mapping[str, Any],
    *,
    lines: Sequence[Text],
    confirm: Text,
    job: str = "",
) -> Reply:
    """Ask before something is done that cannot be undone.

    Args:
        desk: the ports.
        call: whoever is asked; nobody else can confirm.
        kind: tells `dispatch` which handler confirms.
        payload: what that handler needs.
        lines: the question.
        confirm: label of the button that does it.
        job: the job it is about, or "".
    """
    id = new_id()
    await desk.store.put_pending(
        Pending(
            id=id,
            wallet=call.wallet,
            kind=kind,
            payload=payload,
            expires_ms=desk.clock.now_ms() + OFFER_MINUTES * 60_000,
        )
    )
    return Reply(
        kind="quote",
        lines=tuple(lines),
        buttons=(
            Button(action="confirm", target=id, label=confirm),
            Button(action="dismiss", target=id, label=Text(key="button.dismiss")),
        ),
        private=True,
        job=job,
        facts={"quote": id, "asks": kind},
    )


async def taken(desk: Desk, call: Call) -> Pending:
    """Take up the question that a button belongs to, once.

    Raises:
        Refusal: `pending_gone`.
        Denied: `not_your_offer`.
    """
    pending = await desk.store.take_pending(str(call.options["id"]), desk.clock.now_ms())
    if pending is None:
        raise Refusal("pending_gone")
    if pending.wallet != call.wallet:
        await desk.store.put_pending(pending)  # it stays open for the one who was asked
        raise Denied("not_your_offer")
    return pending


async def dismiss(desk: Desk, call: Call) -> Reply:
    """Drop a question. Nothing was held, nothing was done."""
    pending = await taken(desk, call)
    key = "quote.dismissed" if pending.kind in ("generate", "compare") else "ask.dismissed"
    return Reply(kind="notice", lines=(Text(key=key),), private=True)
