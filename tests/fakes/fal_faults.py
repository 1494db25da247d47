"""All that can go wrong at the fake fal, by name, in the vendor's own types; `faults.py` says how to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.fakes.fal_rules import Refusal, problem

BALANCE = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
FLAGGED = "The content was flagged by a content checker."

REFUSALS: Mapping[str, Callable[[str], Refusal]] = {
    "submit-moderated": lambda _: problem("prompt", "content_policy_violation", FLAGGED),
    "submit-invalid": lambda _: problem("duration", "one_of", "Input should be '4' or '5'"),
    "submit-gone": lambda _: Refusal(404, 'Application "nope" not found'),
    "submit-429": lambda wait: Refusal(
        429, "Rate limit exceeded", headers={"Retry-After": wait} if wait else {}
    ),
    "submit-500": lambda _: Refusal(500, "Internal Server Error", kind="internal_error"),
}
# How a job can end without a clip: the answer to the question for its result.
ENDS: Mapping[str, Callable[[], Refusal]] = {
    "end-failed": lambda: Refusal(504, "The generation timed out.", kind="generation_timeout"),
    "end-crashed": lambda: Refusal(503, "Runner disconnected", kind="runner_disconnected"),
    "end-downstream": lambda: Refusal(
        400, [{"loc": ["body"], "msg": "x", "type": "downstream_service_error"}]
    ),
    "end-moderated": lambda: Refusal(
        422, [{"loc": ["output", "video"], "msg": FLAGGED, "type": "content_policy_violation"}]
    ),
    "end-nothing": lambda: Refusal(422, [{"loc": ["body"], "msg": "No media", "type": "no_media_generated"}]),
    "end-prompt": lambda: problem("prompt", "content_policy_violation", FLAGGED),
    "end-person": lambda: problem("image_url", "content_policy_violation", "likeness of a real person"),
    "end-invalid": lambda: problem("image_url", "image_too_small", "Image is too small"),
    "end-plain": lambda: Refusal(500, "boom"),
}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys(REFUSALS, 0),
    **dict.fromkeys(ENDS, 0),
    "lost-cut": 1,
    "lost-hang": 1,
    "lost-garbage": 1,
    "short-answer": 0,  # addresses as some clients see them: not absolute
    "queue-ms": 0,
    "run-ms": 0,
    "poll-garbage": 1,
    "poll-strange": 1,
    "poll-500": 1,
    "poll-429": 1,
    "poll-404": 0,
    "poll-cut": 1,
    "result-html": 1,  # a gateway's page instead of the result
    "cancel-late": 0,
    "file-404": 0,
    "file-cut": 1,
    "file-html": 0,
    "file-endless": 0,
    "file-moved": 0,
    "file-slow": 0,
}
