"""People on a chat platform, whichever it is: tests of use cases are written once and played on each."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from served import free_port, slack_settings
from slack_server import BOT_USER, SlackServer, element_label

PEOPLE = {"asker": "上島町 情報係", "answerer": "松山市 システム管理", "operator": "運営"}
# Rooms as the channel map of `served` knows them, and one it does not know; the last two are private.
ROOMS = {
    "help": "何でも相談",
    "tax": "税",
    "chat": "雑談",
    "week": "週のまとめ",
    "hello": "はじめまして",
    "try": "試し書き",
    "bath": "入湯税",
    "pref": "県内担当",
    "own": "内緒",
}
PRIVATE = ("pref", "own")
PUBLIC = tuple(room for room in ROOMS if room not in PRIVATE)


@dataclass(frozen=True)
class Shown:
    """What somebody sees: words with titles and links, the labels of buttons, and what its platform calls it."""

    words: str
    buttons: tuple[str, ...]
    raw: dict[str, Any] = field(compare=False)

    @property
    def id(self) -> str:
        """The post's."""
        return str(self.raw.get("ts") or self.raw.get("id") or "")


class Bot(Protocol):
    """The bot that is played with."""

    def idle(self) -> None:
        """Wait until nothing is to be understood and nothing to be said."""
        ...


class Chat(Protocol):
    """One platform with `PEOPLE` in `ROOMS`; ids of posts are its own. No room: the direct messages with the bot.

    `port`: where the bot is to listen.
    """

    bot: Bot | None
    port: int

    def settings(self) -> dict[str, str]:
        """What a bot needs to speak here."""
        ...

    def arrive(self, called: str, rooms: tuple[str, ...] = PUBLIC, *, guest: bool = False) -> str:
        """Somebody new, in these rooms."""
        ...

    def open_room(self, room: str, called: str) -> None:
        """A new public room, with the bot in it."""
        ...

    def enter(self, who: str, room: str) -> None: ...
    def leave(self, who: str, room: str) -> None: ...
    def hide(self, room: str) -> None:
        """Make a public room private."""
        ...

    def archive(self, room: str) -> None: ...
    def deactivate(self, who: str) -> None:
        """Somebody leaves the community."""
        ...

    def id_of(self, who: str) -> str: ...
    def room_id(self, room: str) -> str: ...
    def link(self, room: str, post: str) -> str:
        """What tells the address of a post from others."""
        ...

    def room_link(self, room: str) -> str:
        """What the bot writes to point to a room."""
        ...

    def written(self, post: str) -> datetime: ...
    def say(self, who: str, room: str, text: str, root: str = "") -> str: ...
    def say_as_integration(self, room: str, text: str) -> str:
        """Another bot posts."""
        ...

    def edit(self, who: str, room: str, post: str, text: str) -> None: ...
    def delete(self, who: str, room: str, post: str) -> None: ...
    def react(self, who: str, room: str, post: str, emoji: str, *, remove: bool = False) -> None: ...
    def dm(self, who: str, text: str) -> None: ...
    def command(self, who: str, room: str, command: str, text: str = "") -> None: ...
    def press(self, who: str, room: str, seen: Shown, label: str) -> None: ...
    def choose(self, who: str, room: str, seen: Shown, menu: str, option: str) -> None:
        """Choose from a menu; of a menu of people, somebody's id."""
        ...

    def mention(self) -> str: ...

    def said(self, room: str) -> list[Shown]:
        """What the bot said in a room, threads included."""
        ...

    def files(self, seen: Shown) -> dict[str, bytes]:
        """The files that come with what somebody sees, by their names' ends."""
        ...

    def answers(self, room: str, root: str) -> list[Shown]:
        """What the bot said in a thread."""
        ...

    def private(self, who: str) -> list[Shown]:
        """What the bot let one member alone see since the last `clear`."""
        ...

    def direct(self, who: str) -> list[Shown]:
        """What the bot said in the direct messages with one member, as it stands."""
        ...

    def clear(self) -> None: ...

    def settle(self) -> None:
        """Wait until all that happened is dealt with."""
        ...

    def fail_once(self) -> None:
        """The server fails at the bot's next post."""
        ...

    def lose_once(self) -> None:
        """The bot's next post is made, but it does not hear so."""
        ...

    def drop(self) -> None:
        """The bot's connection breaks."""
        ...


