"""Version 3 of the API where it answers, version 1 where it does not."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import override

from .api import Collection, NightscoutApi
from .decode import Document
from .tokens import RefusedError
from .v1 import V1Api
from .v3 import V3Api


class BestApi(NightscoutApi):
    """Asks version 3, and remembers for which collections version 1 has to do.

    Some servers, proxies and tokens give through one version what they refuse
    through the other.
    """

    def __init__(self, v3: V3Api, v1: V1Api) -> None:
        """Begin with version 3 for everything."""
        self._v3 = v3
        self._v1 = v1
        self._refused: set[Collection] = set()

    @property
    @override
    def name(self) -> str:
        """Return `v3`, and what is read through version 1 in spite of it."""
        others = ", ".join(sorted(self._refused))
        return f"v3 (v1 for {others})" if others else "v3"

    @override
    async def offers(self, collection: Collection) -> bool:
        """Return whether one of the versions lets us read a collection."""
        if collection not in self._refused and await self._v3.offers(collection):
            return True
        is_offered = await self._v1.offers(collection)
        if is_offered:
            self._refused.add(collection)
        return is_offered

    @override
    async def entries(self, since: datetime) -> Sequence[Document]:
        """Return entries dated after `since`, oldest first."""
        return await self._asked(Collection.ENTRIES, lambda api: api.entries(since))

    @override
    async def treatments(self, since: datetime) -> Sequence[Document]:
        """Return treatments done at or after `since`, oldest first."""
        return await self._asked(
            Collection.TREATMENTS, lambda api: api.treatments(since)
        )

    @override
    async def device_status(self, since: datetime) -> Sequence[Document]:
        """Return device status reported at or after `since`, oldest first."""
        return await self._asked(
            Collection.DEVICE_STATUS, lambda api: api.device_status(since)
        )

    @override
    async def profiles(self) -> Sequence[Document]:
        """Return the newest profiles, oldest first."""
        return await self._asked(Collection.PROFILE, lambda api: api.profiles())

    @override
    async def newest_treatments(
        self, event_type: str, count: int
    ) -> Sequence[Document]:
        """Return the last treatments of a type, oldest first."""
        return await self._asked(
            Collection.TREATMENTS, lambda api: api.newest_treatments(event_type, count)
        )

    async def _asked[T](
        self, collection: Collection, ask: Callable[[NightscoutApi], Awaitable[T]]
    ) -> T:
        """Return the answer of the version that gives one.

        Only an answer proves that version 1 gives what version 3 refuses; if
        both refuse, the next question is for version 3 again.
        """
        if collection not in self._refused:
            try:
                return await ask(self._v3)
            except RefusedError:
                pass
        answer = await ask(self._v1)
        self._refused.add(collection)
        return answer
