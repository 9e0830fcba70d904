"""The sockets of the simulated Nightscout, spoken to by the library itself."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
import json
from pathlib import Path

from aiohttp import ClientSession, WSMsgType
from freezegun.api import FrozenDateTimeFactory
import pytest
from socketio import AsyncClient

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.nightscout import (
    CAREPORTAL,
    READABLE,
    NightscoutSimulator,
    faults,
    socket_faults,
)
from simulators.nightscout.socket_faults import Stage

from .nightscout_support import (
    MINUTE,
    NARROW,
    NOON,
    READER,
    SECRET,
    SHA1,
    FakeTime,
    post,
)

WRONG = "reader-ffffffffffffffff"
RECORDED = (
    Path(__file__).parent.parent / "fixtures/nightscout/denied/socket/events.jsonl"
)

type Document = dict[str, object]


class Client:
    """A client that writes down what it is told."""

    def __init__(self) -> None:
        """Be connected to nothing."""
        self.events: list[str] = []
        self.updates: list[Document] = []
        self.stored: list[tuple[str, Document]] = []
        self.ended = asyncio.Event()
        self._told = asyncio.Event()
        self.library = AsyncClient(reconnection=False, handle_sigint=False)
        self.library.on("*", self._hear)
        self.library.on("disconnect", lambda *_: self.ended.set())
        self.library.on("*", self._hear_stored, namespace="/storage")

    def _hear(self, event: str, *data: Document) -> None:
        self.events.append(event)
        if event == "dataUpdate":
            self.updates.append(data[0])
        self._told.set()

    def _hear_stored(self, event: str, data: Document) -> None:
        self.stored.append((event, data))
        self._told.set()

    async def authorize(self, **claims: str) -> Document:
        """Return what the site says of a credential."""
        answer: Document = await self.library.call(
            "authorize", {"client": "web", **claims}, timeout=5
        )
        self.events.append("(ack)")
        return answer

    async def subscribe(self, token: str) -> Document:
        """Return what the site says of a token."""
        answer: Document = await self.library.call(
            "subscribe", {"accessToken": token}, namespace="/storage", timeout=5
        )
        return answer

    async def update(self, number: int) -> Document:
        """Return an update once it is there; the first is number 0."""
        while len(self.updates) <= number:
            self._told.clear()
            await self._told.wait()
        return self.updates[number]


@asynccontextmanager
async def connected(site: NightscoutSimulator) -> AsyncGenerator[Client]:
    """Connect for a while."""
    client = Client()
    await client.library.connect(
        str(site.url), transports=["websocket"], namespaces=["/", "/storage"]
    )
    try:
        yield client
    finally:
        await client.library.disconnect()


@asynccontextmanager
async def following(site: NightscoutSimulator) -> AsyncGenerator[Client]:
    """Connect for a while, and be told what is new."""
    async with connected(site) as client:
        await client.authorize(secret=READER)
        await client.update(0)
        yield client


@pytest.fixture
async def site(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site with sockets."""
    async with NightscoutSimulator(
        clock=clock,
        sleep=clock.sleep,
        api_secret=SECRET,
        tokens={
            READER: READABLE,
            NARROW: frozenset({"entries"}),
            "care-0123456789abcdee": CAREPORTAL,
        },
        default_roles="denied",
        has_sockets=True,
        debounce=0,
    ) as running:
        yield running


def recorded_updates() -> list[Document]:
    """Return the updates of a recorded session."""
    lines = RECORDED.read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return [said["data"][0] for said in events if said.get("event") == "dataUpdate"]


async def test_a_session_begins_as_recorded(site: NightscoutSimulator) -> None:
    async with following(site) as client:
        pass

    # The acknowledgement comes last; what is told is handled beside it.
    assert client.events[:2] == ["clients", "connected"]
    assert sorted(client.events[2:]) == ["(ack)", "dataUpdate"]


async def test_the_first_update_has_the_recorded_fields(
    site: NightscoutSimulator,
) -> None:
    site.add_entry(sgv=120, device="test", direction="Flat")
    site.add_treatment(eventType="Bolus", insulin=2)
    site.add_devicestatus(uploader={"battery": 80})
    expected = recorded_updates()[0]

    async with following(site) as client:
        told = await client.update(0)

    assert told.keys() == expected.keys()
    for field in ("sgvs", "treatments", "devicestatus"):
        ours, theirs = told[field], expected[field]
        assert isinstance(ours, list)
        assert isinstance(theirs, list)
        assert ours[0].keys() <= {key for document in theirs for key in document} | {
            "insulin",
            "eventType",
        }


