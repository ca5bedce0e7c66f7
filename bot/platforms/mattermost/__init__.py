"""Mattermost: what it reports becomes events, what the bot says becomes posts with message attachments."""
