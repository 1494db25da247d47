"""The bot's own errors, drawn by who can mend them.

    TalkreelError
    ├── Refusal            the person can: a wish that cannot be met, said in one sentence
    │   ├── Denied         not enough credits, too many jobs, paused, not allowed
    │   └── MediaRefused   a file that cannot be used
    ├── Fenced             another worker owns the job now: stop quietly
    ├── DeliveryError      a chat would not take a message
    │   ├── TooLarge       smaller than `limit_bytes`, please
    │   ├── MessageGone    the placeholder was deleted
    │   ├── Forbidden      the bot may not write there
    │   └── TryLater       flood control or a passing fault
    ├── StorageFull        disk full: new jobs are refused, running ones wait
    ├── Busy               another process owns this data folder
    └── BadCatalogue, BadSettings: the operator can

A refusal carries a code and facts; the words are in `texts/<lang>.toml` under `refusal.<code>`.
"""

from __future__ import annotations

from typing import Any


class TalkreelError(Exception):
    """Something went wrong in the bot."""


class Refusal(TalkreelError):
    """A wish that cannot be met. Nothing was charged unless `cost_credits` says so."""

    def __init__(self, code: str, /, *, cost_credits: int = 0, **facts: Any) -> None:
        super().__init__(f"{code} {facts}" if facts else code)
        self.code = code
        self.cost_credits = cost_credits
        self.facts: dict[str, Any] = facts


class Denied(Refusal):
    """Limits or rights forbid it."""


class MediaRefused(Refusal):
    """A file that cannot be used. Codes are listed in `bot/media/worker.py`."""


class Fenced(TalkreelError):
    """Another worker has taken the job over."""


class DeliveryError(TalkreelError):
    """A chat would not take a message."""


class TooLarge(DeliveryError):
    """The chat takes at most `limit_bytes` (0 if it did not say)."""

    def __init__(self, limit_bytes: int = 0) -> None:
        super().__init__(f"limit {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class MessageGone(DeliveryError):
    """The message to edit no longer exists."""


class Forbidden(DeliveryError):
    """The bot may not write there."""


class TryLater(DeliveryError):
    """The chat asks to wait `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: float = 1.0) -> None:
        super().__init__(f"retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class StorageFull(TalkreelError):
    """The disk of the data folder is full."""


class Busy(TalkreelError):
    """Another process owns this data folder."""


class BadSettings(TalkreelError):
    """A setting is wrong or missing; the message names it."""
