"""What a source's errors are called in translations."""

from .cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)


def translation_key(err: CgmError) -> str:
    """Return the key of an error, the same in flows and in exceptions."""
    match err:
        case CgmAuthError():
            return _refusal_key(err)
        case CgmRateLimitError():
            return "rate_limited"
        case CgmResponseError():
            return "invalid_response"
        case CgmConnectionError():
            return "cannot_connect"
    return "unknown"


def _refusal_key(err: CgmAuthError) -> str:
    """Return the key of a refusal, by what the source knows of the credential."""
    if err.is_unverified:
        return "email_not_verified"
    return "not_permitted" if err.is_recognised else "invalid_auth"
