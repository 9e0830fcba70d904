"""Whose data an account may see, and what becomes of its tokens."""

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import CgmAuthError
from custom_components.glucose_follow.cgm.models import Account, GlucoseUnit, Reading
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.tidepool import Person, people
from custom_components.glucose_follow.cgm.transport import Json
from simulators.tidepool import Archive, Share, TidepoolSimulator
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, HOUR, asked, follow


async def test_an_account_is_known_by_its_environment_and_user(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    account = await follow(http, server, clock).identify()

    assert account == Account(id=f"production:{server.user_id}", unit=GlucoseUnit.MGDL)
    assert asked(server) == [
        *("/auth/login", "/auth/user", "latest"),
        f"/metadata/{server.user_id}/settings",
    ]


@pytest.mark.parametrize(
    ("units", "unit"),
    [
        ("mmol/L", GlucoseUnit.MMOL),
        ("mg/dL", GlucoseUnit.MGDL),
        ("mg/dl", GlucoseUnit.MGDL),
        ("stone", None),
    ],
)
async def test_the_unit_is_the_persons(
    http: ClientSession, clock: FakeTime, units: str, unit: GlucoseUnit | None
) -> None:
    async with TidepoolSimulator(clock=clock, units=units) as server:
        account = await follow(http, server, clock).identify()

    assert account.unit is unit


async def test_shared_data_are_read_as_ones_own(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    child = Archive(SimulatedPerson(seed=8), start=clock.now - DAY)
    server.shares = [Share(user_id="00aa11bb22", name="Sam", archive=child)]
    source = follow(http, server, clock, user_id="00aa11bb22")

    account = await source.identify()
    found = await source.readings(clock.now - DAY)

    expected = SimulatedPerson(seed=8).readings(clock.now - DAY, clock.now)
    assert account == Account(id="production:00aa11bb22")
    assert [each.mgdl for each in found if isinstance(each, Reading)] == [
        each.mgdl for each in expected
    ]


async def test_people_are_the_owner_and_whoever_lets_them_see(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    server.shares = [
        Share(user_id="2", name="Zoe", archive=Archive()),
        Share(user_id="1", name="Sam", archive=Archive()),
        Share(user_id="3", name="Kim", archive=Archive(), can_view=False),
    ]

    people = await follow(http, server, clock).people()

    assert people == [
        Person(id=server.user_id, name="Alex"),
        Person(id="1", name="Sam"),
        Person(id="2", name="Zoe"),
    ]


async def test_a_carer_has_no_data_to_follow(
    http: ClientSession, clock: FakeTime
) -> None:
    async with TidepoolSimulator(clock=clock, is_carer=True) as server:
        alone = await follow(http, server, clock).people()
        server.shares = [Share(user_id="1", name="Sam", archive=Archive())]
        caring = await follow(http, server, clock).people()

    assert [person.id for person in alone] == [server.user_id]
    assert [person.name for person in caring] == ["Sam"]


async def test_an_ended_token_is_refreshed_and_the_question_repeated(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    """Everything that is wrong with a token is answered with 403."""
    source = follow(http, server, clock)
    before = await source.readings(clock.now - DAY)
    clock.now += 2 * HOUR

    after = await source.readings(before[-1].at)

    assert len(after) == 24
    assert [request.method for request in server.requests].count("POST") == 1
    assert asked(server)[-4:] == ["latest", "/auth/login", "latest", "cbg"]


async def test_who_shares_no_longer_is_asked_once_more_and_given_up(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock, user_id="00aa11bb22")

    with pytest.raises(CgmAuthError) as caught:
        await source.readings(clock.now - DAY)

    assert not caught.value.is_recognised
    assert asked(server) == ["/auth/login", "latest", "/auth/login", "latest"]
    assert server.desk.logins == 1


async def test_a_session_of_before_is_used(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    token = server.desk.sign_in(clock.now)

    await follow(http, server, clock, token=token).identify()

    assert server.desk.logins == 0


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"userid": "1"},
        [None, "1", ["1"]],
        [{"userid": "1"}],
        [{"userid": "1", "trustorPermissions": {"note": {}}}],
        [{"userid": "1", "trustorPermissions": "view"}],
        [{"userid": 1, "trustorPermissions": {"view": {}}}],
        [{"userid": "1", "trusteePermissions": {"view": {}}}],
    ],
)
def test_who_does_not_let_us_see_is_left_out(answer: Json) -> None:
    assert list(people.shared(answer)) == []


def test_a_childs_account_has_the_childs_name() -> None:
    """A parent's name is on it, and the child's inside."""
    patient: Json = {"isOtherPerson": True, "fullName": "Sam"}
    profile: Json = {"fullName": "Kim", "patient": patient}

    own = people.own("1", profile)
    (shared,) = people.shared(
        [{"userid": "2", "trustorPermissions": {"view": {}}, "profile": profile}]
    )

    assert own == Person(id="1", name="Sam")
    assert shared == Person(id="2", name="Sam")


@pytest.mark.parametrize("settings", [None, [], {}, {"units": "mg/dL"}])
def test_without_settings_there_is_no_unit(settings: Json) -> None:
    assert people.unit(settings) is None


@pytest.mark.parametrize("answer", [None, "1", {}, {"userid": ""}, {"userid": 1}])
def test_an_answer_may_name_no_user(answer: Json) -> None:
    assert people.user_id(answer) is None
