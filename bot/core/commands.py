"""The command table. Every front-end is generated from it.

Holds what can be asked; `coercion.py` checks the form of what was asked, `typed.py` takes text apart.
Whether a wish can be met is the planner's business; words are in `texts/`. A command is listed only when
it works.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final, Literal

from bot.core.errors import Refusal
from bot.core.model import PLATFORMS, Platform

OptionKind = Literal["string", "integer", "choice", "boolean", "attachment", "person", "role", "channel"]
Who = Literal["all", "admins", "operators"]

PROMPT_CHARACTERS: Final = 4000
ON: Final = frozenset({"on", "yes", "true", "1", "sí", "si"})
OFF: Final = frozenset({"off", "no", "false", "0"})


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a command.

    Attributes:
        name: as typed, with underscores.
        kind: what it takes. `person`, `role` and `channel` are ids of the platform.
        help: key of its one-line explanation.
        required: the command makes no sense without it.
        choices: allowed words of a choice.
        least, most: bounds of an integer, characters of a string, number of files.
        free: takes the text that belongs to no option.
        rest: in typed text its value runs to the next option, quotes or not.
        clip: a file that may also be given as the id of a clip of ours.
        unless: a required option may be left out where this other one is given.
    """

    name: str
    kind: OptionKind
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    free: bool = False
    rest: bool = False
    clip: bool = False
    unless: str = ""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        name: one word, or group and subcommand with a space between.
        help: key of its one-line explanation.
        options: in the order in which a front-end shows them.
        who: who may use it.
        pays: it can cost credits, so that a refusal says what it cost.
        chats: it makes sense only where the bot is in so many of them.
        platforms: where it can be shown.
        models: it makes sense only where so many models are offered.
    """

    name: str
    help: str
    options: tuple[Option, ...] = ()
    who: Who = "all"
    pays: bool = False
    chats: int = 1
    platforms: frozenset[Platform] = frozenset(PLATFORMS)
    models: int = 1

    def option(self, name: str) -> Option | None:
        """An option by name; dashes count as underscores, upper case as lower."""
        wanted = name.lower().replace("-", "_")
        return next((option for option in self.options if option.name == wanted), None)


_SCOPES = ("everybody", "role", "member", "channel", "server")
_PERIODS = ("day", "week", "month")
_LIST = 2000
_AUDIO_AS = ("reference", "voice", "dialogue", "soundtrack")
_QUESTIONS = ("overall", "speech", "effects", "music")
_FOR = ("speech", "ambience", "music", "references", "price")
_PURSE = Option(name="purse", kind="choice", help="option.purse", choices=("paid", "free"))
_MEMBER = Option(name="member", kind="person", help="option.member")
_THE_MEMBER = Option(name="member", kind="person", help="option.member", required=True)
_ROLE = Option(name="role", kind="role", help="option.role")
_CHANNEL = Option(name="channel", kind="channel", help="option.channel")
_SCOPE = Option(name="scope", kind="choice", help="option.scope", required=True, choices=_SCOPES)
_REASON = Option(name="reason", kind="string", help="option.reason", most=200, rest=True)
_JOB = Option(name="id", kind="string", help="option.id", required=True, most=40, free=True)

_PROMPT = Option(
    name="prompt",
    kind="string",
    help="option.prompt",
    required=True,
    most=PROMPT_CHARACTERS,
    free=True,
    unless="shots",
)
# What a clip looks like and what it begins with.
_SHAPE = (
    Option(name="seconds", kind="integer", help="option.seconds", least=1, most=3600),
    Option(name="aspect", kind="string", help="option.aspect", most=12),
    Option(name="resolution", kind="string", help="option.resolution", most=12),
    Option(name="image", kind="attachment", help="option.image", most=1),
    Option(name="last_image", kind="attachment", help="option.last_image", most=1),
    Option(name="references", kind="attachment", help="option.references", most=9),
)
# What happens in it and what it sounds like.
_CONTENTS = (
    Option(name="shots", kind="string", help="option.shots", most=PROMPT_CHARACTERS, rest=True),
    Option(name="audio", kind="attachment", help="option.audio", most=1),
    Option(name="audio_as", kind="choice", help="option.audio_as", choices=_AUDIO_AS),
    Option(name="sound", kind="boolean", help="option.sound"),
    Option(name="negative", kind="string", help="option.negative", most=1000, rest=True),
    Option(name="seed", kind="integer", help="option.seed", least=0, most=4_294_967_295),
)

COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="generate",
        help="command.generate",
        pays=True,
        options=(
            _PROMPT,
            Option(name="model", kind="string", help="option.model", most=80),
            *_SHAPE,
            Option(name="video", kind="attachment", help="option.video", most=1, clip=True),
            *_CONTENTS,
            Option(name="private", kind="boolean", help="option.private"),
        ),
    ),
    Command(
        name="compare",
        help="command.compare",
        pays=True,
        platforms=frozenset({"discord", "telegram", "web"}),
        models=2,
        options=(
            _PROMPT,
            Option(name="models", kind="string", help="option.models", required=True, most=200, rest=True),
            *_SHAPE,
            *_CONTENTS,
            Option(name="hours", kind="integer", help="option.vote_hours", least=1, most=168),
        ),
    ),
    Command(
        name="leaderboard",
        help="command.leaderboard",
        models=2,
        options=(
            Option(name="question", kind="choice", help="option.question", choices=_QUESTIONS),
            Option(name="export", kind="boolean", help="option.export_csv"),
        ),
    ),
    Command(
        name="models",
        help="command.models",
        options=(
            Option(name="model", kind="string", help="option.model_detail", most=80, free=True),
            Option(name="for", kind="choice", help="option.for", choices=_FOR),
        ),
    ),
    Command(name="credits", help="command.credits"),
    Command(
        name="history",
        help="command.history",
        options=(
            Option(name="page", kind="integer", help="option.page", least=1, most=10_000),
            Option(name="count", kind="integer", help="option.count", least=1, most=25),
        ),
    ),
    Command(name="job", help="command.job", options=(_JOB,)),
    Command(name="cancel", help="command.cancel", options=(_JOB,)),
    Command(
        name="link",
        chats=2,
        help="command.link",
        options=(Option(name="code", kind="string", help="option.code", most=40, free=True),),
    ),
    Command(
        name="unlink",
        chats=2,
        help="command.unlink",
        options=(
            Option(
                name="account", kind="choice", help="option.account", choices=("discord", "telegram", "web")
            ),
        ),
    ),
    Command(name="export", help="command.export"),
    Command(name="forget", help="command.forget"),
    Command(
        name="help",
        help="command.help",
        options=(Option(name="command", kind="string", help="option.command", most=40, free=True),),
    ),
    Command(
        name="setup",
        help="command.setup",
        who="admins",
        options=(
            Option(name="default_model", kind="string", help="option.default_model", most=80),
            Option(name="models_allowed", kind="string", help="option.models_allowed", most=_LIST, rest=True),
            Option(name="models_denied", kind="string", help="option.models_denied", most=_LIST, rest=True),
            Option(name="channels", kind="string", help="option.channels", most=_LIST, rest=True),
            Option(name="words", kind="string", help="option.words", most=_LIST, rest=True),
            Option(name="keep_days", kind="string", help="option.keep_days", most=6),
            Option(name="language", kind="choice", help="option.language", choices=("en", "es", "none")),
            Option(name="time_zone", kind="string", help="option.time_zone", most=60),
            Option(name="thread_per_request", kind="boolean", help="option.thread_per_request"),
            Option(name="spoiler", kind="boolean", help="option.spoiler"),
            Option(name="log_channel", kind="channel", help="option.log_channel"),
        ),
    ),
    Command(name="quota show", help="command.quota_show", who="admins", options=(_MEMBER,)),
    Command(
        name="quota set",
        help="command.quota_set",
        who="admins",
        options=(
            _SCOPE,
            Option(name="credits", kind="integer", help="option.credits", least=0, most=1_000_000_000),
            Option(name="period", kind="choice", help="option.period", choices=_PERIODS),
            Option(name="at_once", kind="integer", help="option.at_once", least=0, most=1000),
            Option(name="price_cap", kind="integer", help="option.price_cap", least=0, most=1_000_000),
            _MEMBER,
            _ROLE,
            _CHANNEL,
            _PURSE,
            Option(name="preview", kind="boolean", help="option.preview"),
        ),
    ),
    Command(
        name="quota grant",
        help="command.quota_grant",
        who="admins",
        options=(
            _THE_MEMBER,
            Option(name="credits", kind="integer", help="option.grant", required=True, least=1, most=10**9),
            _REASON,
            _PURSE,
        ),
    ),
    Command(
        name="quota reset",
        help="command.quota_reset",
        who="admins",
        options=(_SCOPE, _MEMBER, _ROLE, _CHANNEL),
    ),
    Command(
        name="quota block",
        help="command.quota_block",
        who="admins",
        options=(
            _THE_MEMBER,
            Option(name="hours", kind="integer", help="option.hours", least=0, most=87_600),
            _REASON,
            Option(name="lift", kind="boolean", help="option.lift"),
        ),
    ),
    Command(
        name="quota log",
        help="command.quota_log",
        who="admins",
        options=(Option(name="count", kind="integer", help="option.count", least=1, most=50),),
    ),
)


def command_names() -> tuple[str, ...]:
    """All names, in the order of the table."""
    return tuple(command.name for command in COMMANDS)


def find_command(name: str) -> Command:
    """A command by name.

    Raises:
        Refusal: `unknown_command`, with the nearest name.
    """
    wanted = " ".join(name.lower().split())
    for command in COMMANDS:
        if command.name == wanted:
            return command
    near = difflib.get_close_matches(wanted, command_names(), n=1, cutoff=0.5)
    raise Refusal("unknown_command", name=wanted[:40], nearest=f"/{near[0]}" if near else "/help")
