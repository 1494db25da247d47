"""Everything that can go wrong at the fake vendor, by name. See `faults.py` for how to ask for it.

The number is how often a fault happens to one task when nothing else is said (0 = every time).
"""

from __future__ import annotations

from collections.abc import Mapping

# Refusals and accidents before a task exists: name → (HTTP status, the vendor's code).
REFUSALS: Mapping[str, tuple[int, str]] = {
    "submit-400": (400, "invalid_parameter"),
    "submit-401": (401, "invalid_key"),
    "submit-402": (402, "no_funds"),
    "submit-403": (403, "prompt_moderated"),
    "submit-422": (422, "prompt_moderated"),
    "submit-404": (404, "model_retired"),
    "submit-409": (409, "conflict"),
    "submit-429": (429, "rate_limited"),  # value: seconds in Retry-After
    "submit-500": (500, "internal_error"),
    "submit-503": (503, "overloaded"),
}

FAULTS: Mapping[str, int] = {
    **dict.fromkeys(REFUSALS, 0),
    "submit-cut": 0,  # the connection breaks before a task exists
    "slow-accept": 0,  # value: ms before a task exists
    # The task exists; what the client hears of it:
    "accept-kill": 1,  # value: process that gets SIGKILL
    "lost-500": 1,
    "lost-cut": 1,
    "lost-hang": 1,  # value: ms, then the connection breaks
    "lost-garbage": 1,  # 200 with something that is not JSON
    "lost-half": 1,  # half of the answer, then the connection breaks
    "slow-answer": 1,  # value: ms, then a good answer
    # Pace of the task, in ms:
    "queue-ms": 0,
    "run-ms": 0,
    "list-lag": 0,
    "list-miss": 1,  # the list does not show it the first times it is asked
    "forever": 0,
    "no-position": 0,
    "no-fraction": 0,
    # Asking:
    "poll-kill": 1,
    "poll-cut": 1,
    "poll-500": 1,
    "poll-429": 1,  # value: seconds in Retry-After
    "poll-401": 1,
    "poll-404": 0,
    "poll-garbage": 1,
    "poll-html": 1,
    "poll-hang": 1,  # value: ms, then the connection breaks
    "poll-strange": 1,  # JSON with a status nobody knows
    # The list:
    "list-500": 1,
    # Cancelling:
    "cancel-409": 0,  # too late
    "cancel-500": 0,
    "cancel-lost": 1,  # cancelled, the answer is lost
    # How it ends:
    "end-failed": 0,
    "bill-usd": 0,  # value: what it says it costs, in dollars
    "end-moderated": 0,  # billed as the model says
    "end-moderated-billed": 0,
    "end-moderated-free": 0,
    "end-expired": 0,
    "end-cancelled": 0,
    # The clip:
    "clip-sound": 0,  # value: tone, speechlike, silent, none
    "clip-silence": 0,  # a track of digital silence
    "clip-faint": 0,  # a track too quiet to hear
    "clip-no-track": 0,
    "clip-length": 0,  # value: seconds; half the order without
    "clip-short-sound": 0,  # sound ends in the middle
    "clip-bad-audio": 0,  # a track that cannot be decoded
    "clip-codec": 0,  # value: mpeg4 or vp9
    "clip-720p": 0,  # as large as vendors' clips are; else tiny
    # The download:
    "file-kill": 1,
    "file-truncated": 0,  # half the file as if it were whole
    "file-404": 0,
    "file-403": 0,
    "file-500": 1,
    "file-slow": 0,  # value: bytes per second
    "file-cut": 1,  # half the bytes, then the connection breaks
    "file-larger": 0,  # value: bytes that follow the announced size
    "file-empty": 0,
    "file-html": 0,
    "file-moved": 1,  # behind a redirect
}
