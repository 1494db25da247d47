"""What Discord can show and take. Data only; from its documentation and discord.py 2.7.1, November 2026."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.core.model import PlatformLimits

DEFAULT_BASE: Final = "https://discord.com/api/v10"
AUTHORIZE: Final = "https://discord.com/oauth2/authorize"
CDN_HOSTS: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})

MESSAGE_CHARACTERS: Final = 2000
PARTS: Final = 5  # messages that one answer may take
NONCE_CHARACTERS: Final = 25
ALT_CHARACTERS: Final = 1024
THREAD_NAME_CHARACTERS: Final = 100

COMMAND_NAME_CHARACTERS: Final = 32
DESCRIPTION_CHARACTERS: Final = 100
OPTIONS: Final = 25
CHOICES: Final = 25
CHOICE_CHARACTERS: Final = 100
STRING_OPTION_CHARACTERS: Final = 6000

CUSTOM_ID_CHARACTERS: Final = 100
BUTTON_CHARACTERS: Final = 80
BUTTONS_IN_A_ROW: Final = 5
ROWS: Final = 5
MODAL_TITLE_CHARACTERS: Final = 45
MODAL_FIELDS: Final = 5
LABEL_CHARACTERS: Final = 45
HINT_CHARACTERS: Final = 100
INPUT_CHARACTERS: Final = 4000

ACKNOWLEDGE_SECONDS: Final = 0.9  # Discord waits 3 s; a person should not wait more than one
FORM_SECONDS: Final = 2.0  # a form has to be the first answer, so it may take a little longer
TOKEN_SECONDS: Final = 840.0  # an interaction can be answered for 15 minutes; one is left for clocks
SUGGEST_SECONDS: Final = 5.0  # how long what a server allows is remembered for suggestions

# Sizes above which Discord refused a file at one time or another, per file (bytes). A refused upload names
# none, so the largest below it is tried next. 20 MiB: discord-api-docs PR 8578 of September 2026.
UPLOAD_TIERS: Final = tuple(mib << 20 for mib in (8, 10, 20, 25, 50, 100, 500))
LEARNED_DAYS: Final = 30  # boosts end, and Discord moves its limits, so what was learned is forgotten again
EDITS_EVERY_SECONDS: Final = (
    4.0  # five edits in five seconds are allowed per channel, and others write there too
)
EDITS_WAITING: Final = (
    2  # news of progress that may wait for their turn in one channel; older news is no news
)

# Languages of the texts → Discord's locales; the first is also what a language is asked for by.
LOCALES: Final[Mapping[str, tuple[str, ...]]] = {"es": ("es-ES", "es-419")}

# Command options by kind, as Discord numbers them.
OPTION_TYPES: Final[Mapping[str, int]] = {
    "string": 3,
    "choice": 3,
    "integer": 4,
    "boolean": 5,
    "person": 6,
    "channel": 7,
    "role": 8,
    "attachment": 11,
}
SUBCOMMAND: Final = 1
MESSAGE_COMMAND: Final = 3
MANAGE_GUILD: Final = 1 << 5

# The smallest set with which everything works, by the names that people see.
PERMISSIONS: Final[Mapping[str, int]] = {
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Create Public Threads": 1 << 35,
    "Send Messages in Threads": 1 << 38,
}
TO_POST: Final = ("View Channels", "Send Messages", "Attach Files")
TO_POST_IN_THREADS: Final = ("View Channels", "Send Messages in Threads", "Attach Files")
ADMINISTRATOR: Final = 1 << 3

# Error codes of the API by what they mean for a message.
UNKNOWN_MESSAGE: Final = frozenset({10008, 30046})  # 30046: edited too often to be edited again
NO_ENTRY: Final = frozenset({10003, 10004, 10013, 50001, 50007, 50013, 50024, 50278, 160005, 20026, 40006})
TOO_LARGE: Final = frozenset({40005})
THREAD_EXISTS: Final = 160004


def limits(upload_bytes: int) -> PlatformLimits:
    """What fits at one place."""
    return PlatformLimits(
        upload_bytes=upload_bytes,
        message_chars=MESSAGE_CHARACTERS,
        caption_chars=MESSAGE_CHARACTERS,
        edits_every_seconds=EDITS_EVERY_SECONDS,
    )


def permission_bits() -> int:
    """The integer of the invite link."""
    return sum(PERMISSIONS.values())


def invite_url(application: int | str) -> str:
    """Where an admin invites the bot, with exactly the permissions that it needs."""
    scopes = "bot%20applications.commands"
    return f"{AUTHORIZE}?client_id={application}&permissions={permission_bits()}&scope={scopes}"


def missing(granted: int, wanted: tuple[str, ...] = tuple(PERMISSIONS)) -> tuple[str, ...]:
    """Names of the permissions that are not among those granted."""
    if granted & ADMINISTRATOR:
        return ()
    return tuple(name for name in wanted if not granted & PERMISSIONS[name])


def below(refused_bytes: int) -> int:
    """The largest size that Discord may still take when it took no file of `refused_bytes`."""
    smaller = [tier for tier in UPLOAD_TIERS if tier < refused_bytes]
    return smaller[-1] if smaller else refused_bytes * 8 // 10
