"""Google's words of refusal, in every form they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.errors import (
    BadKey,
    BadRequest,
    Expired,
    ModelGone,
    NoFunds,
    OutcomeUnknown,
    PromptModerated,
    ProviderError,
    RateLimited,
    VendorFault,
)
from providers.http import Answer
from providers.wire.google import (
    SUPPORT_CODES,
    is_moderation,
    kind_of_end,
    moderation_code,
    named,
    read_fault,
    refusal,
)

BILLED = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "BILLING_DISABLED"}
WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12.5s"}


def answer(status: int, body: object, **headers: str) -> Answer:
    return Answer(status=status, headers=headers, body=json.dumps(body).encode(), provider="p", model="m")


def error(message: str, status: str = "", *details: Any, code: object = 400) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, error("Who are you?"), BadKey),
        (402, error("Pay first."), NoFunds),
        (403, error("Your project does not have permission.", "PERMISSION_DENIED"), BadKey),
        (403, error("Enable billing.", "PERMISSION_DENIED", BILLED), NoFunds),
        (400, error("Billing is off for this project.", "FAILED_PRECONDITION"), NoFunds),
        (400, error("User location is not supported.", "FAILED_PRECONDITION"), BadRequest),
        (400, error("Unsafe.", code="SAFETY"), PromptModerated),
        (400, error("safety_settings must be a list"), BadRequest),
        (400, error("Blocked by our Responsible AI practices."), PromptModerated),
        (404, error("models/x is no longer available.", "NOT_FOUND"), ModelGone),
        (408, error("Took too long."), OutcomeUnknown),
        (409, error("Aborted.", "ABORTED"), OutcomeUnknown),
        (
            429,
            error("You exceeded your current quota, please check your plan and billing details."),
            RateLimited,
        ),
        (429, error("Your prepayment credits are depleted."), NoFunds),
        (429, error("Spending cap reached."), NoFunds),
        (429, error("Quota.", "", {"quotaId": "RequestsPerDayPerProject"}), NoFunds),
        (429, error("Quota.", "", {"quotaId": "RequestsPerMinutePerProject"}), RateLimited),
        (418, "tea", BadRequest),
        (400, {"error": "invalid_request"}, BadRequest),
    ],
)
def test_a_refusal_is_told_by_its_words_where_the_status_is_not_enough(
    status: int, body: object, kind: type[ProviderError]
) -> None:
    for form in (body, [body]):
        found = refusal(answer(status, form), secrets=(), env=("KEY",))
        assert type(found) is kind, form
        assert found.env == (("KEY",) if kind in (BadKey, NoFunds) else ())


def test_the_wait_stands_in_the_header_or_in_the_details() -> None:
    assert read_fault(answer(429, error("Slow.", "", WAIT))).retry_seconds == 12.5
    headed = Answer(status=429, headers={"retry-after": "3"}, body=b"[]", provider="p")
    assert read_fault(headed).retry_seconds == 3
    assert read_fault(answer(429, error("Slow."))).retry_seconds is None


def test_a_secret_in_the_vendors_words_is_taken_out() -> None:
    found = refusal(answer(400, error("The key AIza-secret is odd.")), secrets=("AIza-secret",), env=())
    assert "secret" not in found.said and "odd" in found.said


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (3, "Prompt is not allowed. Support codes: 90789179", PromptModerated),
        (3, "The image is too small.", BadRequest),
        (5, "Not found.", Expired),
        (4, "Deadline exceeded.", VendorFault),
        (8, "Resource exhausted.", VendorFault),
        (13, "Internal.", VendorFault),
        (14, "Unavailable.", VendorFault),
    ],
)
def test_the_number_of_an_operations_error_is_no_http_status(
    code: int, message: str, kind: type[ProviderError]
) -> None:
    assert kind_of_end(code, message) is kind


def test_every_support_code_has_its_category_and_an_unknown_one_is_other() -> None:
    for category, codes in SUPPORT_CODES.items():
        for code in codes:
            assert moderation_code(f"Blocked. Support codes: {code}") == f"{category}:{code}"
    assert moderation_code("Support codes: 12345678, 90789179") == "sexual:90789179"
    assert moderation_code("Support codes: 74803281") == "other:74803281"
    assert moderation_code("an issue with the audio for your prompt") == "audio"
    assert moderation_code("no") == "other"


def test_a_field_that_is_called_after_safety_is_no_moderation() -> None:
    assert not is_moderation("API_KEY_SERVICE_BLOCKED", "Requests to this API are blocked.")
    assert is_moderation("PROHIBITED_CONTENT", "")


def test_names_in_a_prompt_become_the_vendors_words() -> None:
    words = {"hero": "<A>", "hero2": "<B>"}
    assert (
        named("@hero2 meets @hero, mail a@hero or @heroes", words) == "<B> meets <A>, mail a@hero or @heroes"
    )
