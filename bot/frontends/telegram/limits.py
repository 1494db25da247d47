"""What Telegram can show and take. Data only; figures of the Bot API 10.1 (core.telegram.org/bots/api)."""

from __future__ import annotations

from typing import Final

from bot.core.model import PlatformLimits

UPLOAD_BYTES: Final = 50_000_000
DOWNLOAD_BYTES: Final = 20_000_000
LOCAL_UPLOAD_BYTES: Final = 2_000_000_000  # a Bot API server of one's own
TEXT_CHARACTERS: Final = 4096
CAPTION_CHARACTERS: Final = 1024
ALERT_CHARACTERS: Final = 200
CALLBACK_BYTES: Final = 64
BUTTON_CHARACTERS: Final = 64  # longer labels are cut by the apps
THUMBNAIL_SIDE: Final = 320
THUMBNAIL_BYTES: Final = 200_000
ACTION_SECONDS: Final = 4.5  # "recording a video…" lasts five
WEBHOOK_BYTES: Final = 1 << 20

# core.telegram.org/bots/faq#my-bot-is-hitting-limits: 1 message a second in a chat, 20 a minute in a group,
# about 30 a second altogether.
MESSAGES_A_SECOND: Final = 30.0
GROUP_MESSAGES_A_MINUTE: Final = 20.0
PRIVATE_BURST: Final = 8.0


def limits(*, group: bool, local: bool) -> PlatformLimits:
    """The limits of a chat.

    Args:
        group: several people read it; fewer edits are allowed.
        local: the Bot API server is the operator's own.
    """
    return PlatformLimits(
        upload_bytes=LOCAL_UPLOAD_BYTES if local else UPLOAD_BYTES,
        message_chars=TEXT_CHARACTERS,
        caption_chars=CAPTION_CHARACTERS,
        clip_seconds=0.0,
        edits_every_seconds=5.0 if group else 2.0,
    )
