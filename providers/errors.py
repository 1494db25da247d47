"""What can go wrong with a provider, drawn by what it means for credits.

    ProviderError
    ├── NotSent            nothing left this machine: release the hold
    │   ├── MissingKey
    │   └── Unsupported
    ├── Refused            the provider said no before starting: release the hold
    │   ├── BadKey
    │   ├── NoFunds
    │   ├── RateLimited    may be tried again after `retry_after`
    │   ├── PromptModerated
    │   ├── BadRequest
    │   └── ModelGone
    ├── OutcomeUnknown     time-out or 5xx on submit: a paid job may exist; never repeat blindly
    ├── Unreachable        a read (poll, fetch, lookup) failed for now: nothing is known, try again
    └── JobFailed          the job existed and ended without a clip: release the hold
        ├── OutputModerated
        │   └── SoundModerated
        ├── Expired
        └── VendorFault

Facts are attributes, never only text. The wording for people lives in the bot.
"""

from __future__ import annotations


class ProviderError(Exception):
    """The provider reported an error."""

    code = "provider_error"

    def __init__(
        self,
        message: str = "",
        *,
        provider: str = "",
        model: str = "",
        remote_id: str = "",
        retry_after: float | None = None,
        vendor_code: str = "",
        env: tuple[str, ...] = (),
    ) -> None:
        """Keep the facts.

        Args:
            message: the vendor's own words, already free of keys and signed links; kept as `said`.
            provider: our id of the provider.
            model: our id of the model.
            remote_id: the vendor's id of the job, where one is known.
            retry_after: seconds to wait, where the vendor says so.
            vendor_code: the vendor's own error code.
            env: environment variables that would mend it (missing or bad keys).
        """
        super().__init__(message or (self.__doc__ or "").splitlines()[0])
        self.said = message
        self.provider = provider
        self.model = model
        self.remote_id = remote_id
        self.retry_after = retry_after
        self.vendor_code = vendor_code
        self.env = env


class NotSent(ProviderError):
    """Nothing was sent to the provider."""

    code = "not_sent"


class MissingKey(NotSent):
    """No key for this provider is set."""

    code = "missing_key"


class Unsupported(NotSent):
    """The provider cannot do what was asked."""

    code = "unsupported"


class Refused(ProviderError):
    """The provider refused the request before starting."""

    code = "refused"


class BadKey(Refused):
    """The provider does not accept the key."""

    code = "bad_key"


class NoFunds(Refused):
    """The account at the provider has no funds left."""

    code = "no_funds"


class RateLimited(Refused):
    """The provider asks to slow down."""

    code = "rate_limited"


class PromptModerated(Refused):
    """The provider's content rules refused the prompt or an input file."""

    code = "prompt_moderated"


class BadRequest(Refused):
    """The provider found the request invalid."""

    code = "bad_request"


class ModelGone(Refused):
    """The provider no longer offers this model."""

    code = "model_gone"


class OutcomeUnknown(ProviderError):
    """The answer to a submit never came: a paid job may exist."""

    code = "outcome_unknown"


class Unreachable(ProviderError):
    """The provider did not answer a question about a job; it can be asked again."""

    code = "unreachable"


class JobFailed(ProviderError):
    """The job ended without a clip."""

    code = "job_failed"


class OutputModerated(JobFailed):
    """The provider's content rules withheld the finished clip."""

    code = "output_moderated"


class SoundModerated(OutputModerated):
    """The provider's content rules withheld the finished clip because of what is heard in it."""

    code = "sound_moderated"


class Expired(JobFailed):
    """The job or its file is no longer kept by the provider."""

    code = "expired"


class VendorFault(JobFailed):
    """The provider failed while making the clip."""

    code = "vendor_fault"
