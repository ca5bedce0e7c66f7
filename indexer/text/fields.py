"""What of a thread is searched, divided by the part it plays."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.model import Thread

# From here on an answer names whom to call, not the matter; the department's name would meet every question on it.
CONTACT = re.compile(r"【(?:お問い?合わ?せ(?:先)?|問い?合わ?せ先|連絡先)】.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ThreadText:
    """The words of people in a thread: the question, the accepted answer (empty while open), the other replies."""

    question: str
    answer: str
    rest: str


def text_of(thread: Thread) -> ThreadText:
    """The thread's text by field; what bots posted and an answer's closing contact block are left out."""
    accepted = thread.accepted
    rest = [reply.text for reply in thread.replies if reply.by_person and reply != accepted]
    return ThreadText(
        thread.root.text if thread.root.by_person else "",
        CONTACT.sub("", accepted.text) if accepted is not None and accepted.by_person else "",
        "\n".join(rest),
    )
