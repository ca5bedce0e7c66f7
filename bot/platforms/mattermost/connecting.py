"""From settings to a connected team: who the token's bot is, which team it serves, what the server permits."""

from __future__ import annotations

import re

import structlog

from bot.config import BotSettings
from bot.platforms.mattermost.client import MattermostPlatform, Team
from bot.platforms.mattermost.contexts import Signer
from bot.platforms.mattermost.events import Directory
from bot.platforms.mattermost.http import ACTION
from bot.platforms.mattermost.identity import Identity
from bot.platforms.mattermost.rendering import OLD_PROPS, OLD_VERSIONS, POST, PROPS, Page
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.payloads import Payload, string_in
from bot.ports import Clock
from bot.replies.wording.mattermost import mattermost_words
from indexer.model import Workspace
from indexer.sources.mattermost_post import workspace_id

log = structlog.get_logger(__name__)


def connect(settings: BotSettings, directory: Directory, clock: Clock, patience: float = 0.0) -> MattermostPlatform:
    """Ask the server who the token's bot is and about its team, and speak as that bot there.

    `patience`: how many seconds to wait for a server that is away. Raises PlatformRefusedError or PlatformError.
    """
    api = WebApi(settings.mattermost_url, settings.mattermost_token)
    user = api.reach(patience)
    team = api.team(settings.mattermost_team)
    told = api.config()
    name = string_in(team.get("name")) or settings.mattermost_team
    address = f"{address_of(told, api.base)}/{name}"
    workspace = Workspace(workspace_id(name), string_in(team.get("display_name")) or name, address)
    me = Identity(workspace.id, string_in(user.get("id")), string_in(user.get("username")), string_in(team.get("id")))
    page = Page(
        address=f"{public_url(settings)}{ACTION}",
        signer=Signer(settings.mattermost_token),
        team_url=address,
        characters=_post_size(told),
        props=PROPS if version(told) >= (OLD_VERSIONS + 1,) else OLD_PROPS,
    )
    return MattermostPlatform(api, Team(me, workspace, page, mattermost_words(settings.lang)), directory, clock)


def public_url(settings: BotSettings) -> str:
    """How the server reaches the bot; without a setting the address that it listens on, good for one machine."""
    return settings.public_url.rstrip("/") or f"http://{settings.http_host}:{settings.http_port}"


def address_of(config: Payload, reached_at: str) -> str:
    """The address that members use, which need not be the one that the bot uses."""
    told = string_in(config.get("SiteURL")).rstrip("/")
    return told if told.startswith(("https://", "http://")) else reached_at


def version(config: Payload) -> tuple[int, ...]:
    """The server's version; empty where it does not tell."""
    return tuple(int(part) for part in re.findall(r"\d+", string_in(config.get("Version")))[:3])


def _post_size(config: Payload) -> int:
    """How many characters a post may have: fewer than usual where the database was made by an old version."""
    told = string_in(config.get("MaxPostSize"))
    return min(int(told), POST) if told.isdigit() and int(told) > 0 else POST
