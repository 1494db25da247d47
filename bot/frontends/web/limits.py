"""What the chat page can show and take. Data only."""

from __future__ import annotations

from typing import Final

from bot.core.model import PlatformLimits

LIMITS: Final = PlatformLimits(
    upload_bytes=0, message_chars=0, caption_chars=0, clip_seconds=0.0, edits_every_seconds=0.5
)
TEXT_BYTES: Final = 65_536  # far above the longest command; the exact limit is the core's
FILES: Final = 12
FORM_FIELDS: Final = 40
FILE_NAME_CHARACTERS: Final = 120
UPLOAD_STALL_SECONDS: Final = 30.0
UPLOAD_SECONDS: Final = 900.0
SENDS_AT_ONCE: Final = 4
STREAMS: Final = 24
PAGE_MESSAGES: Final = 40
