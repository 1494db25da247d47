"""What concerns the operator alone: servers that the bot is added to, and what they may use.

A server begins with an allotment of nothing. Only the operator raises it, here or on the command line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.coercion import coerce
from bot.core.commands import find_command
from bot.core.desk import Desk
from bot.core.errors import Denied, Refusal
from bot.core.limits import allotment
from bot.core.model import Text
from bot.core.records import Rule
from bot.core.replies import Button, Choice, FormField, FormView, Reply
from bot.core.requests.call import Call

_LEFT: Final = "left_ms"
_DAY_MS: Final = 86_400_000


async def joined(desk: Desk, server: str, name: str) -> None:
    """The bot was added to a server: remember it, and offer the operator to allot credits."""
    known = await desk.store.server(server)
    settings = {key: value for key, value in known.settings.items() if key != _LEFT}
    await desk.store.save_server(replace(known, name=name or known.name, settings=settings))
    allotted = allotment(server, await desk.store.rules(server))
    facts = {"server": server, "name": name or server, "credits": allotted.credits, "period": allotted.period}
    await desk.chats.tell_operator(
        f"joined:{server}:{desk.clock.now_ms() // _DAY_MS}",
        "operator.joined" if allotted.credits else "operator.joined_poor",
        facts,
        buttons=(Button(action="allot", target=server, label=Text(key="button.allot")),),
    )


async def left(desk: Desk, server: str) -> None:
    """The bot was removed: limits and books stay, in case it comes back."""
    known = await desk.store.server(server)
    settings = {**known.settings, _LEFT: desk.clock.now_ms()}
    await desk.store.save_server(replace(known, settings=settings))


async def allot_form(desk: Desk, call: Call) -> Reply:
    """How many credits a server may use, in which period.

    Raises:
        Denied: `operators_only`.
    """
    server = _server(call)
    known = await desk.store.server(server)
    allotted = allotment(server, await desk.store.rules(server))
    title = Text(key="form.allot")
    periods = tuple(Choice(value=name, label=Text(key=f"word.{name}")) for name in ("day", "week", "month"))
    return Reply(
        kind="form",
        lines=(Text(key="operator.allot", facts={"name": known.name or server, "server": server}),),
        form=FormView(
            action="allot",
            target=server,
            title=title,
            submit=Text(key="button.allot"),
            fields=(
                FormField(
                    name="credits",
                    label=Text(key="field.credits"),
                    value=str(allotted.credits or ""),
                    required=True,
                    most=10,
                ),
                FormField(
                    name="period", label=Text(key="field.period"), value=allotted.period, choices=periods
                ),
            ),
        ),
        private=True,
    )


async def allot(desk: Desk, call: Call) -> Reply:
    """Set what a server may use.

    Raises:
        Denied: `operators_only`.
        Refusal: `missing_value`, `not_a_number`, `out_of_range`, `not_a_choice`.
    """
    server = _server(call)
    if not call.values.get("credits"):
        raise Refusal("missing_value", option="credits")
    given = {name: call.values[name] for name in ("credits", "period") if call.values.get(name)}
    values = coerce(find_command("quota set"), {"scope": "server", **given})
    rule = Rule(
        server=server, kind="allotment", credits=values["credits"], period=values.get("period", "month")
    )
    await desk.store.set_rule(rule, actor=call.actor.person.key)
    facts = {"server": server, "credits": rule.credits, "period": rule.period}
    return Reply(kind="notice", lines=(Text(key="console.allotted", facts=facts),), private=True, facts=facts)


def _server(call: Call) -> str:
    if not call.actor.operator:
        raise Denied("operators_only", name="/allot")
    return str(call.options["id"])
