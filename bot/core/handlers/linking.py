"""`/link` and `/unlink`: one wallet in two chats. Both sides see each other's name before anything is shared.

A code is shown privately, names its platform, serves once within ten minutes and gives nobody anything by
itself: whoever enters it is asked, then whoever made it is asked. Rights of admins never move.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import asdict
from typing import Any, Final

from bot.core.desk import Desk
from bot.core.errors import Denied, Refusal
from bot.core.model import CONSOLE, Destination, PlatformLimits, Text
from bot.core.records import Pending
from bot.core.replies import Button, Reply
from bot.core.requests.asking import OFFER_MINUTES, ask_first, new_id
from bot.core.requests.call import Call

_CODES_PER_HOUR: Final = 5
_TRIES_PER_HOUR: Final = 5
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily mistaken for another
_CODE: Final = re.compile(rf"(discord|telegram|web)([{_LETTERS}]{{10}})")


async def link(desk: Desk, call: Call) -> Reply:
    """Without a code: what waits for an answer, else a new code. With one: ask whether to share.

    Raises:
        Refusal: `link_alone`, `link_bad_code`, `link_same`, `link_platform_taken`.
        Denied: `link_too_often`, `link_wait`.
    """
    if call.actor.server == CONSOLE or len(desk.house.platforms) < 2:
        raise Refusal("link_alone")
    if "code" in call.options:
        return await _enter(desk, call, str(call.options["code"]))
    waiting = await desk.store.pendings_of(call.wallet, "link-agree")
    for pending in waiting:
        if pending.payload["keeper"] == call.actor.person.key:
            return _question(pending)
    return await _new_code(desk, call)


async def _new_code(desk: Desk, call: Call) -> Reply:
    if await desk.store.attempt(call.wallet, "link-code") > _CODES_PER_HOUR:
        raise Denied("link_too_often")
    person = call.actor.person
    secret = "".join(secrets.choice(_LETTERS) for _ in range(10))
    await desk.store.put_pending(
        Pending(
            id=_key(f"{person.platform}{secret}"),
            wallet=call.wallet,
            kind="link-code",
            payload={"keeper": person.key, "name": person.name, "place": asdict(call.destination)},
            expires_ms=desk.clock.now_ms() + OFFER_MINUTES * 60_000,
        )
    )
    code = f"{person.platform}-{secret[:5]}-{secret[5:]}"
    others = tuple(sorted(desk.house.platforms - {person.platform, "console"}))
    facts = {"code": code, "minutes": OFFER_MINUTES, "others": others}
    return Reply(
        kind="notice",
        lines=(Text(key="link.code", facts=facts), Text(key="link.warning")),
        private=True,
        facts=facts,
    )


async def _enter(desk: Desk, call: Call, code: str) -> Reply:
    """Somebody gives a code: it is spent, and they are asked whether they know who made it."""
    if await desk.store.attempt(call.wallet, "link-try") > _TRIES_PER_HOUR:
        raise Denied("link_too_often")
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    if _CODE.fullmatch(plain) is None:
        raise Refusal("link_bad_code")
    pending = await desk.store.take_pending(_key(plain), desk.clock.now_ms())
    if pending is None or pending.kind != "link-code":
        raise Refusal("link_bad_code")
    mine, keeper = call.actor.person, str(pending.payload["keeper"])
    await desk.store.may_join(keeper=keeper, joiner=mine.key)
    facts = {"name": pending.payload["name"] or keeper, "platform": _platform(keeper)}
    return await ask_first(
        desk,
        call,
        "link-join",
        {**pending.payload, "wallet": pending.wallet},
        lines=(Text(key="link.ask_joiner", facts=facts), Text(key="link.ask_means")),
        confirm=Text(key="button.link", facts={"name": facts["name"]}),
    )


async def join_agreed(desk: Desk, call: Call) -> Reply:
    """Whoever entered the code knows the other; now whoever made it is asked."""
    asked = _pending(call)
    mine = call.actor.person
    await desk.store.may_join(keeper=asked.payload["keeper"], joiner=mine.key)
    waiting = Pending(
        id=new_id(),
        wallet=str(asked.payload["wallet"]),
        kind="link-agree",
        payload={
            "keeper": asked.payload["keeper"],
            "joiner": mine.key,
            "name": mine.name,
            "wallets": [asked.payload["wallet"], call.wallet],
            "place": asdict(call.destination),
        },
        expires_ms=desk.clock.now_ms() + OFFER_MINUTES * 60_000,
    )
    await desk.store.put_pending(waiting)
    keeper = str(asked.payload["keeper"])
    await desk.chats.notify(_place(asked.payload["place"]), keeper, _question(waiting))
    facts = {
        "name": asked.payload["name"] or keeper,
        "platform": _platform(keeper),
        "minutes": OFFER_MINUTES,
    }
    return Reply(kind="notice", lines=(Text(key="link.waiting", facts=facts),), private=True)


async def link_agreed(desk: Desk, call: Call) -> Reply:
    """Both have agreed: from now on they share one wallet.

    Raises:
        Refusal: `link_gone`, `link_same`, `link_platform_taken`.
        Denied: `link_wait`.
    """
    asked = _pending(call)
    keeper, joiner = str(asked.payload["keeper"]), str(asked.payload["joiner"])
    if keeper != call.actor.person.key:
        raise Refusal("link_gone")
    first, second = asked.payload["wallets"]
    await desk.store.join(keeper=keeper, joiner=joiner, agreed=(str(first), str(second)))
    theirs = {"name": call.actor.person.name or keeper, "platform": _platform(keeper)}
    done = Reply(kind="notice", lines=(Text(key="link.done", facts=theirs),), private=True, mention=joiner)
    await desk.chats.notify(_place(asked.payload["place"]), joiner, done)
    mine = {"name": asked.payload["name"] or joiner, "platform": _platform(joiner)}
    return Reply(kind="notice", lines=(Text(key="link.done", facts=mine),), private=True)


async def unlink(desk: Desk, call: Call) -> Reply:
    """Ask before an account leaves the shared wallet: the one in use, or another of the person's own.

    Raises:
        Refusal: `not_linked`.
    """
    accounts = await desk.store.identities(call.wallet)
    wanted = call.options.get("account", call.actor.person.platform)
    leaving = next((person for person in accounts if person.platform == wanted), None)
    if len(accounts) < 2 or leaving is None:
        raise Refusal("not_linked")
    facts = {"name": leaving.name or leaving.key, "platform": _platform(leaving.key)}
    return await ask_first(
        desk,
        call,
        "unlink",
        {"person": leaving.key},
        lines=(Text(key="link.ask_unlink", facts=facts),),
        confirm=Text(key="button.unlink"),
    )


async def unlink_confirmed(desk: Desk, call: Call) -> Reply:
    """Part them.

    Raises:
        Refusal: `not_linked`.
        Denied: `open_jobs`.
    """
    person = str(_pending(call).payload["person"])
    if person not in {one.key for one in await desk.store.identities(call.wallet)}:
        raise Refusal("not_linked")
    await desk.store.unlink(person)
    return Reply(
        kind="notice",
        lines=(Text(key="link.parted", facts={"platform": _platform(person)}),),
        private=True,
    )


def _question(pending: Pending) -> Reply:
    """What whoever made the code is asked."""
    joiner = str(pending.payload["joiner"])
    facts = {"name": pending.payload["name"] or joiner, "platform": _platform(joiner)}
    return Reply(
        kind="quote",
        lines=(Text(key="link.ask_keeper", facts=facts), Text(key="link.ask_means")),
        buttons=(
            Button(action="confirm", target=pending.id, label=Text(key="button.link", facts=facts)),
            Button(action="dismiss", target=pending.id, label=Text(key="button.dismiss")),
        ),
        private=True,
        mention=str(pending.payload["keeper"]),
        facts={"quote": pending.id, "asks": "link-agree"},
    )


def _pending(call: Call) -> Pending:
    if call.pending is None:
        raise Refusal("pending_gone")
    return call.pending


def _key(code: str) -> str:
    """Codes are kept by their digest: whoever reads the database cannot use them."""
    return f"link-{hashlib.sha256(code.encode()).hexdigest()}"


def _place(plain: dict[str, Any]) -> Destination:
    return Destination(**{**plain, "limits": PlatformLimits(**plain["limits"])})


def _platform(person: str) -> str:
    return person.partition(":")[0]
