"""Packets that a site should not send do nothing but get counted."""

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.sources.nightscout.packets import (
    GARBAGE,
    Packet,
)


@pytest.mark.parametrize(
    ("encoded", "kind", "namespace", "data"),
    [
        ("0", 0, None, None),
        ('0{"sid":"abc"}', 0, None, {"sid": "abc"}),
        ("1", 1, None, None),
        ("1/storage,", 1, "/storage", None),
        ('2["dataUpdate",{"delta":true}]', 2, None, ["dataUpdate", {"delta": True}]),
        ('2/storage,["create",{}]', 2, "/storage", ["create", {}]),
        ('31[{"read":true}]', 3, None, [{"read": True}]),
        ('4{"message":"no"}', 4, None, {"message": "no"}),
    ],
)
def test_what_a_site_says_is_read(
    encoded: str, kind: int, namespace: str | None, data: object
) -> None:
    packet = Packet(encoded_packet=encoded)

    assert (packet.packet_type, packet.namespace, packet.data) == (
        kind,
        namespace,
        data,
    )


@pytest.mark.parametrize(
    "encoded",
    [
        None,
        "",
        "x",
        "9",
        "2",
        "2{}",
        "2[]",
        "2[1]",
        "2[[]]",
        '2["dataUpdate"',
        f'2["dataUpdate",{"[" * 100_000}',
        f'2["dataUpdate",{"1" * 5000}]',
        "3[]",
        "37",
        "37{}",
        "3" + "7" * 200 + "[]",
        "0[1]",
        '51-["dataUpdate",{"_placeholder":true,"num":0}]',
        "61-7[]",
        b"2[]",
        {"a": 1},
        [],
        7,
        True,
    ],
)
def test_what_nobody_should_say_is_garbage(encoded: object) -> None:
    packet = Packet(encoded_packet=encoded)

    assert (packet.packet_type, packet.namespace, packet.id, packet.data) == (
        2,
        "/",
        None,
        [GARBAGE],
    )


@given(st.text() | st.from_regex(r"[0-6](/[a-z]*,)?[0-9]*[\[{].*", fullmatch=True))
def test_no_packet_raises(encoded: str) -> None:
    assert Packet(encoded_packet=encoded).packet_type in range(5)


def test_what_we_say_is_written_as_ever() -> None:
    packet = Packet(2, data=["authorize", {"client": "web"}], namespace="/", id=1)

    assert packet.encode() == '21["authorize",{"client":"web"}]'
