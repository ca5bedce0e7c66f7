"""The platforms that the settings name, connected: who the bot is there, how it hears and gets to know the place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, MutableMapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from fastapi import FastAPI

from bot.backfill import History
from bot.community import Community
from bot.config import BotSettings
from bot.errors import NotConfiguredError, PlatformError, PlatformRefusedError
from bot.platforms.mattermost import http as mattermost_http
from bot.platforms.mattermost import listeners as mattermost_listeners
from bot.platforms.mattermost.catch_up import CatchUp
from bot.platforms.mattermost.client import MattermostPlatform
from bot.platforms.mattermost.connecting import connect as connect_mattermost
from bot.platforms.mattermost.history import MattermostHistory
from bot.platforms.mattermost.socket import EventSocket
from bot.platforms.slack import http as slack_http
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.history import SlackHistory
from bot.platforms.slack.listeners import Listeners, bolt_app
from bot.platforms.slack.socket_mode import SlackSocket
from bot.ports import Clock
from bot.store import UnitOfWork
from indexer.channel_map import ChannelMap
from indexer.model import EXPORTED_MEMBER, Channel, Member, Workspace

PATIENCE = 60.0  # seconds to wait at the start for a server that is away
SYNC_PAUSES = (5.0, 30.0, 120.0, 600.0, 600.0)  # seconds between attempts to read channels and members
SYNC_BATCH = 1_000  # members a transaction, so that events need not wait

log = structlog.get_logger(__name__)

Platform = SlackPlatform | MattermostPlatform


class Place(Protocol):
    """A platform as far as its channels and members are listed."""

    workspace: Workspace
    lists_everybody: bool
    """Whether members on record who are not listed have left."""

    def channels(self) -> Iterator[Channel]:
        """All channels that the bot can see."""
        ...

    def members(self) -> Iterator[Member]:
        """Everybody."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a connection is tied to: `checks` tell whether it stands, `wake` that something has arrived."""

    community: Community
    settings: BotSettings
    app: FastAPI
    checks: MutableMapping[str, Callable[[], bool]]
    wake: Callable[[], None]
    stack: ExitStack


def configured(settings: BotSettings) -> bool:
    """Whether the settings of any platform are complete."""
    return _slack_configured(settings) or _mattermost_configured(settings)


def connect(wiring: Wiring) -> list[Platform]:
    """The platforms whose settings are present. Raises PlatformRefusedError or PlatformError where one is shut."""
    settings, community = wiring.settings, wiring.community
    on_record = community.unit.workspaces()
    platforms: list[Platform] = []
    if _slack_configured(settings):
        platforms.append(connect_slack(settings, community, on_record, PATIENCE))
    if _mattermost_configured(settings):
        platforms.append(connect_mattermost(settings, community.unit, community.clock, patience=PATIENCE))
    served = {platform.workspace.id for platform in platforms}
    if others := [known.id for known in on_record if known.id not in served]:
        log.warning("threads on record are of other workspaces; they are shown to nobody", on_record=others)
    return platforms


def listen(wiring: Wiring, platforms: Sequence[Platform]) -> None:
    """Begin to hear."""
    for platform in platforms:
        if isinstance(platform, SlackPlatform):
            _listen_to_slack(wiring, platform)
        else:
            _listen_to_mattermost(wiring, platform)


def connect_slack(
    settings: BotSettings, community: Community, on_record: Collection[Workspace], patience: float
) -> SlackPlatform:
    """The Slack workspace of the settings' token."""
    return SlackPlatform.connect(
        settings.slack_bot_token,
        settings.slack_api_url,
        directory=community.unit,
        clock=community.clock,
        on_record=on_record,
        patience=patience,
    )


def history(settings: BotSettings, platform: str, unit: UnitOfWork, channel_map: ChannelMap, clock: Clock) -> History:
    """What `platform` tells of the past. A token to read with is enough. Raises NotConfiguredError without one."""
    if platform == "slack":
        if not settings.slack_bot_token:
            raise NotConfiguredError(names="KYOSO_SLACK_BOT_TOKEN")
        slack = SlackPlatform.connect(
            settings.slack_bot_token,
            settings.slack_api_url,
            directory=unit,
            clock=clock,
            on_record=unit.workspaces(),
        )
        return SlackHistory(slack, channel_map, clock)
    if not _mattermost_configured(settings):
        raise NotConfiguredError(names="KYOSO_MATTERMOST_URL, KYOSO_MATTERMOST_TOKEN, KYOSO_MATTERMOST_TEAM")
    return MattermostHistory(connect_mattermost(settings, unit, clock), clock)


