"""A real Home Assistant on this machine, onboarded, with the integration in it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
import fcntl
import json
from pathlib import Path
import shutil
import signal
import socket
import sys
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse

USER = PASSWORD = "demo"
_START = 120.0
_STOP = 20.0
_RESTART = 100
"""How Home Assistant ends when it wants to be started again."""
_OUTPUT = "output.txt"
_MARKER = ".made-by-glucose-follow"
_INTEGRATION = Path(__file__).parent.parent / "custom_components" / "glucose_follow"
_CONFIGURATION = """\
homeassistant:
  name: Home
  country: GB
  currency: EUR
  time_zone: Europe/London
automation: !include automations.yaml
config:
frontend:
history:
logbook:
logger:
  default: warning
  logs:
    custom_components.glucose_follow: {level}
my:
"""


class HomeError(Exception):
    """A home cannot be where it was meant to be."""


class Home:
    """Runs Home Assistant in a folder and talks to it as its owner would."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 8123,
        level: str = "info",
        python: Path | None = None,
        integrations: Sequence[str] = (),
        others: Sequence[Path] = (),
    ) -> None:
        """Prepare; nothing is written before the home is entered.

        Args:
            folder: Where its configuration goes; what is there is deleted.
            port: Of the loopback interface.
            level: How much of the integration's log is kept.
            python: Whose Home Assistant it is; the one that runs this if None.
            integrations: More of Home Assistant's own that are set up.
            others: Folders of other integrations that are installed and set up.
        """
        # The process begins inside of it, where a relative one is another.
        self._folder = folder.absolute()
        self._port = port
        self._level = level
        # Not resolved: the link is what belongs to an environment.
        self._python = sys.executable if python is None else python.absolute()
        self._integrations = (*integrations, *(path.name for path in others))
        self._others = others
        self._process: asyncio.subprocess.Process | None = None
        self._session: ClientSession | None = None
        self.tokens: dict[str, Any] = {}
        """What logs a browser in, as the frontend stores it."""

    @property
    def url(self) -> str:
        """Return the address to open in a browser."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        """Return all that was logged so far."""
        return self._read("home-assistant.log")

    def _read(self, name: str) -> str:
        """Return what is in a file, nothing if there is none yet."""
        path = self._folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def __aenter__(self) -> Self:
        """Start, and onboard the user `demo`."""
        await asyncio.to_thread(self._furnish)
        self._session = ClientSession()
        try:
            await self.start()
            await self._onboard()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and leave the folder for whoever wants to look."""
        await self.stop()
        if self._session:
            await self._session.close()

    async def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            RuntimeError: It ended, or never answered.
        """
        # Whoever ends early has logged nothing, and says why here.
        with (self._folder / _OUTPUT).open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                self._python,
                *("-m", "homeassistant", "--config", str(self._folder)),
                stdout=output,
                stderr=output,
                start_new_session=True,
                # Or Python finds the integrations of this repository instead.
                cwd=self._folder,
            )
        async with asyncio.timeout(_START):
            while not await self._is_running():
                if self._process.returncode is not None:
                    raise RuntimeError(f"Home Assistant ended:\n{self._read(_OUTPUT)}")
                await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """Stop the process, gently first."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(_STOP):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def run(self) -> int:
        """Run on through restarts, and return how Home Assistant ended."""
        assert self._process is not None
        while (ended := await self._process.wait()) == _RESTART:
            await self.start()
        return ended

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the answer to a request of the owner."""
        return await self._request("POST", path, json=body)

    async def get(self, path: str) -> Any:
        """Return the answer to a question of the owner."""
        return await self._request("GET", path)

    async def delete(self, path: str) -> Any:
        """Return the answer to the owner's wish that something be gone."""
        return await self._request("DELETE", path)

    async def state(self, entity_id: str) -> str | None:
        """Return an entity's state, None if there is no such entity."""
        try:
            found: str = (await self.get(f"/api/states/{entity_id}"))["state"]
        except ClientError:
            return None
        return found

    async def wait_for(
        self, entity_id: str, is_right: Callable[[str], bool], *, seconds: float = 30
    ) -> str:
        """Return an entity's state once it is as wanted.

        Raises:
            TimeoutError: It never was.
        """
        async with asyncio.timeout(seconds):
            while not is_right(state := await self.state(entity_id) or ""):
                await asyncio.sleep(0.1)
        return state

    async def flow(self, *steps: Mapping[str, Any]) -> dict[str, Any]:
        """Return where a config flow ends after a person filled in its forms."""
        path = "/api/config/config_entries/flow"
        result: dict[str, Any] = await self.post(path, {"handler": "glucose_follow"})
        for step in steps:
            result = await self.post(f"{path}/{result['flow_id']}", step)
        return result

    async def command(self, **message: Any) -> Any:
        """Return the answer to a command of the websocket API."""
        assert self._session is not None
        async with self._connect() as socket:
            await socket.send_json({"id": 1, **message})
            return await _result(socket)

    async def events(self, last: str, **message: Any) -> list[dict[str, Any]]:
        """Return what a command of the websocket API tells, up to the last."""
        async with self.listen(**message) as hear, asyncio.timeout(_STOP):
            events = [await hear()]
            while events[-1]["type"] != last:
                events.append(await hear())
            return events

    @asynccontextmanager
    async def listen(
        self, **message: Any
    ) -> AsyncGenerator[Callable[[], Awaitable[dict[str, Any]]]]:
        """Begin a command of the websocket API; what is given waits for an event."""
        async with self._connect() as socket:
            await socket.send_json({"id": 1, **message})
            await _result(socket)

            async def hear() -> dict[str, Any]:
                event: dict[str, Any] = (await socket.receive_json())["event"]
                return event

            yield hear

    async def add_lamp(self, name: str) -> str:
        """Add a light in all colours that needs no hardware; return its entity."""
        path = "/api/config/config_entries/flow"
        flow = (await self.post(path, {"handler": "template"}))["flow_id"]
        await self.post(f"{path}/{flow}", {"next_step_id": "light"})
        acts: dict[str, list[object]] = {
            act: [] for act in ("turn_on", "turn_off", "set_level", "set_hs")
        }
        await self.post(f"{path}/{flow}", {"name": name, **acts})
        lamp = f"light.{name.lower()}"
        await self.wait_for(lamp, bool)
        return lamp

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[ClientWebSocketResponse]:
        """Open the websocket API as the owner."""
        assert self._session is not None
        async with self._session.ws_connect(f"{self.url}/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json(
                {"type": "auth", "access_token": self.tokens["access_token"]}
            )
            await socket.receive_json()
            yield socket

    def _furnish(self) -> None:
        """Write the configuration of a home that nobody has entered yet."""
        self._claim()
        for old in self._folder.iterdir():
            if old.is_dir() and not old.is_symlink():
                shutil.rmtree(old)
            elif old.name != _MARKER:
                old.unlink()
        (self._folder / ".storage").mkdir()
        (self._folder / "custom_components").mkdir()
        (self._folder / "custom_components" / _INTEGRATION.name).symlink_to(
            _INTEGRATION.resolve()
        )
        for path in self._others:
            (self._folder / "custom_components" / path.name).symlink_to(path.resolve())
        more = "".join(f"{name}:\n" for name in self._integrations)
        configuration = _CONFIGURATION.format(level=self._level) + more
        (self._folder / "configuration.yaml").write_text(configuration)
        (self._folder / "automations.yaml").write_text("[]\n")
        # Settings in YAML would greet the user with a dialog about them.
        self._store("http", 1, server_host=["127.0.0.1"], server_port=self._port)
        # These steps ask services on the internet.
        self._store("onboarding", 4, done=["analytics", "core_config"])

    def _claim(self) -> None:
        """Make sure that folder and port are ours, and nobody else's.

        Raises:
            HomeError: They are not.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        marker = self._folder / _MARKER
        if not marker.exists() and any(self._folder.iterdir()):
            raise HomeError(f"{self._folder} holds something else; it is not emptied.")
        # Held until this process ends.
        self._lock = marker.open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeError(f"Another home is running in {self._folder}.") from None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                raise HomeError(f"Port {self._port} is in use; choose another one.")

    def _store(self, key: str, version: int, **data: object) -> None:
        """Write a file of Home Assistant's storage."""
        stored = {"version": version, "minor_version": 1, "key": key, "data": data}
        (self._folder / ".storage" / key).write_text(json.dumps(stored))

    async def _is_running(self) -> bool:
        """Return whether Home Assistant answers."""
        assert self._session is not None
        try:
            async with self._session.get(f"{self.url}/manifest.json") as response:
                return response.status == 200
        except ClientError, OSError:
            return False

    async def _onboard(self) -> None:
        """Create the owner, and answer what a new home asks."""
        client = {"client_id": f"{self.url}/"}
        created = await self.post(
            "/api/onboarding/users",
            {
                **client,
                "name": "Demo",
                "username": USER,
                "password": PASSWORD,
                "language": "en",
            },
        )
        assert self._session is not None
        async with self._session.post(
            f"{self.url}/auth/token",
            data={
                **client,
                "grant_type": "authorization_code",
                "code": created["auth_code"],
            },
        ) as response:
            response.raise_for_status()
            tokens = await response.json()
        self.tokens = {
            **tokens,
            "hassUrl": self.url,
            "clientId": f"{self.url}/",
            "expires": 4_102_444_800_000,
        }
        redirect = {"redirect_uri": f"{self.url}/?auth_callback=1"}
        await self.post("/api/onboarding/integration", {**client, **redirect})

    async def _request(self, method: str, path: str, **kwargs: Any) -> Any:
        """Return the JSON of an answer."""
        assert self._session is not None
        headers = {}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        async with self._session.request(
            method, f"{self.url}{path}", headers=headers, **kwargs
        ) as response:
            response.raise_for_status()
            return await response.json()


async def _result(socket: ClientWebSocketResponse) -> Any:
    """Return what a command answers."""
    answer = await socket.receive_json()
    if not answer["success"]:
        raise RuntimeError(answer["error"]["message"])
    return answer["result"]
