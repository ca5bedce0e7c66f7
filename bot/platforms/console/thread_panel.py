"""The right: one thread with its replies and what the bot said in it, or the direct talk with the bot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.platforms.console import parts
from bot.platforms.console.cards import Cards
from bot.platforms.console.composer import Composer, Send
from bot.platforms.console.notes import NoteActs, draw_note
from bot.platforms.console.parts import Act
from bot.platforms.console.people import face, name, reactions
from bot.platforms.console.rendering import members_text
from bot.platforms.console.rooms import OpenThread, Post, Room
from bot.platforms.console.sayings import Saying
from bot.platforms.console.sight import ThreadSight
from bot.platforms.console.state import Line, Note
from bot.platforms.console.wording import ConsoleWording
from indexer.channel_map import Policy
from indexer.model import Message

RESOLVING = "white_check_mark"


@dataclass(frozen=True, slots=True)
class ThreadActs(NoteActs):
    """What a member can do here."""

    send: Send
    close: Act
    edit: Callable[[Message], Act]
    delete: Callable[[Message], Act]
    react: Callable[[Message, bool], Act]
    look_up: Callable[[Message], Act]


class ThreadPanel:
    """Draws the right side; only what changed is drawn again."""

    def __init__(self, words: ConsoleWording, cards: Cards, acts: ThreadActs) -> None:
        self._words = words
        self._cards = cards
        self._acts = acts
        self._drawn: ThreadSight | None = None
        self._stale = False
        with parts.box("thread", "aside", aria_label=words.thread):
            with parts.box("title-bar"):
                self._title = parts.text(words.thread, tag="h2")
                self._done = parts.text(f"✅ {words.resolved}", "badge done")
                self._close = parts.button("×", acts.close, "quiet cross", name=words.close, mark="close-thread")
            self._list = parts.box("scroll", aria_live="polite")
            self._foot = parts.box("ask")
            with self._foot:
                self._composer = Composer(words.reply_here, words.send, words.send_key, acts.send, "reply")

    def forget(self) -> None:
        """What is shown reads otherwise by now: draw it all anew."""
        self._stale = True

    def draw(self, sight: ThreadSight, when: Callable[[datetime], str]) -> None:
        """Show this thread, or the direct talk."""
        before, self._drawn = self._drawn, sight
        if before == sight and not self._stale:
            return
        self._stale = False
        opened = before is None or _what(before) != _what(sight)
        if opened:
            self._composer.clear()
            self._composer.label(self._words.direct_here if sight.direct else self._words.reply_here)
            titles = {sight.direct: self._words.direct, sight.home: self._words.home}
            self._title.text = titles.get(True, self._words.thread)
        self._done.set_visibility(bool(sight.thread and sight.thread.resolved))
        self._close.set_visibility(bool(sight.root_id or sight.direct or sight.home))
        self._foot.set_visibility(bool(sight.thread or sight.direct))
        self._list.clear()
        with self._list:
            self._content(sight, when)
        if not opened and _length(sight) > _length(before):
            parts.scroll(self._list, to_end=True)

    def _content(self, sight: ThreadSight, when: Callable[[datetime], str]) -> None:
        if sight.direct:
            self._direct(sight, when)
        elif sight.home:
            self._home(sight, when)
        elif not sight.root_id:
            parts.text(self._words.pick_thread, "empty", "p")
        elif sight.thread is not None:
            self._thread(sight, sight.thread, when)
        elif sight.pending:
            self._pending(sight)
            parts.text(self._words.looking, "state", "p")
        else:
            parts.text(self._words.thread_gone, "empty", "p")

    def _thread(self, sight: ThreadSight, thread: OpenThread, when: Callable[[datetime], str]) -> None:
        self._post(thread.root, sight, when, root=True)
        if sight.asked and thread.silent:
            parts.text(f"🤫 {self._silence(thread.room)}", "state", "p").mark("silent")
        come = [note for note in sight.notes if note.saying is not None]
        said: list[Post | Saying | Note] = sorted([*thread.replies, *thread.sayings, *come], key=_moment)
        for one in said:
            if isinstance(one, Post):
                self._post(one, sight, when)
            else:
                self._said(one, when)
        self._pending(sight)
        self._awaited(sight, when)

    def _silence(self, room: Room) -> str:
        """Why the bot says nothing to a post."""
        if room.policy is not Policy.OFF:
            return self._words.silent
        return self._words.silent_welcome if room.welcomes else self._words.silent_off

    def _post(self, post: Post, sight: ThreadSight, when: Callable[[datetime], str], *, root: bool = False) -> None:
        message = post.message
        look = "post root" if root else "post accepted" if post.accepted else "post"
        with parts.box(look, "article"):
            with parts.box("head"):
                face(post.author)
                name(post.author)
                parts.text(when(message.posted_at), "when")
                if message.edited_at:
                    parts.text(self._words.edited, "when")
                if post.accepted:
                    parts.text(f"✅ {self._words.accepted}", "badge done")
            parts.html(members_text(message.text), "body")
            with parts.box("foot"):
                reactions(message)
            with parts.box("tools"):
                self._tools(message, sight.me.id, root=root)

    def _tools(self, message: Message, me: str, *, root: bool) -> None:
        words, acts = self._words, self._acts
        if root:
            parts.button(words.look_up, acts.look_up(message), "quiet", mark="look-up")
        else:
            given = any(one.emoji == RESOLVING and me in one.member_ids for one in message.reactions)
            parts.button(words.unreact if given else words.react, acts.react(message, given), "quiet", mark="react")
        if message.author_id == me and message.by_person:
            parts.button(words.edit, acts.edit(message), "quiet", mark="edit")
            parts.button(words.delete, acts.delete(message), "quiet", mark="delete")

    def _pending(self, sight: ThreadSight) -> None:
        for pending in sight.pending:
            with parts.box("post faint", "article"):
                with parts.box("head"):
                    face(sight.me)
                    name(sight.me)
                    parts.text(self._words.waiting, "when")
                parts.html(members_text(pending.text), "body")

    def _home(self, sight: ThreadSight, when: Callable[[datetime], str]) -> None:
        parts.text(f"🔒 {self._words.home_intro}", "state", "p")
        if sight.page is None:
            parts.text(self._words.home_coming, "state", "p")
        else:
            self._cards.saying(sight.page, when(sight.page.at), self._acts.press)

    def _direct(self, sight: ThreadSight, when: Callable[[datetime], str]) -> None:
        parts.text(f"🔒 {self._words.direct_intro}", "state", "p")
        come = [note for note in sight.notes if note.saying is not None]
        said: list[Line | Saying | Note] = sorted([*sight.lines, *sight.directs, *come], key=_moment)
        for one in said:
            if isinstance(one, Line):
                parts.text(one.text, "mine", "p")
            else:
                self._said(one, when)
        self._awaited(sight, when)

    def _said(self, one: Saying | Note, when: Callable[[datetime], str]) -> None:
        if isinstance(one, Note):
            draw_note(one, self._words, self._cards, when, self._acts)
        else:
            self._cards.saying(one, when(one.at), self._acts.press)

    def _awaited(self, sight: ThreadSight, when: Callable[[datetime], str]) -> None:
        """Private answers that are still to come."""
        for note in sight.notes:
            if note.saying is None:
                draw_note(note, self._words, self._cards, when, self._acts)


def _moment(one: Post | Saying | Line | Note) -> datetime:
    """When something was said; only notes whose answer has come have a moment."""
    if isinstance(one, Note):
        assert one.saying is not None
        return one.saying.at
    return one.message.posted_at if isinstance(one, Post) else one.at


def _what(sight: ThreadSight) -> tuple[str, bool, bool]:
    return sight.root_id, sight.direct, sight.home


def _length(sight: ThreadSight | None) -> int:
    """How much stands in the panel; when it grows, its end is what the member waits for."""
    if sight is None:
        return 0
    said = len(sight.thread.replies) + len(sight.thread.sayings) if sight.thread else 0
    answered = sum(note.saying is not None for note in sight.notes)
    return said + len(sight.pending) + len(sight.notes) + answered + len(sight.lines) + len(sight.directs)
