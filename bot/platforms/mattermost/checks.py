"""What `kyoso doctor` asks of Mattermost: the bot's account, its rooms, and whether the server reaches the bot.

The last is tried out: the bot calls its own `/kyoso help`, so that the server has to call the bot.
"""

from __future__ import annotations

from contextlib import closing
from urllib.parse import urlsplit

from bot.config import BotSettings
from bot.errors import CallbackError, OldServerError, PlatformError, PlatformRefusedError, UncalledError
from bot.platforms.mattermost.connecting import public_url, version
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.payloads import Payload, string_in
from indexer.errors import KyosoError

OLDEST = (5, 37)
NOT_REGISTERED = "api.command.execute_command.not_found.app_error"
REFUSED = "api.command.execute_command.failed_resp.app_error"


def account(settings: BotSettings) -> str | None:
    """Who the bot is, on which server, in which team and how many channels; None where nothing is set up."""
    if not settings.mattermost_url:
        return None
    with closing(WebApi(settings.mattermost_url, settings.mattermost_token)) as api:
        me, team, config = api.me(), api.team(settings.mattermost_team), api.config()
        rooms = _rooms(api, team)
    told = version(config)
    if told and told < OLDEST:
        raise OldServerError(version=".".join(map(str, told)), oldest=".".join(map(str, OLDEST)))
    number = ".".join(map(str, told)) or "?"
    return f"@{string_in(me.get('username'))}, {string_in(team.get('display_name'))}, {len(rooms)} channels, {number}"


def calls(settings: BotSettings) -> str | None:
    """Whether the server's calls reach the bot, which must be serving for that."""
    if not settings.mattermost_url:
        return None
    for name in ("mattermost_command_token", "public_url"):
        if not getattr(settings, name):
            raise UncalledError(name=f"KYOSO_{name.upper()}")
    address = public_url(settings)
    with closing(WebApi(settings.mattermost_url, settings.mattermost_token)) as api:
        rooms = _rooms(api, api.team(settings.mattermost_team))
        if not rooms:
            raise PlatformRefusedError(platform="Mattermost", method="channels", why="the bot is in no channel")
        try:
            api.execute(string_in(rooms[0].get("id")), "/kyoso help")
        except (PlatformError, PlatformRefusedError) as error:
            raise _explained(error, address) from error
    return address


def _explained(error: PlatformError | PlatformRefusedError, address: str) -> KyosoError:
    why = str(error.facts.get("why"))
    if why == NOT_REGISTERED:
        return UncalledError(name="/kyoso")
    if not why.startswith("api.command."):
        return error
    told = "401" if why == REFUSED else why
    return CallbackError(address=address, host=urlsplit(address).hostname or address, why=told)


def _rooms(api: WebApi, team: Payload) -> list[Payload]:
    return [room for room in api.my_channels(string_in(team.get("id"))) if room.get("type") in {"O", "P"}]
