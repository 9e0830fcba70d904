"""What is said about a person, in words; pure, and in the language asked for."""

from .answer import Topic, answer
from .facts import Extra, Facts, history, present
from .phrasing import Subject
from .plurals import plural, plurals
from .words import Phrase, Words, WordsError

__all__ = [
    "Extra",
    "Facts",
    "Phrase",
    "Subject",
    "Topic",
    "Words",
    "WordsError",
    "answer",
    "history",
    "plural",
    "plurals",
    "present",
]
