"""Whatever arrives, only our errors come of it."""

from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
import pytest

from custom_components.glucose_follow.cgm.transport import Json

from .fuzz import DECODERS, bears
from .fuzz_drawn import answers, surrounded

EXAMPLES = 60
BESIDE = 30


@pytest.mark.parametrize("name", DECODERS)
def test_only_our_errors_come_of_what_nobody_should_send(name: str) -> None:
    """`scripts/benchmark fuzz` does the same with a million documents each."""
    target = DECODERS[name]

    @settings(
        max_examples=EXAMPLES,
        deadline=timedelta(seconds=2),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(answers(target))
    def decode(told: Json) -> None:
        bears(target.decode, told)

    decode()


def test_what_a_decoder_cannot_bear_is_found() -> None:
    """A fuzz test that cannot fail would prove nothing."""

    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(answers(DECODERS["dexcom_share"]))
    def decode(told: Json) -> None:
        bears(lambda each: float(each[0]["Value"]), told)  # type: ignore[arg-type,index,call-overload]  # wrong on purpose

    with pytest.raises((TypeError, ValueError, KeyError, IndexError, ExceptionGroup)):
        decode()


@pytest.mark.parametrize("name", [name for name in DECODERS if DECODERS[name].kept])
def test_what_nobody_should_send_costs_nothing_that_is_beside_it(name: str) -> None:
    target = DECODERS[name]
    kept = target.kept
    assert kept is not None

    @settings(
        max_examples=BESIDE,
        deadline=timedelta(seconds=2),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(surrounded(target))
    def keep(drawn: tuple[Json, list[Json]]) -> None:
        real, told = drawn
        alone = kept([real])
        assume(alone)

        assert alone <= kept(told)

    keep()
