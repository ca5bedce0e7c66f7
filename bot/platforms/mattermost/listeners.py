"""Whatever Mattermost reports is in the inbox before the bot goes on, each report once.

Posts found when catching up go there under the same ids as the events that were missed, together with how far the
channel was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.platforms.mattermost.identity import (
    ACTION,
    COMMAND,
    DELETED,
    EDITED,
    EVENT,
    NEW,
    POST,
    REACTIONS,
    Identity,
    event_id,
    post_event_id,
    short,
)
from bot.platforms.payloads import Payload, dict_in, dicts_in, json_in, number_in, string_in
from bot.ports import Clock
from bot.store import UnitOfWork

# The events that somebody listens to; presence, typing, preferences and their like are not kept.
KEPT = frozenset(
    {
        NEW,
        EDITED,
        DELETED,
        "reaction_added",
        "reaction_removed",
        "channel_created",
        "channel_updated",
        "channel_deleted",
        "channel_restored",
        "channel_converted",
        "user_added",
        "user_removed",
        "user_updated",
        "new_user",
        "leave_team",
        "update_team",
    }
)


class Listeners:
    """Keeps reports in the inbox. `arrived` is called after each new one, so that work need not wait for its turn."""

    def __init__(
        self, unit: UnitOfWork, me: Identity, clock: Clock, arrived: Callable[[], None] = lambda: None
    ) -> None:
        self._unit = unit
        self._me = me
        self._clock = clock
        self._arrived = arrived

    def event(self, event: Payload, connection: str) -> bool:
        """Keep an event of the socket; False where it was there already or is of no concern."""
        if event.get("event") not in KEPT:
            return False
        post = json_in(dict_in(event.get("data")).get("post"))
        channel_id, changed_at = string_in(post.get("channel_id")), number_in(post.get("update_at"))
        with self._unit.begin() as work:
            new = work.inbox.put(self._me.workspace_id, event_id(event, connection), EVENT, event, self._clock.now())
            if channel_id and changed_at and string_in(event.get("event")) != DELETED:
                work.heard.note(self._me.workspace_id, channel_id, changed_at)
        return self._woke(new=new)

    def found(self, channel_id: str, channel_type: str, posts: Iterable[Payload], since: int, upto: int) -> int:
        """Keep what changed in a channel after `since`, and that it was heard up to `upto`; how much was new."""
        count = 0
        with self._unit.begin() as work:
            for post in posts:
                for change in _changes(post, since):
                    payload = {"change": change, "post": post, "channel_type": channel_type}
                    name = post_event_id(change, post)
                    count += work.inbox.put(self._me.workspace_id, name, POST, payload, self._clock.now())
            work.heard.note(self._me.workspace_id, channel_id, upto)
        self._woke(new=count > 0)
        return count

    def command(self, form: Payload, handle: str) -> bool:
        """Keep a slash command, which was verified."""
        kept = {name: string_in(form.get(name)) for name in ("command", "text")} | {"handle": handle}
        return self._keep(f"command:{string_in(form.get('trigger_id')) or handle}", COMMAND, kept)

    def action(self, request: Payload, handle: str) -> bool:
        """Keep a press, which was verified."""
        kept = {"context": request.get("context"), "post_id": string_in(request.get("post_id")), "handle": handle}
        return self._keep(f"action:{string_in(request.get('trigger_id')) or handle}", ACTION, kept)

    def _keep(self, name: str, kind: str, payload: Payload) -> bool:
        with self._unit.begin() as work:
            new = work.inbox.put(self._me.workspace_id, short(name), kind, payload, self._clock.now())
        return self._woke(new=new)

    def _woke(self, *, new: bool) -> bool:
        if new:
            self._arrived()
        return new


def _changes(post: Payload, since: int) -> Iterable[str]:
    """What happened to a post after `since`; a post made and deleted while nobody listened is told as deleted."""
    if post.get("original_id"):  # what an edited post said before
        return
    if number_in(post.get("delete_at")):
        yield DELETED
        return
    made = number_in(post.get("create_at")) > since
    if made:
        yield NEW
    if number_in(post.get("edit_at")) > since:
        yield EDITED
    if not made or any(dicts_in(dict_in(post.get("metadata")).get("reactions"))):
        yield REACTIONS
