"""Papers and pictures that the bot hands out: their font, and small documents as Markdown and as PDF."""
