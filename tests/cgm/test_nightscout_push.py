"""Listening to a Nightscout over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import timedelta
import gc
import logging

from aiohttp import ClientSession, web
from engineio.base_client import connected_clients
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Change
from custom_components.glucose_follow.cgm.sources.nightscout import (
    NightscoutSource,
    parse_address,
    parse_credential,
    push,
)
from simulators.loopback import LOCALHOST
from simulators.nightscout import (
    READABLE,
    NightscoutSimulator,
    Style,
    faults,
    socket_faults,
)
from simulators.nightscout.socket_faults import Stage
from tests.simulators.nightscout_support import (
    MINUTE,
    NARROW,
    NOON,
    READER,
    SECRET,
    FakeTime,
)

DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
WRONG = "reader-ffffffffffffffff"
OPEN = '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def site(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that says what is new to those whom it knows."""
    async with NightscoutSimulator(
        clock=clock,
        sleep=clock.sleep,
        api_secret=SECRET,
        tokens={READER: READABLE, NARROW: frozenset({"entries"})},
        default_roles="denied",
        has_sockets=True,
        debounce=0,
    ) as running:
        for minutes in (15, 10, 5):
            running.add_entry(at=NOON - minutes * MINUTE, sgv=100 + minutes)
        yield running


def source(http: ClientSession, url: URL, credential: str = READER) -> NightscoutSource:
    """Return a source that listens to a site with a credential, as it was typed."""
    address, told = parse_address(str(url)), parse_credential(credential)
    return NightscoutSource(http, address, told, clock=lambda: NOON)


class Ear:
    """Listens in the background, and waits for what is said."""

    def __init__(self, source: NightscoutSource) -> None:
        """Begin."""
        self.changes: list[Change] = []
        self._said = asyncio.Event()
        self.task = asyncio.create_task(source.listen(self._hear))

    def _hear(self, change: Change) -> None:
        self.changes.append(change)
        self._said.set()

    async def hear(self, count: int) -> Change:
        """Return what was said when so much was."""
        await self.hear_or_end(count)
        if len(self.changes) < count:
            await self.task
        return self.changes[count - 1]

    async def hear_or_end(self, count: int) -> None:
        """Wait until so much was said, or nothing will be any more."""
        self.task.add_done_callback(lambda _: self._said.set())
        while len(self.changes) < count and not self.task.done():
            self._said.clear()
            await self._said.wait()


@asynccontextmanager
async def listening(source: NightscoutSource) -> AsyncGenerator[Ear]:
    """Listen for a while."""
    ear = Ear(source)
    try:
        yield ear
    finally:
        ear.task.cancel()
        with suppress(asyncio.CancelledError, CgmError):
            await ear.task


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged for people, but for how slow the machine is."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno > logging.DEBUG
        and not record.getMessage().startswith("Executing")
    ]


async def fault_of(source: NightscoutSource) -> CgmError:
    """Return why there is nothing to hear."""
    with pytest.raises(CgmError) as caught:
        await source.listen(lambda _: None)
    return caught.value


@pytest.mark.parametrize("credential", [READER, SECRET])
async def test_everything_is_said_first_and_then_what_is_new(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime, credential: str
) -> None:
    site.add_treatment(insulin=2)
    async with listening(source(http, site.url, credential)) as ear:
        first = await ear.hear(1)
        clock.now += 5 * MINUTE
        site.add_entry(sgv=123)
        second = await ear.hear(2)

    assert [sample.at for sample in first.samples] == [
        NOON - minutes * MINUTE for minutes in (15, 10, 5)
    ]
    assert [treatment.insulin for treatment in first.treatments] == [2]
    assert [sample.at for sample in second.samples] == [NOON + 5 * MINUTE]
    assert second.treatments == ()


