"""Slack: what it reports becomes events, what the bot says becomes Block Kit."""