def _slack_configured(settings: BotSettings) -> bool:
    return bool(settings.slack_bot_token and (settings.slack_app_token or settings.slack_signing_secret))


def _mattermost_configured(settings: BotSettings) -> bool:
    return bool(settings.mattermost_url and settings.mattermost_token and settings.mattermost_team)


def _listen_to_slack(wiring: Wiring, slack: SlackPlatform) -> None:
    settings = wiring.settings
    listeners = Listeners(wiring.community.unit, slack.me, wiring.community.clock, wiring.wake)
    bolt = bolt_app(
        listeners,
        token=settings.slack_bot_token,
        api_url=slack.api_url,
        signing_secret=settings.slack_signing_secret,
    )
    if settings.slack_signing_secret:
        wiring.app.include_router(slack_http.router(bolt, settings.slack_signing_secret))
    if settings.slack_app_token:
        socket = SlackSocket(bolt, settings.slack_app_token, slack.api_url)
        wiring.checks["slack"] = socket.connected
        socket.start()
        wiring.stack.callback(socket.close)
    wiring.stack.callback(slack.close)
    _in_background(wiring.community, slack, "slack-sync")


def _listen_to_mattermost(wiring: Wiring, mattermost: MattermostPlatform) -> None:
    community, settings = wiring.community, wiring.settings
    listeners = mattermost_listeners.Listeners(community.unit, mattermost.me, community.clock, wiring.wake)
    missed = CatchUp(mattermost.api, mattermost.me, community.unit, listeners, community.clock)
    tokens = settings.mattermost_command_token.replace(",", " ").split()
    wiring.app.include_router(mattermost_http.router(mattermost, listeners, community.clock, tokens))

    def catch_up() -> None:
        missed.run()
        _in_background(community, mattermost, "mattermost-sync")

    socket = EventSocket(mattermost.api.base, settings.mattermost_token, hear=listeners.event, catch_up=catch_up)
    wiring.checks["mattermost"] = socket.connected
    socket.start()
    wiring.stack.callback(mattermost.close)
    wiring.stack.callback(socket.close)


def _in_background(community: Community, place: Place, name: str) -> None:
    """Get to know a place, unless somebody is at it already."""
    if all(thread.name != name for thread in threading.enumerate()):
        threading.Thread(target=get_to_know, args=(community, place), name=name, daemon=True).start()


def get_to_know(community: Community, place: Place) -> None:
    """Record the channels and members as they now are; while the bot was away they may have changed.

    What the server does not tell is learnt as people speak.
    """
    unit, clock = community.unit, community.clock

    def channels() -> None:
        at = clock.now()  # what is reported while the list is read is newer than the list
        found = list(place.channels())
        with unit.begin() as work:
            work.corpus.record_channels(found, at)

    def members() -> None:
        at = clock.now()
        found = [community.placed(member) for member in place.members()]
        if place.lists_everybody:
            found += _left(community, place.workspace.id, {member.id for member in found})
        for start in range(0, len(found), SYNC_BATCH):
            with unit.begin() as work:
                work.corpus.record_members(found[start : start + SYNC_BATCH], at)

    left = [channels, members]
    for pause in SYNC_PAUSES:
        left = [step for step in left if not _got_to_know(step)]
        if not left:
            return
        time.sleep(pause)


def _left(community: Community, workspace_id: str, listed: Collection[str]) -> list[Member]:
    """The members on record who are not among those that the platform lists: they left while nobody listened."""
    with community.unit.read() as work:
        known = work.corpus.members(workspace_id)
    return [
        replace(member, deleted=True)
        for member in known
        if member.id not in listed and not member.deleted and not member.id.startswith(EXPORTED_MEMBER)
    ]


def _got_to_know(step: Callable[[], None]) -> bool:
    """Take one step; False where it is worth another try."""
    try:
        step()
    except PlatformError as error:
        log.warning("could not read a list yet", list=step.__name__, why=str(error))
        return False
    except PlatformRefusedError as error:
        log.warning("could not read a list", list=step.__name__, why=str(error))
    except Exception:  # the boundary: serving goes on without
        log.exception("could not read a list", list=step.__name__)
    return True
