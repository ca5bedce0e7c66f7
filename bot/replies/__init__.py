"""What the bot says, free of any platform: cards and their wording."""

from bot.replies.cards import Button, Card, Reply

__all__ = ["Button", "Card", "Reply"]