async def test_later_updates_have_the_recorded_fields(
    site: NightscoutSimulator,
) -> None:
    expected = recorded_updates()[2]

    async with following(site) as client:
        site.add_entry(sgv=120, device="test", direction="Flat")
        told = await client.update(1)

    assert told.keys() == expected.keys()
    assert told["delta"] is True


async def test_two_days_are_told(site: NightscoutSimulator, clock: FakeTime) -> None:
    for hours in (49, 47, 1):
        site.add_entry(at=NOON - timedelta(hours=hours), sgv=hours + 100)

    async with following(site) as client:
        told = await client.update(0)

    assert isinstance(told["sgvs"], list)
    assert [entry["mgdl"] for entry in told["sgvs"]] == [147, 101]


@pytest.mark.parametrize(
    ("claims", "rights"),
    [
        ({"secret": SHA1}, (True, True, True)),
        ({"secret": READER}, (True, False, False)),
        ({"secret": "care-0123456789abcdee"}, (True, False, True)),
        ({"secret": NARROW}, (False, False, False)),
        ({}, (False, False, False)),
    ],
)
async def test_a_credential_has_its_rights(
    site: NightscoutSimulator,
    claims: dict[str, str],
    rights: tuple[bool, bool, bool],
) -> None:
    async with connected(site) as client:
        answer = await client.authorize(**claims)

    assert answer == dict(
        zip(("read", "write", "write_treatment"), rights, strict=True)
    )
    assert bool(client.updates) is rights[0]


async def test_a_jwt_is_as_good_as_its_token(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with http.get(site.url / "api/v1/status.json" % {"token": READER}) as page:
        jwt = (await page.json())["authorized"]["token"]

    async with connected(site) as client:
        answer = await client.authorize(token=jwt)

    assert answer["read"] is True


@pytest.mark.parametrize("claims", [{"secret": WRONG}, {"token": READER}])
async def test_a_wrong_credential_is_thrown_out_without_a_word(
    site: NightscoutSimulator, claims: dict[str, str]
) -> None:
    async with connected(site) as client:
        await client.library.emit("authorize", claims)
        await client.ended.wait()

    assert "(ack)" not in client.events
    assert client.updates == []
    assert site.delay == 5


async def test_a_penalty_is_waited_out_before_the_next_credential(
    site: NightscoutSimulator, clock: FakeTime
) -> None:
    async with connected(site) as client:
        await client.library.emit("authorize", {"secret": WRONG})
        await client.ended.wait()

    async with following(site):
        pass

    assert clock.slept == [5]


async def test_a_change_is_told_whoever_wrote_it(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    entry = {"type": "sgv", "sgv": 120, "date": 1795262400000}
    async with following(site) as client:
        await post(http, site, "/api/v1/entries", entry, headers={"api-secret": SHA1})
        told = await client.update(1)

    assert isinstance(told["sgvs"], list)
    assert told["sgvs"][0]["mgdl"] == 120


async def test_edits_and_removals_are_told_as_recorded(
    site: NightscoutSimulator,
) -> None:
    async with following(site) as client:
        bolus = site.add_treatment(insulin=2)
        await client.update(1)
        site.edit_treatment(bolus, insulin=3)
        edited = await client.update(2)
        site.remove_treatment(bolus)
        removed = await client.update(3)

    assert isinstance(edited["treatments"], list)
    assert edited["treatments"][0]["action"] == "update"
    assert edited["treatments"][0]["insulin"] == 3
    assert removed["treatments"] == [
        {"_id": bolus, "mills": NOON.timestamp() * 1000, "action": "remove"}
    ]


async def test_nobody_is_told_of_removed_entries(site: NightscoutSimulator) -> None:
    site.add_entry(sgv=120)
    async with following(site):
        site.clear()

        assert not await site.sockets.push()


async def test_treatments_that_grow_old_are_told_to_be_gone(
    site: NightscoutSimulator, clock: FakeTime
) -> None:
    site.add_treatment(insulin=2)
    async with following(site) as client:
        clock.now += timedelta(hours=49)
        await site.sockets.push()
        told = await client.update(1)

    assert isinstance(told["treatments"], list)
    assert told["treatments"][0]["action"] == "remove"


async def test_a_treatment_comes_with_glucose_that_nobody_measured(
    site: NightscoutSimulator,
) -> None:
    site.add_entry(sgv=155)
    async with following(site) as client:
        site.add_treatment(insulin=2)
        told = await client.update(1)

    assert isinstance(told["treatments"], list)
    assert told["treatments"][0]["mgdl"] == 155


async def test_without_changes_nothing_is_told(site: NightscoutSimulator) -> None:
    async with following(site) as client:
        assert not await site.sockets.push()

    assert len(client.updates) == 1


async def test_what_the_person_uploads_is_told_when_it_arrives(
    clock: FakeTime,
) -> None:
    async with (
        NightscoutSimulator(
            clock=clock,
            person=SimulatedPerson(seed=7),
            tokens={READER: READABLE},
            has_sockets=True,
        ) as site,
        following(site) as client,
    ):
        before = len(client.updates)
        clock.now += 5 * MINUTE
        assert await site.sockets.push()
        told = await client.update(before)

    assert isinstance(told["sgvs"], list)
    assert len(told["sgvs"]) == 1


async def test_the_next_upload_is_known_beforehand(clock: FakeTime) -> None:
    person = SimulatedPerson(seed=7)
    lag = timedelta(seconds=20)
    async with NightscoutSimulator(clock=clock, person=person, upload_lag=lag) as site:
        store = site._site.store
        expected = [
            at + lag
            for at in (
                *(each.at for each in person.readings(NOON, NOON + timedelta(hours=9))),
                *(
                    each.at
                    for each in person.treatments(NOON, NOON + timedelta(hours=9))
                ),
            )
            if at + lag > NOON
        ]

        found, now = [], NOON
        while (now := store.next_upload(now)) < NOON + timedelta(hours=8):
            found.append(now)

    assert found == sorted(expected)[: len(found)]
    assert len(found) > 90


async def test_changes_in_a_row_are_told_together(clock: FakeTime) -> None:
    async with (
        NightscoutSimulator(
            clock=clock, tokens={READER: READABLE}, has_sockets=True, debounce=0.1
        ) as site,
        following(site) as client,
    ):
        site.add_entry(sgv=101)
        first = await client.update(1)
        for number in range(9):
            site.add_entry(at=NOON - number * MINUTE, sgv=102 + number)
        second = await client.update(2)

    assert isinstance(first["sgvs"], list)
    assert isinstance(second["sgvs"], list)
    assert len(first["sgvs"]) == 1
    assert len(second["sgvs"]) == 9


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        (
            READER,
            {
                "success": True,
                "collections": [
                    "devicestatus",
                    "entries",
                    "food",
                    "profile",
                    "treatments",
                ],
            },
        ),
        (NARROW, {"success": True, "collections": ["entries"]}),
        (
            WRONG,
            {"success": False, "message": "Missing or bad access token or JWT"},
        ),
    ],
)
async def test_storage_wants_a_token(
    site: NightscoutSimulator, token: str, answer: Document
) -> None:
    async with connected(site) as client:
        assert await client.subscribe(token) == answer


