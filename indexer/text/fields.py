"""What of a thread is searched, divided by the part it plays."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.model import Thread


@dataclass(frozen=True, slots=True)
class ThreadText:
    """The words of people in a thread: the question, the accepted answer (empty while open), the other replies."""

    question: str
    answer: str
    rest: str


def text_of(thread: Thread) -> ThreadText:
    """The thread's text by field; what bots posted is left out."""
    accepted = thread.accepted
    rest = [reply.text for reply in thread.replies if reply.by_person and reply != accepted]
    return ThreadText(
        thread.root.text if thread.root.by_person else "",
        accepted.text if accepted is not None and accepted.by_person else "",
        "\n".join(rest),
    )
