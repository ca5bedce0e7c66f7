"""Ids for what a Mattermost export tells of without any: made up from unique names and times, the same every time."""

from __future__ import annotations

import hashlib

from indexer.model import EXPORTED_CHANNEL, EXPORTED_MEMBER, EXPORTED_MESSAGE

LONGEST_ID = 64  # what the tables keep


def fitting(name: str) -> str:
    """A name as an id: as it is, or where it is too long, its beginning and a digest."""
    if len(name) <= LONGEST_ID:
        return name
    return f"{name[:39]}-{_digest(name)}"


def exported_channel_id(handle: str) -> str:
    """The id of a channel while only its unique name is known."""
    return fitting(EXPORTED_CHANNEL + handle)


def exported_member_id(handle: str) -> str:
    """The id of a member while only their username is known."""
    return fitting(EXPORTED_MEMBER + handle)


def exported_message_id(channel: str, author: str, millis: int, nth: int = 0) -> str:
    """The id of a message, by the unique names of channel and author and its time, while the platform's is not known.

    The text is no part of it: an edit must not make another message of it. `nth` tells those apart that one member
    wrote in one channel within one millisecond.
    """
    told = (channel, author, str(millis), *([str(nth)] if nth else []))
    return EXPORTED_MESSAGE + _digest("\0".join(told))


def _digest(told: str) -> str:
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()
