"""The outbox: what the bot wants to say, kept in the transaction of the fact that caused it and sent once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, or_, select, update

from bot.replies import Reply
from bot.store.outgoing import Delivery, Kept, Outgoing, Posted, State, kept_of, outgoing_of
from bot.store.tables import outbox
from indexer.corpus.database import added
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches
from indexer.model import MessageRef

__all__ = ["Delivery", "Kept", "Outbox", "Outgoing", "State"]

SILENCE = Reply("").to_json()

_BY_KEY = Prepared(select(outbox).where(outbox.c.key == bindparam("under")))
_WAITING_ANEW = Prepared(
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)), outbox.c.state == State.WAITING.value)
    .values(reply=bindparam("said"))
)
_WITH_FOLLOWING = Prepared(
    select(
        outbox.c.id,
        outbox.c.key,
        outbox.c.workspace_id,
        outbox.c.kind,
        outbox.c.channel_id,
        outbox.c.thread_id,
        outbox.c.member_id,
        outbox.c.handle,
        outbox.c.target,
        outbox.c.reply,
        outbox.c.state,
    )
    .where(
        or_(outbox.c.key.in_(bindparam("keys", expanding=True)), outbox.c.target.in_(bindparam("keys", expanding=True)))
    )
    .order_by(outbox.c.id)
)
_REMOVAL = outbox.alias("removal")
_PLACES = Prepared(
    select(outbox.c.key, outbox.c.workspace_id, outbox.c.channel_id, outbox.c.sent_id).where(
        outbox.c.key.in_(bindparam("keys", expanding=True)),
        outbox.c.sent_id != "",
        ~exists().where(_REMOVAL.c.target == outbox.c.key, _REMOVAL.c.kind == Delivery.REMOVE.value),
    )
)
_OPENING = Prepared(
    select(outbox.c.key).where(
        outbox.c.workspace_id == bindparam("in_workspace"),
        outbox.c.channel_id == bindparam("in_channel"),
        outbox.c.thread_id.is_(None),
        outbox.c.sent_id == bindparam("as_sent"),
    )
)
_CANCEL = Prepared(
    update(outbox)
    .where(outbox.c.key == bindparam("under"), outbox.c.state == State.WAITING.value)
    .values(state=State.CANCELLED.value, reply=SILENCE)
)
_FORGET = Prepared(
    update(outbox)
    .where(or_(outbox.c.key == bindparam("under"), outbox.c.target == bindparam("under")))
    .values(reply=SILENCE)
)


class Outbox:
    """Messages to send and sent, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put(self, outgoing: Outgoing, at: datetime) -> bool:
        """Keep something to say; False where its key was used before."""
        return self._put(outgoing, outgoing.reply.to_json(), at)

    def cancel(self, key: str) -> bool:
        """Do not send what is still waiting; False where it is sent, being sent or unknown."""
        return _CANCEL.run(self._db, {"under": key}) > 0

    def forget(self, key: str) -> None:
        """Forget the words of the post kept under `key`, which people see no more."""
        _FORGET.run(self._db, {"under": key})

    def revise(self, key: str, reply: Reply, at: datetime) -> None:
        """Let the post kept under `key` read as `reply`: in place while it waits, else by an update after it."""
        posted = self._standing([key]).get(key)
        if posted is not None:
            self._revise(posted, reply, reply.to_json(), at)

    def renew(self, replies: Mapping[str, Reply], at: datetime) -> None:
        """Revise posts, by their keys, that do not read as given already; those that are forgotten stay so."""
        standing = self._standing(replies)
        for key, reply in replies.items():
            posted = standing.get(key)
            if posted is not None and posted.latest.reply != (said := reply.to_json()):
                self._revise(posted, reply, said, at)

    def reads(self, key: str) -> Reply:
        """What the post kept under `key` says by now: its last update, else itself."""
        return Reply.from_json(self._standing([key])[key].latest.reply)

    def retract(self, key: str, at: datetime) -> None:
        """Take the post kept under `key` back: never sent while it waits, else removed after it."""
        kept = self.get(key)
        if kept is None or self.cancel(key):
            return
        self.put(replace(kept.outgoing, key=f"remove:{key}", kind=Delivery.REMOVE, reply=Reply(""), target=key), at)

    def live_posts(self, workspace_id: str, channel_id: str, thread_id: str) -> list[Kept]:
        """The bot's posts that stand, or will stand, in a thread, oldest first."""
        said = self.in_thread(workspace_id, channel_id, thread_id)
        removed = {kept.outgoing.target for kept in said if kept.outgoing.kind is Delivery.REMOVE}
        dead = (State.CANCELLED, State.FAILED)
        return [
            kept
            for kept in said
            if kept.outgoing.kind is Delivery.POST and kept.state not in dead and kept.outgoing.key not in removed
        ]

    def get(self, key: str) -> Kept | None:
        """The message kept under `key`."""
        row = _BY_KEY.first(self._db, {"under": key})
        return kept_of(row) if row else None

    def sent_as(self, workspace_id: str, channel_id: str, message_id: str) -> Kept | None:
        """The message that stands on the platform under this id."""
        query = select(outbox).where(
            outbox.c.workspace_id == workspace_id, outbox.c.channel_id == channel_id, outbox.c.sent_id == message_id
        )
        row = self._db.execute(query).first()
        return kept_of(row) if row else None

    def opening(self, root: MessageRef) -> str | None:
        """The key of the post that stands on the platform as this message, outside any thread."""
        place = {"in_workspace": root.workspace_id, "in_channel": root.channel_id, "as_sent": root.message_id}
        row = _OPENING.first(self._db, place)
        return str(row.key) if row else None

    def places(self, keys: Collection[str]) -> dict[str, MessageRef]:
        """Where the posts kept under these keys stand; those that were never said or are taken back are left out."""
        return {
            row.key: MessageRef(row.workspace_id, row.channel_id, row.sent_id)
            for batch in batches(list(keys))
            for row in _PLACES.rows(self._db, {"keys": batch})
        }

    def in_thread(self, workspace_id: str, channel_id: str, thread_id: str | None) -> list[Kept]:
        """All that was said or is to be said in one thread (None: in no thread), oldest first."""
        query = select(outbox).where(
            outbox.c.workspace_id == workspace_id, outbox.c.channel_id == channel_id, outbox.c.thread_id == thread_id
        )
        return [kept_of(row) for row in self._db.execute(query.order_by(outbox.c.id))]

    def counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return dict(self._db.execute(query).all())

    def prune(self, before: datetime) -> int:
        """Forget private answers and failures from before `before`; posts are kept, since they can be renewed."""
        private = (Delivery.WHISPER.value, Delivery.RESPOND.value, Delivery.DIRECT.value, Delivery.HOME.value)
        ended = (State.SENT.value, State.FAILED.value, State.CANCELLED.value)
        gone = delete(outbox).where(outbox.c.kind.in_(private), outbox.c.state.in_(ended), outbox.c.created_at < before)
        return self._db.execute(gone).rowcount

    def _put(self, outgoing: Outgoing, reply: str, at: datetime) -> bool:
        row = {
            "key": outgoing.key,
            "workspace_id": outgoing.workspace_id,
            "kind": outgoing.kind.value,
            "channel_id": outgoing.channel_id,
            "thread_id": outgoing.thread_id,
            "member_id": outgoing.member_id,
            "handle": outgoing.handle,
            "target": outgoing.target,
            "reply": reply,
            "state": State.WAITING.value,
            "attempts": 0,
            "created_at": at,
            "not_before": at,
            "error": "",
        }
        return added(self._db, outbox, row)

    def _standing(self, keys: Collection[str]) -> dict[str, Posted]:
        """The posts kept under these keys with what followed them; those that are forgotten are left out."""
        found: dict[str, list[Row[Any]]] = defaultdict(list)
        for batch in batches(list(keys)):
            for row in _WITH_FOLLOWING.rows(self._db, {"keys": batch}):
                found[row.target if row.key not in keys else row.key].append(row)
        return {key: Posted(rows[0], tuple(rows[1:])) for key, rows in found.items() if rows[0].key == key}

    def _revise(self, posted: Posted, reply: Reply, said: str, at: datetime) -> None:
        waiting = [row.id for row in (posted.post, *posted.updates) if row.state == State.WAITING.value]
        if waiting and _WAITING_ANEW.run(self._db, {"ids": waiting, "said": said}):
            return
        key = posted.post.key
        update_key = f"update:{len(posted.following) + 1}:{key}"
        revised = replace(outgoing_of(posted.post, reply), key=update_key, kind=Delivery.UPDATE, target=key)
        self._put(revised, said, at)
