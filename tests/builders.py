"""Builders of the shared nouns with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from indexer.model import Channel, Member, Message, MessageKind, MessageRef, Reaction, Visibility

WORKSPACE = "slack:T0TEST"
NOON = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)  # noon in Japan


def ref(message_id: str, channel_id: str = "C0HELP", workspace_id: str = WORKSPACE) -> MessageRef:
    return MessageRef(workspace_id, channel_id, message_id)


def channel(
    channel_id: str = "C0HELP", name: str = "何でも相談", *, private: bool = False, members: tuple[str, ...] = ()
) -> Channel:
    visibility = Visibility.PRIVATE if private else Visibility.PUBLIC
    return Channel(WORKSPACE, channel_id, name, visibility, members=frozenset(members))


def member(member_id: str = "U1", display_name: str = "上島町 情報係", municipality: str | None = None) -> Member:
    return Member(WORKSPACE, member_id, display_name, municipality=municipality)


def message(
    message_id: str,
    text: str,
    *,
    root: str | None = None,
    author: str = "U1",
    channel_id: str = "C0HELP",
    minutes: float | None = None,
    kind: MessageKind = MessageKind.POST,
    reactions: dict[str, tuple[str, ...]] | None = None,
) -> Message:
    """A message; `minutes` after NOON, by default as many as its id's number."""
    here = ref(message_id, channel_id)
    after = float(message_id) if minutes is None else minutes
    return Message(
        here,
        ref(root, channel_id) if root else here,
        author,
        text,
        NOON + timedelta(minutes=after),
        kind,
        reactions=tuple(Reaction(emoji, ids) for emoji, ids in (reactions or {}).items()),
    )