async def test_a_token_without_rights_is_told_nothing(
    site: NightscoutSimulator,
) -> None:
    site.grant("blind-aaaaaaaaaaaaaaaa", ())

    async with connected(site) as client:
        answer = await client.subscribe("blind-aaaaaaaaaaaaaaaa")

    assert answer == {
        "success": False,
        "message": "Unauthorized to receive any collection",
    }


async def test_storage_is_told_to_those_who_may_read_it(
    site: NightscoutSimulator,
) -> None:
    async with connected(site) as client:
        await client.subscribe(NARROW)
        await site.sockets.announce("create", "treatments", doc={"insulin": 1})
        await site.sockets.announce("create", "entries", doc={"sgv": 120})
        while not client.stored:
            client._told.clear()
            await client._told.wait()

    assert client.stored == [("create", {"colName": "entries", "doc": {"sgv": 120}})]


async def test_without_its_database_a_site_tells_what_it_knew(
    site: NightscoutSimulator, clock: FakeTime
) -> None:
    site.add_entry(sgv=120)
    async with following(site):
        site.fault = faults.DatabaseLost()
        site.add_entry(sgv=121)
        pushed = await site.sockets.push()
        async with following(site) as late:
            told = await late.update(0)
        site.fault = None
        again = await site.sockets.push()

    assert not pushed
    assert isinstance(told["sgvs"], list)
    assert [entry["mgdl"] for entry in told["sgvs"]] == [120]
    assert again


async def test_without_its_database_a_site_says_that_all_treatments_are_gone(
    site: NightscoutSimulator,
) -> None:
    bolus = site.add_treatment(eventType="Bolus", insulin=2.5)
    async with following(site) as client:
        site.fault = faults.DatabaseLost()
        await site.sockets.push()
        gone = await client.update(1)
        async with following(site) as late:
            first = await late.update(0)
        site.fault = None
        await site.sockets.push()
        again = await client.update(2)

    assert _treatments(gone) == [(bolus, "remove")]
    assert _treatments(first) == []
    assert _treatments(again) == [(bolus, None)]


