"""Command or button → handler → reply: the one place where rights are checked and errors become replies.

Nobody ever sees a traceback here; whatever was not foreseen is logged under an id and said to be so.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.core.coercion import check_files, coerce
from bot.core.commands import find_command
from bot.core.desk import Attachment, Desk
from bot.core.errors import Denied, Refusal, StorageFull
from bot.core.handlers import (
    clips,
    compare,
    continuing,
    credits,
    gallery,
    generate,
    help,
    jobs,
    leaderboard,
    linking,
    models,
    operator,
    private,
    quota,
    remake,
    setup,
    sound,
)
from bot.core.model import Actor, Destination, Text
from bot.core.replies import Action, Reply
from bot.core.requests.asking import dismiss, taken
from bot.core.requests.balloting import contest_here, kept_leg
from bot.core.requests.call import Call, Handler, may, place_word
from bot.core.typed import parse

log = logging.getLogger(__name__)

HANDLERS: Final[Mapping[str, Handler]] = {
    "generate": generate.generate,
    "compare": compare.compare,
    "leaderboard": leaderboard.leaderboard,
    "models": models.models,
    "credits": credits.credits,
    "history": jobs.history,
    "job": jobs.show_job,
    "cancel": jobs.cancel,
    "link": linking.link,
    "unlink": linking.unlink,
    "export": private.export,
    "forget": private.ask_forget,
    "help": help.show_help,
    "setup": setup.setup,
    "quota show": quota.show,
    "quota set": quota.set_limit,
    "quota grant": quota.grant,
    "quota reset": quota.reset,
    "quota block": quota.block,
    "quota log": quota.show_log,
}
# What Confirm does, by the kind of question it belongs to.
CONFIRMS: Final[Mapping[str, Handler]] = {
    "generate": generate.confirm,
    "compare": compare.confirm,
    "delete": clips.delete,
    "forget": private.forget,
    "link-join": linking.join_agreed,
    "link-agree": linking.link_agreed,
    "unlink": linking.unlink_confirmed,
}


async def _confirm(desk: Desk, call: Call) -> Reply:
    """Do what was asked about."""
    pending = await taken(desk, call)
    handler = CONFIRMS.get(pending.kind)
    if handler is None:
        raise Refusal("pending_gone")
    return await handler(desk, replace(call, pending=pending))


async def _keep(desk: Desk, call: Call) -> Reply:
    """The untouched original of a clip of a comparison, for whoever wants to keep it."""
    id, _, letter = str(call.options["id"]).partition(".")
    contest = await contest_here(desk, call, id)
    leg = kept_leg(contest, letter)
    # Whoever may see the comparison may have its clips, which are in the name of whoever asked for it.
    return await clips.original(desk, replace(call, options={"id": leg.job}, wallet=contest.wallet))


PRESSES: Final[Mapping[Action, Handler]] = {
    "confirm": _confirm,
    "dismiss": dismiss,
    "words": generate.words_form,
    "cancel": jobs.cancel,
    "again": remake.again,
    "edit": remake.edit_form,
    "other-model": remake.other_model_form,
    "new-sound": sound.form,
    "extend": continuing.extend_form,
    "edit-clip": continuing.edit_form,
    "upscale": continuing.upscale_form,
    "original": clips.original,
    "details": jobs.details,
    "delete": clips.ask_delete,
    "show": clips.show,
    "page": jobs.turn_page,
    "withhold": gallery.withhold,
    "allot": operator.allot_form,
    "setup": setup.form,
    "cancel-leg": compare.cancel_leg,
    "vote": compare.vote,
    "vote-at": compare.vote_at,
    "cast": compare.cast,
    "peek": compare.peek,
    "card": compare.card,
    "end-vote": compare.end_vote,
    "keep": _keep,
}
# What a filled-in form does, by the action of the form.
SUBMITS: Final[Mapping[str, Handler]] = {
    "words": generate.words,
    "edit": remake.edit,
    "other-model": remake.other_model,
    "new-sound": sound.make,
    "lay-sound": sound.lay,
    "extend": continuing.extend,
    "edit-clip": continuing.edit,
    "upscale": continuing.upscale,
    "allot": operator.allot,
    "setup": setup.fill_in,
}
_PAYING: Final = frozenset({"confirm", "again", *SUBMITS} - {"allot", "setup"})


class Dispatch:
    """What front-ends call. Every method answers with a reply and raises nothing but cancellation."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def command(
        self,
        actor: Actor,
        name: str,
        options: Mapping[str, Any],
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a command.

        Args:
            actor: who gives it, where, with which rights.
            name: as in the table; "quota show" for a subcommand.
            options: raw values; None counts as not given.
            destination: where answers go.
            request_key: of the event; the same event makes one job.
            attachments: files by option, already on this machine; they are read, never moved.
        """
        pays = name.split()[:1] in (["generate"], ["compare"])
        return await self._guarded(
            self._command(actor, name, options, destination, request_key, attachments or {}), pays=pays
        )

    async def words(
        self,
        actor: Actor,
        text: str,
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a typed command; words without a slash are a prompt."""
        try:
            name, options = parse(text)
        except Refusal as refusal:
            return self._refused(refusal, pays=not text.startswith("/") or text.startswith("/generate"))
        return await self.command(
            actor,
            name,
            options,
            destination=destination,
            request_key=request_key,
            attachments=attachments,
        )

    async def press(
        self, actor: Actor, action: str, target: str, *, destination: Destination, request_key: str
    ) -> Reply:
        """Carry out a button. Buttons of older versions that are gone say so."""
        return await self._guarded(
            self._press(actor, action, target, destination, request_key), pays=action in _PAYING
        )

    async def submit(
        self,
        actor: Actor,
        action: str,
        target: str,
        values: Mapping[str, str],
        *,
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]] | None = None,
    ) -> Reply:
        """Carry out a form.

        Args:
            actor: who filled it in.
            action, target: as in the `FormView`.
            values: the answers by field; "" is left empty, a field that is missing stays as it was.
            destination: where answers go.
            request_key: of the event; the same event makes one job.
            attachments: files by option of `/generate`, where the form begins a clip.
        """
        return await self._guarded(
            self._submit(actor, action, target, values, destination, request_key, attachments or {}),
            pays=action in _PAYING,
        )

    async def on_join(self, server: str, name: str) -> None:
        """The bot was added to a server: it begins without paid credits, and the operator is asked."""
        await self._quietly(operator.joined(self._desk, server, name))

    async def on_leave(self, server: str) -> None:
        """The bot was removed from a server."""
        await self._quietly(operator.left(self._desk, server))

    async def migrate(self, old: str, new: str) -> None:
        """A server has another id from now on: limits, grants, use and jobs go along."""
        await self._quietly(self._desk.store.migrate_server(old, new))

    async def _quietly(self, work: Awaitable[None]) -> None:
        """Nobody waits for an answer: what goes wrong is logged."""
        try:
            await work
        except Exception:
            log.exception("an event of a server could not be carried out")

    async def _command(
        self,
        actor: Actor,
        name: str,
        options: Mapping[str, Any],
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]],
    ) -> Reply:
        command = find_command(name)
        if not may(actor, command):
            raise Denied(f"{command.who}_only", name=f"/{command.name}")
        if destination.platform not in command.platforms:
            raise Refusal("not_on_platform", name=f"/{command.name}", platforms=sorted(command.platforms))
        check_files(command, {option: len(files) for option, files in attachments.items()})
        call = Call(
            actor=actor,
            options=coerce(command, options),
            destination=destination,
            request_key=request_key,
            wallet=await self._known(actor),
            files={option: tuple(files) for option, files in attachments.items()},
        )
        return await HANDLERS[command.name](self._desk, call)

    async def _press(
        self, actor: Actor, action: str, target: str, destination: Destination, request_key: str
    ) -> Reply:
        handler = next((found for known, found in PRESSES.items() if known == action), None)
        if handler is None:
            raise Refusal("unknown_button")
        call = Call(
            actor=actor,
            options={"id": target},
            destination=destination,
            request_key=request_key,
            wallet=await self._known(actor),
        )
        return await handler(self._desk, call)

    async def _submit(
        self,
        actor: Actor,
        action: str,
        target: str,
        values: Mapping[str, str],
        destination: Destination,
        request_key: str,
        attachments: Mapping[str, Sequence[Attachment]],
    ) -> Reply:
        handler = SUBMITS.get(action)
        if handler is None:
            raise Refusal("unknown_button")
        if attachments and action != "lay-sound":  # which takes several recordings, and counts them
            check_files(find_command("generate"), {name: len(files) for name, files in attachments.items()})
        call = Call(
            actor=actor,
            options={"id": target},
            destination=destination,
            request_key=request_key,
            wallet=await self._known(actor),
            files={option: tuple(files) for option, files in attachments.items()},
            values={name: str(value).strip() for name, value in values.items()},
        )
        return await handler(self._desk, call)

    async def _known(self, actor: Actor) -> str:
        """The wallet of the person; the server is remembered by its name."""
        store, person = self._desk.store, actor.person
        if not actor.server_name:
            return await store.wallet(person.key, person.name)
        server, wallet = await asyncio.gather(
            store.server(actor.server), store.wallet(person.key, person.name)
        )
        if server.name != actor.server_name:
            await store.save_server(replace(server, name=actor.server_name))
        return wallet

    async def _guarded(self, work: Awaitable[Reply], *, pays: bool) -> Reply:
        try:
            return await work
        except Refusal as refusal:
            return self._refused(refusal, pays=pays)
        except StorageFull:
            return self._refused(Refusal("storage_full"), pays=pays)
        except Exception:
            trouble = secrets.token_hex(4)
            log.exception("trouble %s", trouble)
            key = "error.internal" if pays else "error.internal_other"
            return Reply(
                kind="refusal",
                lines=(Text(key=key, facts={"id": trouble}),),
                private=True,
                facts={"code": "internal", "id": trouble},
            )

    def _refused(self, refusal: Refusal, *, pays: bool) -> Reply:
        lines = [Text(key=f"refusal.{refusal.code}", facts=self._told(refusal.facts))]
        if refusal.cost_credits:
            lines.append(Text(key="cost.charged", facts={"credits": refusal.cost_credits}))
        elif pays:
            lines.append(Text(key="cost.refused"))
        return Reply(
            kind="refusal",
            lines=tuple(lines),
            private=True,
            facts={**refusal.facts, "code": refusal.code, "charged": refusal.cost_credits},
        )

    def _told(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts as a sentence needs them: instants as seconds from now, scopes and servers by their words."""
        now = self._desk.clock.now_ms()
        told = dict(facts)
        for name, value in facts.items():
            if name.endswith("_ms") and isinstance(value, int) and value:
                told[f"{name.removesuffix('_ms')}_in"] = max(1, (value - now) // 1000)
        if "scope" in facts:
            told["pool"] = str(facts["scope"]).partition(":")[0]
        if "server" in facts:
            told["place"] = place_word(str(facts["server"]))
        return told
