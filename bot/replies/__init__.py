"""What the bot says, free of any platform: cards and their wording."""

from bot.replies.cards import Attachment, Button, Card, Menu, Reply

__all__ = ["Attachment", "Button", "Card", "Menu", "Reply"]