class SlackChat:
    """The fake Slack."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.bot: Bot | None = None
        self.port = free_port()
        self._old: set[str] = set()  # what the bot said before the last `clear`
        server._second = int(time.time()) - 3600
        self._ids = {"asker": "UASK", "answerer": "UANS", "operator": "UOP"}
        self._rooms = {name: f"{'G' if name in PRIVATE else 'C'}0{name.upper()}" for name in ROOMS}
        for name, called in PEOPLE.items():
            server.add_user(self._ids[name], called)
        for name, called in ROOMS.items():
            private = name in PRIVATE
            members = ("UASK", "UANS") if private else tuple(self._ids.values())
            server.add_channel(self._rooms[name], called, private=private, members=members)

    def arrive(self, called: str, rooms: tuple[str, ...] = PUBLIC, *, guest: bool = False) -> str:
        who = f"newcomer{len(self._ids)}"
        self._ids[who] = f"U{who.upper()}"
        self.server.add_user(self._ids[who], called, is_restricted=guest)
        self._report({"type": "team_join", "user": self.server.users[self._ids[who]]})
        for room in rooms:
            self.enter(who, room)
        return who

    def open_room(self, room: str, called: str) -> None:
        self._rooms[room] = f"C1{room.upper()}"
        self.server.add_channel(self._rooms[room], called)
        told = {"id": self._rooms[room], "name": called, "created": int(time.time())}
        self._report({"type": "channel_created", "channel": told})

    def enter(self, who: str, room: str) -> None:
        self.server.room(self._rooms[room]).members.add(self._ids[who])
        self._report({"type": "member_joined_channel", "user": self._ids[who], "channel": self._rooms[room]})

    def leave(self, who: str, room: str) -> None:
        self.server.room(self._rooms[room]).members.discard(self._ids[who])
        self._report({"type": "member_left_channel", "user": self._ids[who], "channel": self._rooms[room]})

    def hide(self, room: str) -> None:
        self.server.room(self._rooms[room]).private = True
        converted = {"type": "message", "subtype": "channel_convert_to_private", "user": self._ids["operator"]}
        self._report(converted | {"channel": self._rooms[room], "ts": self.server.next_ts(), "text": ""})

    def archive(self, room: str) -> None:
        self.server.room(self._rooms[room]).archived = True
        self._report({"type": "channel_archive", "channel": self._rooms[room], "user": self._ids["operator"]})

    def deactivate(self, who: str) -> None:
        self.server.users[self._ids[who]]["deleted"] = True
        self._report({"type": "user_change", "user": self.server.users[self._ids[who]]})

    def _report(self, event: dict[str, Any]) -> None:
        """What happens now; what people say is dated an hour back."""
        self.server.event(event | {"event_ts": f"{time.time():.6f}"})

    def settings(self) -> dict[str, str]:
        return slack_settings(self.server)

    def id_of(self, who: str) -> str:
        return self._ids[who]

    def room_id(self, room: str) -> str:
        return self._rooms[room]

    def link(self, room: str, post: str) -> str:
        return f"/archives/{self._rooms[room]}/p{post.replace('.', '')}"

    def room_link(self, room: str) -> str:
        return f"<#{self._rooms[room]}>"

    def written(self, post: str) -> datetime:
        return datetime.fromtimestamp(float(post), UTC)

    def say(self, who: str, room: str, text: str, root: str = "") -> str:
        return self.server.say(self._ids[who], self._rooms[room], text, root or None)

    def say_as_integration(self, room: str, text: str) -> str:
        return self.server.say("UBOT", self._rooms[room], text, subtype="bot_message", bot_id="B0OTHER")

    def edit(self, who: str, room: str, post: str, text: str) -> None:
        self.server.edit(self._rooms[room], post, text)

    def delete(self, who: str, room: str, post: str) -> None:
        self.server.delete(self._rooms[room], post)

    def react(self, who: str, room: str, post: str, emoji: str, *, remove: bool = False) -> None:
        self.server.react(self._ids[who], self._rooms[room], post, emoji, remove=remove)

    def dm(self, who: str, text: str) -> None:
        self.server.dm(self._ids[who], text)

    def command(self, who: str, room: str, command: str, text: str = "") -> None:
        self.server.command(self._ids[who], self._rooms[room], f"/{command}", text)

    def press(self, who: str, room: str, seen: Shown, label: str) -> None:
        self.server.press(self._ids[who], self._place(who, room), seen.raw, label)

    def choose(self, who: str, room: str, seen: Shown, menu: str, option: str) -> None:
        self.server.press(self._ids[who], self._place(who, room), seen.raw, menu, option)

    def _place(self, who: str, room: str) -> str:
        return self._rooms[room] if room else self.server.direct_room(self._ids[who]).id

    def mention(self) -> str:
        return f"<@{BOT_USER}>"

    def answers(self, room: str, root: str) -> list[Shown]:
        said = self.server.room(self._rooms[room]).thread(root)
        return [_on_slack(message) for message in said if message.get("user") == BOT_USER]

    def said(self, room: str) -> list[Shown]:
        return [_on_slack(message) for message in self.server.said_by_bot(self._rooms[room])]

    def files(self, seen: Shown) -> dict[str, bytes]:
        known = self.server.files.items()
        shown = [file for name, file in known if file["permalink"] in seen.words or f'"{name}"' in seen.words]
        return {file["name"].rpartition(".")[2]: file["content"] for file in shown}

    def private(self, who: str) -> list[Shown]:
        user = self._ids[who]
        whispers = [said for said in self.server.ephemerals if said["user"] == user]
        new = [said for said in self.direct(who) if said.id not in self._old]
        return [*map(_on_slack, (*whispers, *self.server.responses_to(user))), *new]

    def direct(self, who: str) -> list[Shown]:
        return [_on_slack(said) for said in self.server.said_by_bot(self.server.direct_room(self._ids[who]).id)]

    def clear(self) -> None:
        self.server.ephemerals.clear()
        self.server.responses.clear()
        self._old = {message["ts"] for room in self.server.rooms.values() for message in room.messages}

    def settle(self) -> None:
        assert self.bot is not None
        self.server.delivery.wait_acked(timeout=60)
        self.bot.idle()

    def fail_once(self) -> None:
        self.server.fail("chat.postMessage", 500)

    def lose_once(self) -> None:
        self.server.lose_answer("chat.postMessage")

    def drop(self) -> None:
        connections = self.server.delivery.connections
        self.server.delivery.drop_sockets()
        self.server.delivery.wait_connected(connections + 1, timeout=60)


def _on_slack(message: dict[str, Any]) -> Shown:
    blocks = message.get("blocks", [])
    buttons = [element_label(element) for b in blocks if b["type"] == "actions" for element in b["elements"]]
    return Shown(json.dumps(message, ensure_ascii=False), tuple(buttons), message)