async def test_a_proxy_may_know_no_websockets(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = socket_faults.NoWebsocket()

    url = site.url / "socket.io/" % {"transport": "websocket", "EIO": "4"}
    async with http.get(url) as answer:
        assert answer.status == 400
    async with http.get(site.url / "api/v1/status.json") as answer:
        assert answer.status == 401


async def test_a_site_has_no_sockets_unless_told_so(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock) as site:
        url = site.url / "socket.io/" % {"transport": "websocket", "EIO": "4"}
        async with http.get(url) as answer:
            assert answer.status == 404


async def test_a_socket_may_stay_silent_from_the_start(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = socket_faults.SilentSocket(at=Stage.OPEN)

    url = site.url / "socket.io/" % {"transport": "websocket", "EIO": "4"}
    async with http.ws_connect(url) as socket:
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.05)


@pytest.mark.timeout(20)
async def test_a_site_can_be_closed_while_the_clock_stands_still(
    http: ClientSession, site: NightscoutSimulator, freezer: FrozenDateTimeFactory
) -> None:
    site.fault = socket_faults.SilentSocket(at=Stage.OPEN)
    url = site.url / "socket.io/" % {"EIO": "4", "transport": "websocket"}
    async with http.ws_connect(url) as socket:
        freezer.move_to(NOON)

        await site.close()

        assert (await socket.receive()).type is WSMsgType.CLOSED


async def test_a_socket_may_stay_silent_about_rights(
    site: NightscoutSimulator,
) -> None:
    site.fault = socket_faults.SilentSocket(at=Stage.AUTHORIZE)

    async with connected(site) as client:
        await client.library.emit("authorize", {"secret": READER})
        await client.library.call("subscribe", {}, namespace="/storage")

    assert client.updates == []


async def test_a_socket_may_stay_silent_about_news(site: NightscoutSimulator) -> None:
    site.fault = socket_faults.SilentSocket()

    async with following(site) as client:
        site.add_entry(sgv=120)
        assert not await site.sockets.push()

    assert len(client.updates) == 1


async def test_updates_may_come_twice(site: NightscoutSimulator) -> None:
    site.fault = socket_faults.TwiceSocket()

    async with following(site) as client:
        site.add_entry(sgv=120)
        await client.update(2)

    assert client.updates[1] == client.updates[2]


async def test_a_known_credential_may_be_refused(site: NightscoutSimulator) -> None:
    site.fault = socket_faults.RefuseSocket()

    async with connected(site) as client:
        await client.library.emit("authorize", {"secret": READER})
        await client.ended.wait()

    assert site.delay == 0


async def test_a_connection_may_be_cut_after_a_while(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = socket_faults.DropSockets(seconds=0.2)

    url = site.url / "socket.io/" % {"transport": "websocket", "EIO": "4"}
    async with http.ws_connect(url) as socket:
        hello = await socket.receive_str()
        end = await socket.receive()

    assert hello.startswith("0{")
    assert end.type is WSMsgType.CLOSED


async def test_an_old_server_speaks_first_and_wants_to_be_pinged(
    http: ClientSession, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_faults, "_OLD_PING", 0.05)
    monkeypatch.setattr(socket_faults, "_OLD_PATIENCE", 0.05)
    site.add_entry(sgv=120)
    site.fault = socket_faults.OldProtocol()

    url = site.url / "socket.io/" % {"transport": "websocket", "EIO": "3"}
    async with http.ws_connect(url) as socket:
        hello = [await socket.receive_str() for _ in range(2)]
        await socket.send_str("2probe")
        pong = await socket.receive_str()
        await socket.send_str('42["other",1]')
        await socket.send_str('420["authorize",{}]')
        update, answer = [await socket.receive_str() for _ in range(2)]
        end = await socket.receive()

    assert hello[0].startswith("0{")
    assert hello[1] == "40"
    assert pong == "3probe"
    assert update.startswith('42["dataUpdate", {')
    assert answer.startswith('430[{"read": true')
    assert end.type is WSMsgType.CLOSE


async def test_an_old_client_that_leaves_is_let_go(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = socket_faults.OldProtocol()

    url = site.url / "socket.io/" % {"transport": "websocket", "EIO": "3"}
    async with http.ws_connect(url) as socket:
        await socket.receive_str()


async def test_a_closed_site_leaves_nothing_behind(clock: FakeTime) -> None:
    before = asyncio.all_tasks()
    async with NightscoutSimulator(
        clock=clock, tokens={READER: READABLE}, has_sockets=True
    ) as site:
        client = Client()
        await client.library.connect(str(site.url), transports=["websocket"])
        await client.authorize(secret=READER)
    await client.ended.wait()
    await client.library.disconnect()

    assert site.sockets.listeners == 0
    assert asyncio.all_tasks() == before


def _treatments(told: Document) -> list[tuple[object, object]]:
    """Return which treatments an update is about, and what became of them."""
    treatments = told["treatments"]
    assert isinstance(treatments, list)
    return [(document["_id"], document.get("action")) for document in treatments]
