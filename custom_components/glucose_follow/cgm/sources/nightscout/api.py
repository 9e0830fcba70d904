"""What a Nightscout site can be asked for, whichever version of its API is spoken."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .decode import Document


class Collection(StrEnum):
    """What a site keeps apart; the values are parts of its addresses."""

    ENTRIES = "entries"
    TREATMENTS = "treatments"
    DEVICE_STATUS = "devicestatus"
    PROFILE = "profile"


class NightscoutApi(Protocol):
    """Asks a site for documents, as they are.

    Sequences are oldest first, as far as the site keeps its own order, and may
    hold a little more than was asked for: whoever decodes them looks at their
    moments. Their shapes are the same whichever version tells them.
    """

    @property
    def name(self) -> str:
        """Return which version is spoken, for diagnostics: `v1`, `v3`."""

    async def offers(self, collection: Collection) -> bool:
        """Return whether the site has a collection, and lets us read it.

        Only a definite no counts: what fails now may work later.
        """

    async def entries(self, since: datetime) -> Sequence[Document]:
        """Return entries dated after `since`; after a long gap the newest ones.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """

    async def treatments(self, since: datetime) -> Sequence[Document]:
        """Return treatments done at or after `since`.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """

    async def device_status(self, since: datetime) -> Sequence[Document]:
        """Return what pumps, loops and phones reported at or after `since`.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """

    async def profiles(self) -> Sequence[Document]:
        """Return the profiles that were written last, by the moment they begin.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """

    async def newest_treatments(
        self, event_type: str, count: int
    ) -> Sequence[Document]:
        """Return the last treatments of a type, however long ago.

        Args:
            event_type: Exactly as uploaders write it.
            count: How many at most; some may have been deleted since.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
