"""What came of fuzzing one decoder."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Found:
    """What came of one decoder."""

    documents: int = 0
    answers: int = 0
    refused: int = 0
    """Answers that were an error of ours as a whole."""

    seconds: float = 0.0
    """Of the processor."""

    failure: str | None = None
    """What else came out, and of what."""
