"""A home for development takes nothing that is somebody else's."""

from pathlib import Path
import socket

import pytest

from simulators.home import Home, HomeError


async def test_a_folder_with_something_else_in_it_is_not_emptied(
    tmp_path: Path,
) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("years of work")

    with pytest.raises(HomeError, match="not emptied"):
        await Home(tmp_path).__aenter__()

    assert thesis.read_text() == "years of work"


async def test_a_port_that_is_in_use_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(HomeError, match=f"Port {port} is in use"):
            await Home(tmp_path / "home", port=port).__aenter__()


async def test_a_home_that_ends_early_says_why(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho No module named homeassistant >&2\nexit 1\n")
    python.chmod(0o755)

    with pytest.raises(RuntimeError, match="ended:\nNo module named homeassistant"):
        await Home(tmp_path / "home", python=python).__aenter__()


async def test_two_homes_do_not_share_a_folder(tmp_path: Path) -> None:
    first, second = Home(tmp_path, port=1), Home(tmp_path, port=1)
    first._claim()

    with pytest.raises(HomeError, match="Another home"):
        second._claim()


async def test_a_folder_may_be_named_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant begins inside of it, and must not look for it there."""
    python = tmp_path / "python"
    # Its arguments are `-m homeassistant --config FOLDER`.
    python.write_text('#!/bin/sh\n[ -d "$4" ] && echo found\n')
    python.chmod(0o755)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RuntimeError, match="found"):
        await Home(Path("home"), port=1, python=python).__aenter__()
