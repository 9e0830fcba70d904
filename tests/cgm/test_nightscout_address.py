"""Addresses as people paste them."""

from hypothesis import example, given, strategies as st
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import CgmConnectionError
from custom_components.glucose_follow.cgm.sources.nightscout import parse_address


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://my.site.example", "https://my.site.example"),
        ("https://my.site.example/", "https://my.site.example"),
        ("  https://my.site.example/\n", "https://my.site.example"),
        ("HTTPS://My.Site.Example", "https://my.site.example"),
        ("http://my.site.example", "http://my.site.example"),
        ("https://my.site.example:8443", "https://my.site.example:8443"),
        ("https://my.site.example:443", "https://my.site.example"),
        ("https://my.site.example/family/anna", "https://my.site.example/family/anna"),
        ("https://my.site.example/family/anna/", "https://my.site.example/family/anna"),
        ("https://my.site.example/?token=a-1#top", "https://my.site.example"),
        ("https://my.site.example/api", "https://my.site.example"),
        ("https://my.site.example/api/v1", "https://my.site.example"),
        ("https://my.site.example/api/v1/", "https://my.site.example"),
        ("https://my.site.example/api/v3/entries?a=b", "https://my.site.example"),
        ("https://my.site.example/anna/api/v1/", "https://my.site.example/anna"),
        ("https://my.site.example/index.html", "https://my.site.example"),
        ("https://my.site.example/apiary", "https://my.site.example/apiary"),
        ("http://192.168.1.20:17580/sgv.json", "http://192.168.1.20:17580"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_the_site_is_what_is_left_of_an_address(text: str, url: str) -> None:
    assert str(parse_address(text).url) == url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("my.site.example", "https://my.site.example"),
        ("my.site.example:1337", "https://my.site.example:1337"),
        ("203.1.113.7", "https://203.1.113.7"),
        ("192.168.1.20:1337", "http://192.168.1.20:1337"),
        ("10.0.0.7", "http://10.0.0.7"),
        ("127.0.0.1:1337", "http://127.0.0.1:1337"),
        ("[fd00::7]:1337", "http://[fd00::7]:1337"),
        ("nightscout", "http://nightscout"),
        ("nightscout.local", "http://nightscout.local"),
        ("Nightscout.Fritz.Home", "http://nightscout.fritz.home"),
        ("ns.lan/anna", "http://ns.lan/anna"),
        ("a1b2c3-nightscout:1337", "http://a1b2c3-nightscout:1337"),
    ],
)
def test_an_address_without_a_scheme_gets_the_likely_one(text: str, url: str) -> None:
    assert str(parse_address(text).url) == url


@pytest.mark.parametrize(
    ("text", "credential"),
    [
        ("https://my.site.example", ""),
        ("https://my.site.example/?token=reader-1", "reader-1"),
        ("https://long%20secret@my.site.example/api/v1/", "long secret"),
        ("https://secret@my.site.example/?token=reader-1", "reader-1"),
        ("https://secret@my.site.example/?token=", "secret"),
        ("https://user:password@my.site.example", ""),
    ],
)
def test_a_credential_is_found_in_an_address(text: str, credential: str) -> None:
    address = parse_address(text)

    assert address.credential == credential
    assert address.url == URL("https://my.site.example")


def test_a_credential_is_not_shown_by_accident() -> None:
    address = parse_address("https://secret@my.site.example")

    assert "secret" not in repr(address)
    assert "secret" not in str(address.url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "my site.example",
        "https://",
        "https:///path",
        "ftp://my.site.example",
        "mailto://anna",
        "https://my.site.example:99999",
        "https://my.site.example:0",
        "https://my.site.example:port",
        "https://[::1",
        "[::1",
        "://",
        "https://\ud800.example",
    ],
)
def test_there_is_no_site_at_such_an_address(text: str) -> None:
    with pytest.raises(CgmConnectionError) as caught:
        parse_address(text)

    assert str(caught.value) == "Not the address of a site"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "text",
    [
        "my.site.example/anna",
        "https://my.site.example/anna",
        "https://MY.site.example:443/anna/",
        "https://secret@my.site.example/anna/api/v1?token=x",
    ],
)
def test_the_same_site_has_the_same_id(text: str) -> None:
    assert parse_address(text).id == "my.site.example/anna"


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("http://my.site.example", "my.site.example"),
        ("http://my.site.example:1337", "my.site.example:1337"),
        ("https://my.site.example:1337/anna", "my.site.example:1337/anna"),
    ],
)
def test_another_place_has_another_id(text: str, identity: str) -> None:
    assert parse_address(text).id == identity


texts = st.text() | st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(["", "http://", "https://", "//", "ftp:", "https:"]),
    st.sampled_from(["", "user@", "user:pass@", "@"]),
    st.text() | st.sampled_from(["a.example", "[::1]", "[", "1.2.3.4", "..", "-"]),
    st.sampled_from(["", ":", ":0", ":80", ":99999", ":x"]),
    st.text() | st.sampled_from(["/", "/api/v1", "//", "/%", "/%zz?token=%", "#"]),
)


# In a host, this becomes a space with an accent above.
@example("\u00af")
@given(texts)
def test_any_text_is_an_address_or_none(text: str) -> None:
    try:
        address = parse_address(text)
    except CgmConnectionError:
        return

    assert address.url.scheme in {"http", "https"}
    assert address.url.host
    assert not address.url.query_string
    assert not address.url.user
    assert parse_address(str(address.url)).id == address.id
