"""The states of a job and the moves between them, as one table. Pure.

    queued → submitting → polling → fetching → [scoring →] processing → posting → delivered
                 │            │                                 │          └→ undelivered   (kept in /history)
                 │            └→ late → fetching …  (credits are back; a late clip is free)
                 └→ uncertain → polling | released
    scoring: sound is made for a silent picture; where only the sound is made anew, it follows `queued`.
    released: ended without a clip, credits are back.

Money moves on three arrows only: into `queued` (hold), `processing → posting` (settle: the clip is
verified and stored), and into `released` or `late` (release).
"""

from __future__ import annotations

from typing import Final

from bot.core.model import JobState

MOVES: Final[dict[JobState, tuple[JobState, ...]]] = {
    "queued": ("submitting", "scoring", "released"),
    "submitting": ("polling", "uncertain", "queued", "released"),
    "uncertain": ("polling", "released"),
    "polling": ("fetching", "late", "released"),
    "late": ("fetching", "released"),
    "fetching": ("scoring", "processing", "polling", "late", "released"),
    "scoring": ("processing", "fetching", "released"),
    "processing": ("posting", "scoring", "fetching", "released"),
    "posting": ("delivered", "undelivered"),
    "undelivered": ("delivered",),
    "delivered": (),
    "released": (),
}
TERMINAL: Final[frozenset[JobState]] = frozenset({"delivered", "undelivered", "released"})

# Which lane a state is worked in. `hello` sends placeholders, so that nobody waits in silence for a
# slot; `make` has one slot per job that a provider key may run at once; `watch` waits without a slot;
# `sound` is for makers of sound, `finish` for downloads, media work and posting.
LANES: Final[dict[JobState, str]] = {
    "queued": "make",
    "submitting": "make",
    "uncertain": "watch",
    "polling": "make",
    "late": "watch",
    "fetching": "finish",
    "scoring": "sound",
    "processing": "finish",
    "posting": "finish",
}


def allowed(old: JobState, new: JobState) -> bool:
    """Whether a job may go from `old` to `new`; staying is always allowed while it is open."""
    return new in MOVES[old] or (old == new and old not in TERMINAL)


def lane(state: JobState, provider: str, *, greeted: bool) -> str:
    """The lane of an open job: `hello`, `make:<provider>`, `watch`, `sound` or `finish`.

    Args:
        state: where the job is.
        provider: who makes the clip.
        greeted: whether its placeholder has been sent.
    """
    if state == "queued" and not greeted:
        return "hello"
    name = LANES[state]
    return f"{name}:{provider}" if name == "make" else name
