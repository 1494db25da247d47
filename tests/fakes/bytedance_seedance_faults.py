"""All that can go wrong at the fake Ark, by name, in the vendor's own codes; `faults.py` says how to ask."""

from __future__ import annotations

from collections.abc import Mapping

_QUEUE_FULL = "The request has exceeded the quota."
_USED_UP = "You have exceeded the weekly usage quota."
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "submit-moderated": (
        400,
        "InputTextSensitiveContentDetected",
        "The request failed because the input text may contain sensitive information.",
    ),
    "submit-person": (
        400,
        "InputImageSensitiveContentDetected.PrivacyInformation",
        "The request failed because the input image may contain real person.",
    ),
    "submit-invalid": (
        400,
        "InvalidParameter",
        "the parameter duration specified in the request is not valid for model seedance-2-0 in t2v",
    ),
    "submit-closed": (
        404,
        "ModelNotOpen",
        "Your account 2100 has not activated the model. "
        "Please activate the model service in the Ark Console.",
    ),
    "submit-gone": (404, "InvalidEndpointOrModel.NotFound", "The model does not exist."),
    "submit-full": (429, "QuotaExceeded", _QUEUE_FULL),
    "submit-used-up": (429, "QuotaExceeded", _USED_UP),
    "submit-limit": (429, "SetLimitExceeded", "The set inference limit is reached."),
    "submit-rpm": (429, "RateLimitExceeded.EndpointRPMExceeded", "Too many requests."),
    "submit-500": (
        500,
        "InternalServiceError",
        "The service encountered an unexpected internal error. Please retry later.",
    ),
}
ENDS: Mapping[str, tuple[str, str]] = {
    "end-failed": ("InternalServiceError", "The service encountered an unexpected internal error."),
    "end-moderated": (
        "OutputVideoSensitiveContentDetected",
        "The request failed because the output video may contain sensitive information.",
    ),
    "end-sound-moderated": (
        "OutputAudioSensitiveContentDetected.PolicyViolation",
        "The request failed because the output audio may be related to copyright restrictions.",
    ),
    "end-input-moderated": (
        "InputVideoSensitiveContentDetected.PrivacyInformation",
        "The request failed because the input video may contain real person.",
    ),
    "end-mismatch": ("InvalidParameter.TaskTypeMismatch", "The request is not an edit."),
}
FAULTS: Mapping[str, int] = {
    **dict.fromkeys(REFUSALS, 0),  # value: seconds in Retry-After
    "lost-cut": 1,
    "lost-hang": 1,
    "lost-garbage": 1,
    "queue-ms": 0,
    "run-ms": 0,
    "poll-garbage": 1,
    "poll-strange": 1,
    "poll-500": 1,
    "poll-429": 1,
    "poll-404": 0,
    "poll-cut": 1,
    "cancel-409": 0,  # it began between the look and the DELETE
    "cancel-flat-409": 0,  # the same, with the error not nested
    **dict.fromkeys(ENDS, 0),
    "end-expired": 0,
    "file-403": 0,
    "file-cut": 1,
    "file-html": 0,
    "file-endless": 0,
    "file-slow": 0,
    "file-moved": 0,  # behind a redirect
}
