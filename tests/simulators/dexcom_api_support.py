"""What the tests of and against the Dexcom API simulator share."""

from collections.abc import Mapping

from aiohttp import ClientSession
from yarl import URL

from simulators.dexcom_api import CLIENT_ID, CLIENT_SECRET, DexcomApiSimulator

REDIRECT = "https://home.example/auth/external/callback"


async def ask(
    http: ClientSession,
    api: DexcomApiSimulator,
    path: str,
    *,
    access: str | None = None,
    **query: str,
) -> tuple[int, object]:
    """Return status and JSON of an answer to a valid token, unless told another."""
    bearer = api.sign_in().access if access is None else access
    headers = {"Authorization": f"Bearer {bearer}"}
    async with http.get(api.url / path, params=query, headers=headers) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else None


async def log_in(
    http: ClientSession, api: DexcomApiSimulator, version: str = "v2", **query: str
) -> tuple[int, URL]:
    """Return status of a login page, and where it sends people."""
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "offline_access",
        "state": "state-1",
        **query,
    }
    login = (api.url / f"{version}/oauth2/login").with_query(asked)
    async with http.get(login, allow_redirects=False) as answer:
        return answer.status, URL(answer.headers.get("Location", ""))


async def ask_token(
    http: ClientSession, api: DexcomApiSimulator, version: str = "v2", **form: str
) -> tuple[int, Mapping[str, str | int]]:
    """Return status and body of an answer to a form with the right secret."""
    told = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
    async with http.post(api.url / f"{version}/oauth2/token", data=told) as answer:
        body: Mapping[str, str | int] = await answer.json()
        return answer.status, body


async def refresh(
    http: ClientSession, api: DexcomApiSimulator, token: str
) -> tuple[int, Mapping[str, str | int]]:
    """Return status and body of the answer to a refresh token."""
    return await ask_token(http, api, grant_type="refresh_token", refresh_token=token)
