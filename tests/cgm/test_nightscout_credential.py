"""Credentials, told apart by their shape."""

from hashlib import sha1

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.sources.nightscout import (
    Credential,
    parse_credential,
)

TOKEN = "reader-0123456789abcdef"
SECRET = "correct horse battery"
SHA1 = "d3f3fb8a0b7ea7d8d8f5a0bd4d3a4b9b0ab9bd4a"


@pytest.mark.parametrize(
    "text", [TOKEN, f"  {TOKEN}\n", "-0123456789abcdef", "a_b9-0123456789abcdef"]
)
def test_an_access_token_is_sent_as_it_is(text: str) -> None:
    credential = parse_credential(text)

    assert credential.token == text.strip()
    assert credential.secret_sha1 is None
    assert credential.headers == {"api-secret": text.strip()}


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        "reader-0123456789abcde",
        "reader-0123456789ABCDEF",
        "muchtoolong-0123456789abcdef",
        "lëser-0123456789abcdef",
        SHA1,
        "pässwörd",
    ],
)
def test_anything_else_is_a_secret_and_is_never_sent(text: str) -> None:
    credential = parse_credential(text)

    digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
    assert credential.token is None
    assert credential.headers == {"api-secret": digest}


def test_a_secret_is_typed_with_or_without_spaces_around() -> None:
    assert parse_credential(f" {SECRET} ") == parse_credential(SECRET)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_opens_an_open_site(text: str) -> None:
    credential = parse_credential(text)

    assert credential == Credential()
    assert credential.is_empty
    assert credential.headers == {}


@pytest.mark.parametrize("text", [TOKEN, SECRET])
def test_a_credential_is_not_shown_by_accident(text: str) -> None:
    credential = parse_credential(text)

    assert not credential.is_empty
    for value in credential.headers.values():
        assert value not in repr(credential)


@given(st.text())
def test_any_text_makes_a_header_that_can_be_sent(text: str) -> None:
    for value in parse_credential(text).headers.values():
        assert value.isascii()
        assert value.isprintable()
