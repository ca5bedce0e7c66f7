"""Makes a Mattermost server ready for the bot, with an administrator's token: account, memberships, slash commands.

Whatever is right already stays as it is, so it may be run again at any time. What only an operator can change is said,
not done; and nothing that others registered is taken from them.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.config import BotSettings
from bot.errors import PlatformError, PlatformRefusedError
from bot.platforms.mattermost.http import COMMAND
from bot.platforms.mattermost.web_api import WebApi
from bot.platforms.payloads import Payload, dict_in, dicts_in, string_in
from bot.replies.wording.mattermost import mattermost_words
from bot.replies.wording.mattermost_setup import MattermostSetupWords, mattermost_setup_words

USERNAME, DISPLAY_NAME = "kyoso", "共創"
COMMANDS = ("similar", "kyoso")
ADMINISTRATOR = "system_admin"


@dataclass(frozen=True, slots=True)
class SetupReport:
    """What was done or found, which lines belong into `.env`, and what the operator has still to do."""

    done: tuple[str, ...]
    env: dict[str, str]
    left: tuple[str, ...]


@dataclass
class Setup:
    """One server made ready. `rooms`: the channels to be in; `private_rooms`: those that only an invitation opens."""

    api: WebApi
    settings: BotSettings
    rooms: Collection[str] = ()
    private_rooms: Collection[str] = ()
    _words: MattermostSetupWords = field(init=False)
    _done: list[str] = field(default_factory=list)
    _left: list[str] = field(default_factory=list)
    _new: bool = False  # whether `.env` needs other lines than before
    _env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._words = mattermost_setup_words(self.settings.lang)

    def run(self) -> SetupReport:
        """Do what is to be done. Raises PlatformError or PlatformRefusedError where the server does not answer."""
        if ADMINISTRATOR not in string_in(self.api.me().get("roles")).split():
            self._left.append(self._words.no_admin)
        team = self.api.team(self.settings.mattermost_team)
        config = self._config()
        self._env["KYOSO_MATTERMOST_URL"] = self.settings.mattermost_url
        self._env["KYOSO_MATTERMOST_TEAM"] = string_in(team.get("name"))
        if bot := self._bot():
            self._token(bot)
            self._join_team(bot, team)
            self._join_channels(bot, team)
        self._commands(team)
        self._env["KYOSO_PUBLIC_URL"] = self.settings.public_url
        self._note_connections(config)
        if self._new:
            self._left.append(self._words.restart)
        return SetupReport(tuple(self._done), dict(self._env), tuple(self._left))

    # The bot's account

    def _bot(self) -> Payload | None:
        """The bot's user: whose token the settings hold, else the one of the usual name, made where it is not there."""
        if own := self._own_bot():
            self._say("bot_there", name=own["username"])
            return own
        try:
            user = dict_in(self.api.call("GET", f"users/username/{USERNAME}"))
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != httpx.codes.NOT_FOUND:
                raise
            return self._made_bot()
        if not user.get("is_bot"):
            raise PlatformRefusedError(platform="Mattermost", method=f"@{USERNAME}", why="a person's account")
        if user.get("delete_at"):
            self.api.call("POST", f"bots/{user['id']}/enable")
            self._say("bot_enabled", name=USERNAME)
        else:
            self._say("bot_there", name=USERNAME)
        return user

    def _own_bot(self) -> Payload | None:
        if not self.settings.mattermost_token:
            return None
        own = WebApi(self.settings.mattermost_url, self.settings.mattermost_token)
        try:
            return own.me()
        except (PlatformError, PlatformRefusedError):  # an old token: another is made
            return None
        finally:
            own.close()

    def _made_bot(self) -> Payload | None:
        try:
            bot = dict_in(self.api.call("POST", "bots", json={"username": USERNAME, "display_name": DISPLAY_NAME}))
        except PlatformRefusedError:
            self._left.append(self._words.enable_bots)
            return None
        self._say("bot_made", name=USERNAME)
        return dict_in(self.api.call("GET", f"users/{string_in(bot.get('user_id'))}"))

    def _token(self, bot: Payload) -> None:
        own = self._own_bot()
        if own is not None and own.get("id") == bot.get("id"):
            self._done.append(self._words.key_kept)
            return
        told = dict_in(self.api.call("POST", f"users/{bot['id']}/tokens", json={"description": "Kyoso"}))
        self._env["KYOSO_MATTERMOST_TOKEN"] = string_in(told.get("token"))
        self._done.append(self._words.key_made)
        self._new = True

    # Memberships

    def _join_team(self, bot: Payload, team: Payload) -> None:
        path, called = f"teams/{team['id']}/members", string_in(team.get("display_name"))
        try:
            there = dict_in(self.api.call("GET", f"{path}/{bot['id']}"))
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != httpx.codes.NOT_FOUND:
                raise
            there = {}
        if there and not there.get("delete_at"):
            self._say("team_there", team=called)
            return
        self.api.call("POST", path, json={"team_id": team["id"], "user_id": bot["id"]})
        self._say("team_joined", team=called)

    def _join_channels(self, bot: Payload, team: Payload) -> None:
        """Into the public channels that the channel map names; to private ones somebody in them must invite it."""
        mine = list(dicts_in(self.api.call("GET", f"users/{bot['id']}/teams/{team['id']}/channels")))
        there = {string_in(room.get("id")) for room in mine}
        joined, missing = [], set(self.private_rooms)
        for room in self.api.public_channels(team["id"]):
            name = string_in(room.get("display_name"))
            if name in self.rooms and string_in(room.get("id")) not in there:
                self.api.join(string_in(room.get("id")), string_in(bot.get("id")))
                joined.append(name)
        if joined:
            self._say("channels_joined", names=", ".join(joined))
        missing -= {string_in(room.get("display_name")) for room in mine}
        if missing:
            self._left.append(self._words.private_rooms.format(names=", ".join(sorted(missing)), name=bot["username"]))

    # Slash commands

    def _commands(self, team: Payload) -> None:
        wanted = {"team_id": team["id"], "custom_only": "true"}
        try:
            told = list(dicts_in(self.api.call("GET", "commands", params=wanted)))
            tokens = [token for name in COMMANDS if (token := self._command(name, team, told))]
        except PlatformRefusedError as refused:
            if refused.facts.get("status") != httpx.codes.NOT_IMPLEMENTED:
                raise
            self._left.append(self._words.enable_commands)
            return
        if tokens:
            self._env["KYOSO_MATTERMOST_COMMAND_TOKEN"] = ",".join(tokens)

    def _command(self, name: str, team: Payload, told: Iterable[Payload]) -> str:
        """Register one command; its token, empty where it serves something else."""
        facts = self._facts(name, team)
        there = next((one for one in told if one.get("trigger") == name and not one.get("delete_at")), None)
        if there is None:
            made = dict_in(self.api.call("POST", "commands", json=facts))
            self._say("command_made", name=name)
            self._new = True
            return string_in(made.get("token"))
        if not string_in(there.get("url")).rstrip("/").endswith(COMMAND):
            self._left.append(self._words.taken_command.format(name=name, url=string_in(there.get("url"))))
            return ""
        if any(there.get(key) != value for key, value in facts.items()):
            there = dict_in(self.api.call("PUT", f"commands/{there['id']}", json={**there, **facts}))
            self._say("command_mended", name=name)
        else:
            self._say("command_there", name=name)
        return string_in(there.get("token"))

    def _facts(self, name: str, team: Payload) -> dict[str, Any]:
        words = mattermost_words(self.settings.lang)
        told = {"similar": (words.similar_hint, words.similar_help), "kyoso": (words.kyoso_hint, words.kyoso_help)}
        hint, help_ = told[name]
        return {
            "team_id": team["id"],
            "trigger": name,
            "method": "P",
            "url": f"{self.settings.public_url.rstrip('/')}{COMMAND}",
            "auto_complete": True,
            "auto_complete_hint": hint,
            "auto_complete_desc": help_,
            "display_name": f"/{name}",
        }

    # What only the operator can change

    def _config(self) -> Payload:
        try:
            return dict_in(dict_in(self.api.call("GET", "config")).get("ServiceSettings"))
        except PlatformRefusedError:
            return {}

    def _note_connections(self, config: Payload) -> None:
        host = urlsplit(self.settings.public_url).hostname or ""
        allowed = string_in(config.get("AllowedUntrustedInternalConnections")).replace(",", " ").split()
        if not config or _is_public(host) or host in allowed or _within(host, allowed):
            return
        self._left.append(self._words.allow_connections.format(host=host))

    def _say(self, sentence: str, **facts: Any) -> None:
        self._done.append(str(getattr(self._words, sentence)).format(**facts))


def _is_public(host: str) -> bool:
    """Whether a host has public addresses alone: those the server calls without being told to."""
    found = _addresses(host)
    return bool(found) and all(address.is_global for address in found)


def _within(host: str, allowed: Iterable[str]) -> bool:
    """Whether a network that is allowed holds a host."""
    found = _addresses(host)
    for told in allowed:
        try:
            network = ipaddress.ip_network(told, strict=False)
        except ValueError:
            continue
        if found and all(address in network for address in found):
            return True
    return False


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        told = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
        return [ipaddress.ip_address(entry[4][0]) for entry in told]
    except (OSError, ValueError):
        return []
