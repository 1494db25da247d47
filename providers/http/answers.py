"""A vendor's answer as a value, and texts made safe to keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from providers.errors import OutcomeUnknown, ProviderError, Unreachable

_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*")
_LONGEST_TEXT = 500
_SHORTEST_KEY = 6


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a vendor answered.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        body: the whole body, within the size limit.
        submitted: whether it answers a submit: an unreadable success then hides a paid job.
        provider, model: for errors.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    submitted: bool = False
    provider: str = ""
    model: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def retry_after(self) -> float | None:
        """Seconds the vendor asks to wait, or None."""
        return retry_after(self.headers)

    def json(self) -> Any:
        """The parsed body.

        Raises:
            OutcomeUnknown: a submit was accepted and its answer cannot be read.
            Unreachable: another answer cannot be read.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            kind: type[ProviderError] = OutcomeUnknown if self.submitted and self.ok else Unreachable
            raise kind(
                f"the answer (status {self.status}) is not JSON", provider=self.provider, model=self.model
            ) from None

    def lenient(self) -> Any:
        """The parsed body, or None: for error bodies that may be anything."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait from `retry-after-ms` or `retry-after`, given as seconds or as a date."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def scrub(text: str, keys: Iterable[str] = ()) -> str:
    """A vendor's words without our keys and without the query of links, at most 500 characters."""
    for key in keys:
        if len(key) >= _SHORTEST_KEY:
            text = text.replace(key, "[key]")
    text = _QUERY.sub(r"\1", text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None
