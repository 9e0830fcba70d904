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
        case CgmAuthError(is_recognised=True):
            return "not_permitted"
        case CgmAuthError():
            return "invalid_auth"
        case CgmRateLimitError():
            return "rate_limited"
        case CgmResponseError():
            return "invalid_response"
        case CgmConnectionError():
            return "cannot_connect"
    return "unknown"
