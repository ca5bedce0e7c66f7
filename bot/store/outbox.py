"""The outbox: what the bot wants to say, kept in the transaction of the fact that caused it and sent once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, or_, select, update

from bot.replies import Reply
from bot.store.outgoing import Before, Delivery, Due, Kept, Outgoing, Posted, State
from bot.store.tables import outbox
from indexer.corpus.database import added
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches
from indexer.corpus.tables import UtcDateTime
from indexer.model import MessageRef

__all__ = ["Before", "Delivery", "Due", "Kept", "Outbox", "Outgoing", "State"]

SILENCE = Reply("").to_json()

_UNSENT = outbox.c.state.in_((State.WAITING.value, State.SENDING.value))
_BY_KEY = Prepared(select(outbox).where(outbox.c.key == bindparam("under")))
_DUE = Prepared(
    select(outbox.c.id, outbox.c.state)
    .where(_UNSENT, outbox.c.not_before <= bindparam("now"))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
_TAKE = Prepared(
    update(outbox)
    .where(
        outbox.c.id == bindparam("number"),
        outbox.c.state == bindparam("found"),
        outbox.c.not_before <= bindparam("now", type_=UtcDateTime),
    )
    .values(state=State.SENDING.value, not_before=bindparam("until", type_=UtcDateTime))
    .returning(outbox)
)
_BEFORE = Prepared(
    select(outbox.c.id, outbox.c.key, outbox.c.state, outbox.c.sent_id).where(
        or_(outbox.c.key == bindparam("target"), outbox.c.target == bindparam("target")),
        outbox.c.id < bindparam("number"),
    )
)
_SENT = Prepared(
    update(outbox)
    .where(outbox.c.id == bindparam("number"))
    .values(state=State.SENT.value, sent_at=bindparam("then", type_=UtcDateTime), sent_id=bindparam("there"), error="")
)
_WAITING_ANEW = Prepared(
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)), outbox.c.state == State.WAITING.value)
    .values(reply=bindparam("said"))
)
_WITH_FOLLOWING = Prepared(
    select(outbox)
    .where(
        or_(outbox.c.key.in_(bindparam("keys", expanding=True)), outbox.c.target.in_(bindparam("keys", expanding=True)))
    )
    .order_by(outbox.c.id)
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
        row = {
            "key": outgoing.key,
            "workspace_id": outgoing.workspace_id,
            "kind": outgoing.kind.value,
            "channel_id": outgoing.channel_id,
            "thread_id": outgoing.thread_id,
            "member_id": outgoing.member_id,
            "handle": outgoing.handle,
            "target": outgoing.target,
            "reply": outgoing.reply.to_json(),
            "state": State.WAITING.value,
            "attempts": 0,
            "created_at": at,
            "not_before": at,
            "error": "",
        }
        return added(self._db, outbox, row)

    def due(self, at: datetime, limit: int = 20) -> list[Due]:
        """What is to be sent now, oldest first; what a process was sending when it died comes once its hold ends."""
        return [Due(row.id, State(row.state)) for row in _DUE.rows(self._db, {"now": at, "most": limit})]

    def take(self, due: Due | Kept, at: datetime, until: datetime) -> Kept | None:
        """Hold a message that is due, until then, to hand it to the platform; None where another process has it.

        What comes back reads as the message does now and tells the state in which it was found.
        """
        held = {"number": due.id, "found": due.state.value, "now": at, "until": until}
        row = _TAKE.first(self._db, held)
        return replace(_kept(row), state=due.state) if row else None

    def hold(self, kept_id: int, until: datetime) -> None:
        """Go on holding a message that is being sent."""
        held = update(outbox).where(outbox.c.id == kept_id, outbox.c.state == State.SENDING.value)
        self._db.execute(held.values(not_before=until))

    def before(self, kept: Kept) -> Before:
        """What an update or removal follows."""
        rows = _BEFORE.rows(self._db, {"target": kept.outgoing.target, "number": kept.id})
        post = next((row for row in rows if row.key == kept.outgoing.target), None)
        under_way = any(row.state in (State.WAITING.value, State.SENDING.value) for row in rows)
        return Before(post.id if post else None, post.sent_id if post else None, under_way)

    def sent(self, kept_id: int, at: datetime, sent_id: str | None) -> None:
        """The platform took the message; `sent_id` is its id there."""
        _SENT.run(self._db, {"number": kept_id, "then": at, "there": sent_id})

    def moved(self, kept_id: int, sent_id: str) -> None:
        """The message stands under another id now."""
        self._set(kept_id, sent_id=sent_id)

    def handed_over(self, kept_id: int) -> None:
        """Papers given to one member are theirs from then on: no second copy of the words in them is kept."""
        row = self._db.execute(select(outbox.c.kind, outbox.c.reply).where(outbox.c.id == kept_id)).one()
        reply = Reply.from_json(row.reply)
        pictures = tuple(one for one in reply.attachments if one.picture)
        if row.kind == Delivery.DIRECT.value and pictures != reply.attachments:
            self._set(kept_id, reply=replace(reply, attachments=pictures).to_json())

    def later(self, kept: Kept, error: str, at: datetime, *, attempts: int) -> None:
        """Sending failed, it is unknown whether before or after it arrived: again at `at`, after `attempts` no more."""
        tries = kept.attempts + 1
        state = State.FAILED if tries >= attempts else State.SENDING
        self._set(kept.id, state=state.value, attempts=tries, error=error, not_before=at)

    def put_off(self, kept: Kept, error: str, at: datetime) -> None:
        """The platform did not take it and asked to wait: again at `at`, however often.

        It goes back to the state it was found in: an earlier try may have arrived all the same.
        """
        self._set(kept.id, state=kept.state.value, error=error, not_before=at)

    def failed(self, kept_id: int, error: str) -> None:
        """The platform will never take this message."""
        self._set(kept_id, state=State.FAILED.value, error=error)

    def cancel(self, key: str) -> bool:
        """Do not send what is still waiting; False where it is sent, being sent or unknown."""
        return _CANCEL.run(self._db, {"under": key}) > 0

    def forget(self, key: str) -> None:
        """Forget the words of the post kept under `key`, which people see no more."""
        _FORGET.run(self._db, {"under": key})

    def revise(self, key: str, reply: Reply, at: datetime) -> None:
        """Let the post kept under `key` read as `reply`: in place while it waits, else by an update after it."""
        self._revise(self._standing([key]).get(key), reply, at)

    def renew(self, replies: Mapping[str, Reply], at: datetime) -> None:
        """Revise posts, by their keys, that do not read as given already; those that are forgotten stay so."""
        standing = self._standing(replies)
        for key, reply in replies.items():
            posted = standing.get(key)
            if posted is not None and posted.latest.reply != reply.to_json():
                self._revise(posted, reply, at)

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
        return _kept(row) if row else None

    def sent_as(self, workspace_id: str, channel_id: str, message_id: str) -> Kept | None:
        """The message that stands on the platform under this id."""
        query = select(outbox).where(
            outbox.c.workspace_id == workspace_id, outbox.c.channel_id == channel_id, outbox.c.sent_id == message_id
        )
        row = self._db.execute(query).first()
        return _kept(row) if row else None

    def opening(self, root: MessageRef) -> str | None:
        """The key of the post that stands on the platform as this message, outside any thread."""
        place = {"in_workspace": root.workspace_id, "in_channel": root.channel_id, "as_sent": root.message_id}
        row = _OPENING.first(self._db, place)
        return str(row.key) if row else None

    def places(self, keys: Collection[str]) -> dict[str, MessageRef]:
        """Where the posts kept under these keys stand; those that were never said or are taken back are left out."""
        return {
            key: MessageRef(posted.post.workspace_id, posted.post.channel_id, posted.post.sent_id)
            for key, posted in self._standing(keys).items()
            if posted.post.sent_id and all(row.kind != Delivery.REMOVE.value for row in posted.following)
        }

    def in_thread(self, workspace_id: str, channel_id: str, thread_id: str | None) -> list[Kept]:
        """All that was said or is to be said in one thread (None: in no thread), oldest first."""
        query = select(outbox).where(
            outbox.c.workspace_id == workspace_id, outbox.c.channel_id == channel_id, outbox.c.thread_id == thread_id
        )
        return [_kept(row) for row in self._db.execute(query.order_by(outbox.c.id))]

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

    def _standing(self, keys: Collection[str]) -> dict[str, Posted]:
        """The posts kept under these keys with what followed them; those that are forgotten are left out."""
        found: dict[str, list[Row[Any]]] = defaultdict(list)
        for batch in batches(list(keys)):
            for row in _WITH_FOLLOWING.rows(self._db, {"keys": batch}):
                found[row.target if row.key not in keys else row.key].append(row)
        return {key: Posted(rows[0], tuple(rows[1:])) for key, rows in found.items() if rows[0].key == key}

    def _revise(self, posted: Posted | None, reply: Reply, at: datetime) -> None:
        if posted is None:
            return
        waiting = [row.id for row in (posted.post, *posted.updates) if row.state == State.WAITING.value]
        if waiting and _WAITING_ANEW.run(self._db, {"ids": waiting, "said": reply.to_json()}):
            return
        key = posted.post.key
        update_key = f"update:{len(posted.following) + 1}:{key}"
        revised = _outgoing(posted.post, reply)
        self.put(replace(revised, key=update_key, kind=Delivery.UPDATE, target=key), at)

    def _set(self, kept_id: int, **values: Any) -> None:
        self._db.execute(update(outbox).where(outbox.c.id == kept_id).values(values))


def _kept(row: Row[Any]) -> Kept:
    said = _outgoing(row, Reply.from_json(row.reply))
    return Kept(row.id, said, State(row.state), row.attempts, row.created_at, row.sent_at, row.sent_id, row.error)


def _outgoing(row: Row[Any], reply: Reply) -> Outgoing:
    return Outgoing(
        key=row.key,
        workspace_id=row.workspace_id,
        kind=Delivery(row.kind),
        reply=reply,
        channel_id=row.channel_id,
        thread_id=row.thread_id,
        member_id=row.member_id,
        handle=row.handle,
        target=row.target,
    )
