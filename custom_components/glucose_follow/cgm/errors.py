"""What can go wrong with a source, in one small hierarchy.

No error carries an address, a credential, a name or a value: their texts end
in logs and dialogs.
"""


class CgmError(Exception):
    """A source could not do what it was asked."""


class CgmConnectionError(CgmError):
    """The source does not answer, or answers that it is out of order.

    Attributes:
        status: HTTP status of the answer, None if there was none.
        retry_after: Seconds to wait, None if the source did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep what the source said about being out of order."""
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class CgmAuthError(CgmError):
    """The source refuses the credential.

    Attributes:
        is_recognised: Whether the credential is known, and only lacks a right.
        is_unverified: Whether its owner has not shown yet whose e-mail it is.
        is_final: Whether it may not be shown again before somebody acts.
        is_renewed: Whether it was made for the very question that it may not ask.
    """

    def __init__(
        self,
        message: str,
        *,
        is_recognised: bool = False,
        is_unverified: bool = False,
        is_final: bool = False,
        is_renewed: bool = False,
    ) -> None:
        """Keep what the source knows of the credential."""
        super().__init__(message)
        self.is_recognised = is_recognised
        self.is_unverified = is_unverified
        self.is_final = is_final
        self.is_renewed = is_renewed


class CgmRateLimitError(CgmError):
    """The source asks to be left alone for a while.

    Attributes:
        retry_after: Seconds to wait, None if the source did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Keep how long the source wants to be left alone."""
        super().__init__(message)
        self.retry_after = retry_after


class CgmResponseError(CgmError):
    """The source answers something that its API does not promise.

    Attributes:
        status: HTTP status of the answer, None if the body was the problem.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Keep the status that the source answered with."""
        super().__init__(message)
        self.status = status
