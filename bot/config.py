"""The bot's settings: the indexer's, and how to reach the platforms."""

from __future__ import annotations

from indexer.config import Settings


class BotSettings(Settings):
    """All settings; `docs/settings.md` lists them."""

    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""
    slack_api_url: str = "https://slack.com/api/"
    mattermost_token: str = ""
    mattermost_command_token: str = ""
    public_url: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 8765
    console_token: str = ""
