"""How members and their reactions look on a page."""

from __future__ import annotations

from bot.platforms.console import parts
from bot.platforms.console.rendering import emoji, hue, initial
from bot.platforms.console.rooms import Person
from indexer.model import Message


def face(person: Person) -> None:
    """A coloured square with the first character of the member's municipality."""
    square = parts.text(initial(person.name), "face", aria_hidden="true")
    square.style(f"background: hsl({hue(person.id)} 42% 38%)")


def name(person: Person) -> None:
    """The member's name, with the prefecture where the name does not tell it."""
    parts.text(person.name, "who")
    if person.place:
        parts.text(person.place, "place")


def reactions(message: Message) -> None:
    """The emoji given to a message, with how many gave each."""
    for reaction in message.reactions:
        sign = emoji(reaction.emoji)
        parts.text(f"{sign} {len(reaction.member_ids)}", "chip", title=f":{reaction.emoji}:")
