"""How Google says no, for Veo on Vertex and for Gemini Omni: HTTP errors, operation errors, moderation.

Pure reading, no calls. Official forms: google.rpc.Status and google.rpc.ErrorInfo / RetryInfo; the
support codes are Google's responsible-AI table for Veo (checked 2026-11-22).

1. One 429 means "slow down" and "no money": the ordinary text also says "check your plan and billing
   details", so only words about a day, a cap or prepaid credits count as money.
2. A wrong API key is a 400 with the reason API_KEY_INVALID, not a 401.
3. The front end wraps some errors in a list of one; Interactions use words as codes, others numbers.
4. An operation's `error.code` is the gRPC number, not an HTTP status.
5. Prompts are refused on submit or, in the same words, by the operation that was started.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    OutputModerated,
    PromptModerated,
    ProviderError,
    RateLimited,
    SoundModerated,
    VendorFault,
)
from providers.http import Answer, scrub

# Statuses of a submit after which nobody can say whether a job exists.
_AMBIGUOUS = (408, 409, 499)
_MONEY_429 = re.compile(r"per[ _-]?day|spend(?:ing)? (?:cap|limit)|prepa(?:id|y)|depleted", re.IGNORECASE)
_MONEY_400 = re.compile(r"billing|prepa(?:id|y)|depleted", re.IGNORECASE)
_PLACE = re.compile(r"\blocation\b|\bregion\b|\bcountry\b", re.IGNORECASE)
_KEY = re.compile(r"API_KEY_INVALID|API key (?:not valid|expired)", re.IGNORECASE)
_RULES = re.compile(
    r"responsible[ -]ai|usage guidelines?|support codes?|content polic|sensitive words"
    r"|\bblocked\b[^.]*\b(?:safety|polic)|\bviolat\w+[^.]*\b(?:guideline|polic)",
    re.IGNORECASE,
)
_RULE_TOKENS = re.compile(r"(?:IMAGE_)?(?:SAFETY|PROHIBITED_CONTENT|BLOCKLIST|SPII)", re.IGNORECASE)
_SUPPORT = re.compile(r"support codes?:?\s*([\d,\s]+)", re.IGNORECASE)
_AUDIO = re.compile(r"\baudio\b", re.IGNORECASE)
_FREE = re.compile(r"not been charged", re.IGNORECASE)
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")

SUPPORT_CODES: Mapping[str, tuple[str, ...]] = {
    "child": ("58061214", "17301594"),
    "celebrity": ("29310472", "15236754"),
    "video-safety": ("64151117", "42237218"),
    "dangerous": ("62263041",),
    "hate": ("57734940", "22137204"),
    "personal-information": ("92201652",),
    "prohibited": ("89371032", "49114662", "72817394", "60599140"),
    "sexual": ("90789179", "63429089", "43188360"),
    "toxic": ("78610348",),
    "violence": ("61493863", "56562880"),
    "vulgar": ("32635315",),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What an error answer says.

    Attributes:
        code: the vendor's word for it, else its number as text.
        message: its sentence.
        everything: message, status and details in one text, to look for words in.
        retry_seconds: how long to wait, where it says so.
    """

    code: str = ""
    message: str = ""
    everything: str = ""
    retry_seconds: float | None = None


def read_fault(answer: Answer) -> Fault:
    """The error in an answer of any of Google's front ends; an unreadable one has only its status."""
    body = answer.lenient()
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        text = error if isinstance(error, str) else f"status {answer.status}"
        return Fault(code=str(answer.status), message=text, everything=text, retry_seconds=answer.retry_after)
    message = str(error.get("message") or f"status {answer.status}")
    details = [item for item in _list(error.get("details")) if isinstance(item, dict)]
    reason = next((str(item["reason"]) for item in details if item.get("reason")), "")
    return Fault(
        code=reason or str(error.get("status") or error.get("code") or answer.status),
        message=message,
        everything=" ".join((message, str(error.get("status", "")), reason, json.dumps(details))),
        retry_seconds=answer.retry_after if answer.retry_after is not None else _delay(details),
    )


def kind_of_refusal(status: int, fault: Fault) -> type[ProviderError]:
    """What a 4xx answer to a submit means."""
    said = fault.everything
    if status == 401 or _KEY.search(said):
        return BadKey
    if status == 402:
        return NoFunds
    if status == 403:
        return NoFunds if re.search(r"billing", said, re.IGNORECASE) else BadKey
    if status == 404:
        return ModelGone
    if status == 429:
        return NoFunds if _MONEY_429.search(said) else RateLimited
    if status in _AMBIGUOUS:
        return OutcomeUnknown
    if is_moderation(fault.code, said):
        return PromptModerated
    if _MONEY_400.search(said) or ("FAILED_PRECONDITION" in said and not _PLACE.search(said)):
        return NoFunds
    return BadRequest


def refusal(answer: Answer, *, secrets: Iterable[str], env: tuple[str, ...]) -> ProviderError:
    """The error for a 4xx answer to a submit.

    Args:
        answer: the vendor's.
        secrets: keys and tokens that its words may repeat.
        env: the variables that would mend a bad key or an empty account.
    """
    fault = read_fault(answer)
    kind = kind_of_refusal(answer.status, fault)
    return kind(
        scrub(fault.message, secrets),
        provider=answer.provider,
        model=answer.model,
        retry_after=fault.retry_seconds,
        vendor_code=moderation_code(fault.message) if kind is PromptModerated else fault.code,
        env=env if kind in (BadKey, NoFunds) else (),
    )


def kind_of_end(code: int, message: str) -> type[ProviderError]:
    """What the error of a finished operation means, by its gRPC number."""
    if is_moderation("", message):
        return PromptModerated
    if code == 3:
        return BadRequest
    return Expired if code == 5 else VendorFault


def is_moderation(code: str, text: str) -> bool:
    """Whether an error is about content rules: a whole word of the code, or the usual phrases."""
    return bool(_RULE_TOKENS.fullmatch(code) or _RULES.search(text))


def moderation_code(text: str) -> str:
    """Which rule it was, as "category" or "category:support code": "child:58061214", "audio", "other"."""
    found = _SUPPORT.search(text)
    codes = re.findall(r"\d+", found.group(1)) if found else []
    for code in codes:
        for category, known in SUPPORT_CODES.items():
            if code in known:
                return f"{category}:{code}"
    if codes:
        return f"other:{codes[0]}"
    return "audio" if _AUDIO.search(text) else "other"


def withheld(
    reasons: Collection[str], *, provider: str, model: str, remote_id: str
) -> tuple[OutputModerated, bool | None]:
    """The error for a clip that was made and not handed out, and whether it is billed (None = not said)."""
    text = " ".join(reasons)
    word = moderation_code(text)
    kind = SoundModerated if word == "audio" else OutputModerated
    error = kind(
        scrub(text),
        provider=provider,
        model=model,
        remote_id=remote_id,
        vendor_code=word,
    )
    return error, False if _FREE.search(text) else None


def named(prompt: str, names: Mapping[str, str]) -> str:
    """The prompt with each `@name` replaced by the vendor's word for that file."""
    for name in sorted(names, key=len, reverse=True):
        word = names[name].replace("\\", r"\\")
        prompt = re.sub(rf"(?<!\w)@{re.escape(name)}(?![\w-])", word, prompt)
    return prompt


def _delay(details: Iterable[Mapping[str, Any]]) -> float | None:
    for item in details:
        found = _DELAY.fullmatch(str(item.get("retryDelay", "")))
        if found:
            return float(found.group(1))
    return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
