"""What is wrong with a request, as facts. The bot makes a sentence of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from providers.base import Role

Value = str | int | bool
Dimension = Literal["mode", "resolution", "aspect", "seconds", "sound"]
Field = Dimension | Literal["prompt", "negative", "seed", "shots", "media"]
Reason = Literal[
    "not_offered",  # not among the allowed values
    "not_taken",  # the route has no such input at all
    "missing",  # the mode needs it
    "too_few",
    "too_many",
    "too_long",  # text, or seconds of a file or of all together
    "too_short",
    "too_big",  # bytes
    "too_small",  # a side of a clip
    "too_large",
    "few_pixels",  # of a clip's whole picture
    "many_pixels",
    "too_slow",  # frames a second
    "too_fast",
    "wrong_format",
    "needs_company",  # only together with another kind of file
    "excluded",  # not together with another file of the request
    "too_many_beside",  # beside a file of another role
    "outnumbers",  # more than there are files of another role
]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is not possible, as facts for one sentence.

    Attributes:
        field: what has to change.
        reason: why.
        asked: the value asked for (a length, a count, a format); "" where there is none.
        allowed: the values possible beside the other wishes, where `reason` is "not_offered"; the
            one limit for too few, many, long, short, big, small, slow …; the formats; the roles for
            company and exclusion.
        unit: of `asked` and `allowed`: "seconds", "bytes", "files", "shots", "pixels" (asked is then
            "640×360"), "fps", a text unit, or "".
        given: the other wishes that narrow the choice: {"resolution": "1080p"}; also
            "video_input" and the like where the files given narrow it, and "beside": the role of the other
            files.
        role: which input, for media.
    """

    field: Field
    reason: Reason
    asked: Value = ""
    allowed: tuple[Value, ...] = ()
    unit: str = ""
    given: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    role: Role | None = None