async def test_edits_and_removals_are_said(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        bolus = site.add_treatment(insulin=2)
        added = await ear.hear(2)
        site.edit_treatment(bolus, insulin=3)
        edited = await ear.hear(3)
        site.remove_treatment(bolus)
        removed = await ear.hear(4)

    assert [(one.id, one.insulin) for one in added.treatments] == [(bolus, 2)]
    assert [(one.id, one.insulin) for one in edited.treatments] == [(bolus, 3)]
    assert removed == Change(removed=frozenset({bolus}))


@pytest.mark.parametrize("style", Style)
async def test_what_is_said_is_what_is_answered(
    http: ClientSession, clock: FakeTime, style: Style
) -> None:
    async with (
        NightscoutSimulator(
            clock=clock,
            person=PERSON,
            tokens={READER: READABLE},
            style=style,
            has_sockets=True,
        ) as site,
        listening(source(http, site.url)) as ear,
    ):
        said = await ear.hear(1)
        reader = source(http, site.url)
        samples = await reader.readings(NOON - DAY)
        treatments = await reader.treatments(NOON - DAY)

    assert len(samples) > 200
    assert len(treatments) > 5
    assert set(samples) <= set(said.samples)
    assert set(treatments) <= set(said.treatments)


async def test_an_open_site_is_listened_to_without_a_credential(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock, has_sockets=True) as site:
        site.add_entry(sgv=123)
        async with listening(source(http, site.url, "")) as ear:
            assert len((await ear.hear(1)).samples) == 1


async def test_an_empty_site_says_that_it_is_there(
    http: ClientSession, clock: FakeTime
) -> None:
    async with (
        NightscoutSimulator(clock=clock, has_sockets=True) as site,
        listening(source(http, site.url, "")) as ear,
    ):
        first = await ear.hear(1)

    assert (first.samples, first.treatments, first.removed) == ((), (), frozenset())


@pytest.mark.parametrize("prefix", ["", "/family/anna"])
async def test_a_site_may_live_below_a_path(
    http: ClientSession, clock: FakeTime, prefix: str
) -> None:
    async with NightscoutSimulator(
        clock=clock, prefix=prefix, has_sockets=True
    ) as site:
        site.add_entry(sgv=123)
        async with listening(source(http, site.url, "")) as ear:
            assert len((await ear.hear(1)).samples) == 1


async def test_what_version_3_stores_is_said_at_once(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    """The legacy namespace says so later, when the site has looked around."""
    document = {"identifier": "x", "insulin": 2, "created_at": "2026-11-21T12:00:00Z"}
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        await site.sockets.wait_for_readers(1)
        await site.sockets.announce("create", "treatments", doc=document)
        created = await ear.hear(2)
        await site.sockets.announce("delete", "treatments", identifier="x")
        removed = await ear.hear(3)

    assert [one.id for one in created.treatments] == ["x"]
    assert removed == Change(removed=frozenset({"x"}))


async def test_a_secret_does_not_join_what_wants_tokens(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with listening(source(http, site.url, SECRET)) as ear:
        await ear.hear(1)

    assert site.sockets.namespaces == {"/"}


async def test_a_wrong_credential_is_refused_and_sent_once(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    fault = await fault_of(source(http, site.url, WRONG))

    assert isinstance(fault, CgmAuthError)
    assert fault.is_recognised is False
    assert site.delay == 5


async def test_a_refusal_is_no_lost_connection(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = socket_faults.RefuseSocket()

    assert isinstance(await fault_of(source(http, site.url)), CgmAuthError)


@pytest.mark.parametrize("credential", ["", NARROW])
async def test_who_may_not_read_everything_may_not_listen(
    http: ClientSession, site: NightscoutSimulator, credential: str
) -> None:
    fault = await fault_of(source(http, site.url, credential))

    assert isinstance(fault, CgmAuthError)
    assert fault.is_recognised is True


@pytest.mark.parametrize(
    "fault",
    [
        socket_faults.NoWebsocket(),
        faults.NotFound(only=("socket",)),
        faults.ServerError(502, only=("socket",)),
        faults.Html(only=("socket",)),
        faults.RateLimit(60, only=("socket",)),
        faults.Refuse(only=("socket",)),
        faults.Unreachable(only=("socket",)),
        faults.Redirect(URL("http://"), only=("socket",)),
    ],
)
async def test_a_site_without_a_socket_is_no_riddle(
    http: ClientSession, site: NightscoutSimulator, fault: faults.Fault
) -> None:
    site.fault = fault

    told = await fault_of(source(http, site.url))

    assert type(told) is CgmConnectionError
    # The session repeats a request that nobody answered, once.
    assert len(site.requests) <= 2


async def test_a_site_that_is_not_there_has_no_socket(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    await site.close()

    assert type(await fault_of(source(http, site.url))) is CgmConnectionError


@pytest.mark.parametrize("stage", [Stage.OPEN, Stage.AUTHORIZE])
async def test_nobody_waits_for_ever_for_a_welcome(
    http: ClientSession,
    site: NightscoutSimulator,
    monkeypatch: pytest.MonkeyPatch,
    stage: Stage,
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 0.05)
    site.fault = socket_faults.SilentSocket(at=stage)

    fault = await fault_of(source(http, site.url))

    assert type(fault) is CgmConnectionError


async def test_nobody_waits_for_ever_for_an_answer(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 1)
    monkeypatch.setattr(push, "_CLOSING", 0.05)
    async with greeter(OPEN, '40{"sid":"y"}', is_polite=False) as url:
        fault = await fault_of(source(http, url))

    assert type(fault) is CgmConnectionError
    assert str(fault) == "No welcome in time"


async def test_silence_after_the_welcome_is_nothing_special(
    http: ClientSession, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 1)
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        done, _ = await asyncio.wait({ear.task}, timeout=1.1)

    assert not done


async def test_a_dropped_connection_ends_without_an_error(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        site.sockets.drop()

        await ear.task


async def test_a_farewell_ends_without_an_error(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        await site.sockets.part()

        await ear.task


async def test_a_connection_that_ends_at_once_is_an_error(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = socket_faults.DropSockets(seconds=0)

    assert type(await fault_of(source(http, site.url))) is CgmConnectionError


async def test_an_old_server_says_everything_and_then_hangs_up(
    http: ClientSession, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_faults, "_OLD_PING", 0.01)
    monkeypatch.setattr(socket_faults, "_OLD_PATIENCE", 0.02)
    site.fault = socket_faults.OldProtocol()

    async with listening(source(http, site.url)) as ear:
        await ear.task

    assert [len(change.samples) for change in ear.changes] == [3]


async def test_what_is_said_twice_is_passed_on_twice(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    """Whoever takes it in knows it already; see the tests of the timeline."""
    site.fault = socket_faults.TwiceSocket()
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        site.add_entry(sgv=123)
        await ear.hear(3)

    assert ear.changes[1] == ear.changes[2]


async def test_garbage_is_counted_and_ends_nothing(
    http: ClientSession, site: NightscoutSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    site.fault = socket_faults.GarbageSocket()
    reader = source(http, site.url)

    async with listening(reader) as ear:
        await ear.hear(1)
        site.fault = None
        site.add_entry(sgv=123)
        news = await ear.hear(2)
        gc.collect()

    assert len(news.samples) == 1
    assert reader.skipped > 15
    assert not complaints(caplog)


@pytest.mark.parametrize("message", ["x", "", b"\x07", "6", '0{"sid":1}'])
async def test_a_broken_transport_ends_the_connection_or_does_nothing(
    http: ClientSession, site: NightscoutSimulator, message: str | bytes
) -> None:
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
        await site.sockets.send_raw(message)
        site.add_entry(sgv=123)
        await ear.hear_or_end(2)

    assert connected_clients == []


async def test_a_message_without_end_is_not_read(
    http: ClientSession, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "LARGEST_BODY", 10_000)
    site.fault = socket_faults.GarbageSocket(messages=("2" + " " * 20_000,))

    async with listening(source(http, site.url)) as ear:
        await ear.task

    assert len(ear.changes) == 1


@asynccontextmanager
async def greeter(
    *greetings: str | bytes, is_polite: bool = True
) -> AsyncGenerator[URL]:
    """Run a server that says something over a websocket, and waits.

    It says goodbye if it is polite.
    """

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for greeting in greetings:
            if isinstance(greeting, str):
                await socket.send_str(greeting)
            else:
                await socket.send_bytes(greeting)
        await (socket.receive() if is_polite else asyncio.Event().wait())
        return socket

    app = web.Application()
    app.router.add_get("/socket.io/", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, LOCALHOST, 0).start()
    try:
        yield URL.build(scheme="http", host=LOCALHOST, port=runner.addresses[0][1])
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "greeting",
    [
        "",
        "x",
        "0",
        "0{}",
        "0[]",
        '0"x"',
        '0{"sid":1}',
        '0{"sid":"x","upgrades":[],"pingInterval":"x","pingTimeout":{}}',
        '0{"sid":"x","upgrades":[],"pingInterval":1e999,"pingTimeout":1}',
        "0" + 100_000 * "[",
        "9",
        "2",
        b"0",
    ],
)
async def test_who_greets_with_nonsense_is_no_site(
    http: ClientSession, greeting: str | bytes
) -> None:
    async with greeter(greeting) as url:
        assert type(await fault_of(source(http, url))) is CgmConnectionError

    assert connected_clients == []


@pytest.mark.parametrize(
    "answer", ["44", '44{"message":"no"}', "1", "41", '43["x"]', "40[]", "4", "4{}"]
)
async def test_who_does_not_let_us_in_is_no_site(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(push, "TIMEOUT", 0.2)
    async with greeter(OPEN, answer) as url:
        assert type(await fault_of(source(http, url))) is CgmConnectionError


@pytest.mark.parametrize("rights", ["", "null", "true", "[]", '{"read":"yes"}'])
async def test_rights_that_are_not_clear_are_none(
    http: ClientSession, rights: str
) -> None:
    async with greeter(OPEN, '40{"sid":"y"}', f"431[{rights}]") as url:
        fault = await fault_of(source(http, url, SECRET))

    assert isinstance(fault, CgmAuthError)
    assert fault.is_recognised is True


async def test_another_server_is_not_told_the_credential(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock, has_sockets=True) as other:
        site.fault = faults.Redirect(other.url)
        fault = await fault_of(source(http, site.url))

        assert type(fault) is CgmResponseError
        assert len(other.requests) == 1
        assert other.sockets.claims == []


async def test_another_place_of_the_same_host_is_followed(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = faults.Redirect(site.url, times=1)

    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)


@pytest.mark.parametrize(
    ("base", "target", "is_told"),
    [
        ("http://site", "ws://site/x", True),
        ("http://site", "https://site/x", True),
        ("http://site", "wss://site:8443/x", True),
        ("http://site", "ws://site:81/x", False),
        ("http://site", "wss://other/x", False),
        ("https://site", "wss://site/x", True),
        ("https://site", "http://site/x", False),
        ("https://site:80", "ws://site/x", False),
    ],
)
async def test_only_the_site_itself_is_told_the_credential(
    base: str, target: str, is_told: bool
) -> None:
    class Session:
        """A session that is led somewhere."""

        async def ws_connect(self, *_: object, **__: object) -> Session:
            return self

        async def close(self) -> None:
            """Do nothing."""

        @property
        def _response(self) -> Session:
            return self

        url = URL(target)

    door = push._Door(Session(), URL(base))  # type: ignore[arg-type]  # as much of a session as is used

    with nullcontext() if is_told else pytest.raises(CgmResponseError):
        await door.ws_connect("ws://site/x")


@pytest.mark.parametrize("credential", [READER, SECRET, WRONG])
async def test_nothing_secret_is_logged_or_raised(
    http: ClientSession,
    site: NightscoutSimulator,
    caplog: pytest.LogCaptureFixture,
    credential: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = parse_credential(credential).headers["api-secret"]
    trouble = [
        None,
        socket_faults.NoWebsocket(),
        socket_faults.DropSockets(seconds=0),
        socket_faults.GarbageSocket(),
    ]
    told = []

    for fault in trouble:
        site.fault = fault
        async with listening(source(http, site.url, credential)) as ear:
            with suppress(CgmError):
                await ear.hear(1)
            if fault is None:
                site.sockets.drop()
                await asyncio.wait({ear.task})
        if ear.task.done() and not ear.task.cancelled():
            told.append(str(ear.task.exception()))
    gc.collect()

    logged = [f"{record.getMessage()} {record.exc_info}" for record in caplog.records]
    for text in [*told, *logged]:
        assert sent not in text
        assert "/socket.io" not in text
    assert not complaints(caplog)


async def test_an_error_does_not_carry_what_caused_it(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    """Errors of the library and of aiohttp name the address."""
    site.fault = socket_faults.NoWebsocket()

    fault = await fault_of(source(http, site.url))

    assert fault.__cause__ is None
    assert fault.__context__ is None


async def test_the_session_stays_open(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
    site.fault = socket_faults.NoWebsocket()
    await fault_of(source(http, site.url))
    gc.collect()

    assert not http.closed


async def test_whoever_stops_listening_leaves_nothing_behind(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    before = asyncio.all_tasks()

    async with listening(source(http, site.url)) as ear:
        await ear.hear(1)
    await site.sockets.wait_for_listeners(0)
    await site.sockets.idle()

    assert asyncio.all_tasks() == before
    assert connected_clients == []


async def test_a_site_that_says_no_farewell_is_left_in_time(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_CLOSING", 0.05)
    update = '42["dataUpdate",{"sgvs":[{"mgdl":120,"mills":1795262400000}]}]'
    async with greeter(OPEN, '40{"sid":"y"}', update, is_polite=False) as url:
        before = asyncio.all_tasks()
        async with listening(source(http, url)) as ear:
            await ear.hear(1)

        left = asyncio.all_tasks() - before
        assert not [task for task in left if "RequestHandler" not in repr(task)]
        assert connected_clients == []


async def test_a_thousand_connections_leave_no_more_than_a_few(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    # It would keep where each task was made.
    asyncio.get_running_loop().set_debug(False)
    reader = source(http, site.url)

    async def connect(count: int) -> tuple[int, int]:
        for number in range(count):
            async with listening(reader) as ear:
                await ear.hear(1)
                if number % 2:
                    site.sockets.drop()
                    await asyncio.wait({ear.task})
        await site.sockets.wait_for_listeners(0)
        site.requests.clear()
        site.sockets.claims.clear()
        await site.sockets.idle()
        gc.collect()
        return len(asyncio.all_tasks()), len(gc.get_objects())

    # Addresses are cached, up to 128 of them, before there are no more.
    tasks, _ = await connect(10)
    _, objects = await connect(200)
    tasks_later, objects_later = await connect(1000)

    assert tasks_later == tasks
    assert objects_later - objects < 100
    assert connected_clients == []
