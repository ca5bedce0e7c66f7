"""Links that people draw between threads: 「こちらで議論されていますよ」 with the address of another thread on record.

Read from the record whenever they are needed, so that a deleted post takes its link with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.corpus import Corpus
from indexer.model import Message, MessageRef, Thread

# What every permalink to a message has in it, by platform (`Workspace.permalink`).
MARKS = ("/archives/", "/thread/", "/pl/", "/c/")
_SLACK = re.compile(r"/archives/([A-Z0-9]{3,})/p(\d{10})(\d{6})(?:\?(?:[^\s>)]*&)?thread_ts=(\d{10}\.\d{6}))?")
_SLACK_CLIENT = re.compile(r"/client/[A-Z0-9]+/([A-Z0-9]{3,})/thread/\1-(\d{10}\.\d{6})")
_MATTERMOST = re.compile(r"https?://\S+?/pl/([a-z0-9]{26})\b")
_CONSOLE = re.compile(r"https?://[^\s/]+/c/([\w-]+)/([\w.-]*\w)")


@dataclass(frozen=True, slots=True)
class Link:
    """A reply in `thread` that points to `target`, another thread."""

    thread: Thread
    reply: Message
    target: Thread


def drawn(corpus: Corpus) -> Iterator[Link]:
    """Every link that a person drew in a reply to another thread on record; twice the same is told once."""
    for thread in corpus.threads(corpus.threads_saying(MARKS)):
        seen = {thread.id}
        for reply in thread.replies:
            if not reply.by_person:
                continue
            for target in _targets(corpus, reply):
                if target.id not in seen:
                    seen.add(target.id)
                    yield Link(thread, reply, target)


def addresses(text: str) -> list[tuple[str, str]]:
    """(channel id, message id) of each message that the text links to; Mattermost's addresses tell no channel."""
    found = [(match.start(), match[1], match[4] or f"{match[2]}.{match[3]}") for match in _SLACK.finditer(text)]
    found += [(match.start(), match[1], match[2]) for match in _SLACK_CLIENT.finditer(text)]
    found += [(match.start(), "", match[1]) for match in _MATTERMOST.finditer(text)]
    found += [(match.start(), match[1], match[2]) for match in _CONSOLE.finditer(text)]
    return list(dict.fromkeys((channel_id, message_id) for _, channel_id, message_id in sorted(found)))


def _targets(corpus: Corpus, reply: Message) -> Iterator[Thread]:
    for channel_id, message_id in addresses(reply.text):
        workspace_id = reply.ref.workspace_id
        place = channel_id or corpus.channel_of(workspace_id, message_id)
        target = corpus.thread(MessageRef(workspace_id, place, message_id)) if place else None
        if target is not None:
            yield target
