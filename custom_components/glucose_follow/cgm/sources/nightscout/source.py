"""A person followed through a Nightscout site."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import override

from aiohttp import ClientSession

from ...errors import CgmAuthError, CgmConnectionError, CgmResponseError
from ...models import Account, DeviceStatus, GlucoseUnit, Sample, Treatment
from ...schedule import Caps
from ...source import CgmSource, Change, Feature
from ...transport import Json, JsonClient
from . import decode
from .address import Address
from .api import Collection, NightscoutApi
from .best import BestApi
from .credential import Credential
from .news import News
from .push import Listener
from .reader import StatusReader
from .thresholds import thresholds_of
from .tokens import RefusedError, Tokens
from .v1 import V1Api
from .v3 import V3Api

_AT_ONCE = 500
"""Documents decoded before the event loop gets a turn."""


class NightscoutSource(CgmSource):
    """Reads a Nightscout site, or a server that speaks a part of its language.

    It chooses the version of the API, decodes what that brings, and counts
    what was unusable; how a site is asked is the API's affair.
    """

    caps = Caps()

    def __init__(
        self,
        session: ClientSession,
        address: Address,
        credential: Credential,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep what is needed; nothing is asked before `identify`.

        Args:
            session: Whoever made it closes it.
            address: Where the site is.
            credential: What opens it.
            clock: Returns the present; aware.
        """
        self._client = JsonClient(session, address.url)
        self._address = address
        self._clock = clock
        self._ahead = timedelta()
        self._v1 = V1Api(self._client, credential)
        self._v3: V3Api | None = None
        if token := credential.access_token:
            self._v3 = V3Api(self._client, Tokens(self._client, token, clock))
        self._api: NightscoutApi = self._v1
        self._is_identified = False
        self._features = frozenset({Feature.LIVE, Feature.TREATMENTS, Feature.STATUS})
        self._reader = StatusReader(self._now)
        self._has_devices = True
        self._news = News(self._reader)
        self._listener = partial(Listener, session, address, credential, self._news)
        self._skipped = 0

    @property
    @override
    def features(self) -> frozenset[Feature]:
        """Return what the credential may read of this site."""
        return self._features

    @property
    @override
    def server_time(self) -> datetime | None:
        """Return the site's clock in its newest answer."""
        return self._client.server_time

    @property
    @override
    def skipped(self) -> int:
        """Return how many documents were unusable."""
        return self._news.skipped + self._skipped + self._reader.skipped

    @property
    @override
    def api(self) -> str:
        """Return which version of the site's API is spoken, once that is known."""
        return self._api.name if self._is_identified else "unknown"

    @override
    async def identify(self) -> Account:
        """Return whose site this is, and find out what may be read.

        A server without any of the extras (Gluroo, a phone) is fine.

        Raises:
            CgmAuthError: The credential is unknown, or may not read entries.
            CgmError: As documented on `JsonClient.get`.
        """
        if self._v3 is not None and await _speaks(self._v3):
            self._api = BestApi(self._v3, self._v1)
        else:
            self._api = self._v1
            await self._be_admitted()
        status, has_treatments, self._has_devices = await asyncio.gather(
            self._v1.status(),
            self._api.offers(Collection.TREATMENTS),
            self._api.offers(Collection.DEVICE_STATUS),
        )
        self._compare_clocks()
        self._is_identified = True
        features = {
            Feature.LIVE: True,
            # Whether a site has a socket shows when it is tried; a phone has none.
            Feature.PUSH: not self._v1.is_phone,
            Feature.TREATMENTS: has_treatments,
            # Site and sensor changes are treatments.
            Feature.STATUS: has_treatments or self._has_devices,
        }
        self._features = frozenset(name for name, is_so in features.items() if is_so)
        return _account(self._address, status)

    @override
    async def readings(self, since: datetime) -> Sequence[Sample]:
        """Return what the sensor sent after `since`, oldest first.

        A site never promises an order, so neither order nor filter are relied on.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        entries = await self._api.entries(since)
        self._compare_clocks()
        glucose = filter(decode.is_glucose, entries)
        samples: list[Sample] = await self._decoded(glucose, decode.sample)
        return sorted(
            (sample for sample in samples if sample.at > since), key=attrgetter("at")
        )

    @override
    async def treatments(self, since: datetime) -> Sequence[Treatment]:
        """Return what was done at or after `since`, oldest first.

        Raises:
            CgmError: As documented on `JsonClient.get`.
        """
        if Feature.TREATMENTS not in self._features:
            return ()
        documents = await self._api.treatments(since)
        treatments = await self._decoded(documents, decode.treatment)
        done = sorted(
            (treatment for treatment in treatments if treatment.at >= since),
            key=attrgetter("at"),
        )
        self._reader.take_treatments(documents, done, since)
        return done

    @override
    async def status(self) -> DeviceStatus | None:
        """Return what pump, loop and phone last reported, None if nobody may see it.

        Raises:
            CgmError: As documented on `StatusReader.read`.
        """
        if Feature.STATUS not in self._features:
            return None
        return await self._reader.read(
            self._api,
            now=self._clock() - self._ahead,
            has_devices=self._has_devices,
            has_treatments=Feature.TREATMENTS in self._features,
        )

    @override
    async def known_status(self) -> DeviceStatus | None:
        """Return what pump, loop and phone reported, and what treatments say of them."""
        return await self._reader.hear() if Feature.STATUS in self._features else None

    @override
    async def listen(self, on_change: Callable[[Change], None]) -> None:
        """Tell what the site says over its socket, until that ends.

        Raises:
            CgmError: As documented on `Listener.listen`.
        """
        await self._listener().listen(on_change)

    @override
    async def close(self) -> None:
        """Do nothing: the session is not ours."""

    async def _be_admitted(self) -> None:
        """Find out whether version 1 lets us in, and where it keeps entries.

        A wrong credential is sent to it once and never again: the site holds
        back everybody at this address for five seconds longer after each.

        Source: cgm-remote-monitor, lib/authorization/delaylist.js.
        """
        is_recognised = False
        try:
            is_recognised = await self._v1.is_recognised()
            await self._v1.find_entries()
        except CgmAuthError as err:
            # Phones answer 403 to a wrong secret; only a site that knows the
            # credential can mean that it lacks a right.
            raise CgmAuthError(str(err), is_recognised=is_recognised) from None

    def _now(self) -> datetime:
        """Return the present: by the site's clock, or by ours if that is ahead.

        Ours goes on between two answers, and only what is far from both of them
        is from a future that will not come.
        """
        ours = self._clock()
        return max(self._client.server_time or ours, ours)

    def _compare_clocks(self) -> None:
        """Note by how much our clock is ahead of the site's, if that is told."""
        if (theirs := self._client.server_time) is not None:
            self._ahead = max(self._clock() - theirs, timedelta())

    async def _decoded[T](
        self,
        documents: Iterable[decode.Document],
        decoder: Callable[[decode.Document], T | None],
    ) -> list[T]:
        """Return what documents say; one that says nothing usable is counted."""
        decoded: list[T] = []
        for number, document in enumerate(documents, 1):
            value = decoder(document)
            if value is None:
                self._skipped += 1
            else:
                decoded.append(value)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return decoded


async def _speaks(v3: V3Api) -> bool:
    """Return whether version 3 is there and gives us entries.

    Everything that is not an answer leaves it to version 1, which also has the
    last word about a token; only a site that is not there at all has none.

    Raises:
        CgmConnectionError: It does not answer.
        CgmRateLimitError: It asks to be left alone.
    """
    try:
        await v3.find_entries()
    except RefusedError, CgmAuthError, CgmResponseError:
        return False
    except CgmConnectionError as err:
        if err.status is None:
            raise
        return False
    return True


def _account(address: Address, status: Json) -> Account:
    """Return what a site's status says about itself."""
    settings = status.get("settings") if isinstance(status, dict) else None
    if not isinstance(settings, dict):
        return Account(id=address.id)
    units, title = settings.get("units"), settings.get("customTitle")
    return Account(
        id=address.id,
        title=title if isinstance(title, str) and title != "Nightscout" else None,
        unit=GlucoseUnit.MMOL
        if isinstance(units, str) and units.lower().startswith("mmol")
        else GlucoseUnit.MGDL,
        thresholds=thresholds_of(settings.get("thresholds")),
    )
