"""Settings of the indexer, from KYOSO_* environment variables and `.env`.

The bot's settings extend these. A KYOSO_* name that nothing reads is an error: a typing slip must not pass silently.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from dotenv import dotenv_values
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from indexer.errors import BadSettingError, UnknownSettingError

PREFIX = "KYOSO_"
# What ships with the code (municipalities, glossary, sample community), as against `Settings.data_dir`.
SHIPPED = Path(__file__).parent.parent / "data"
# The bot's own names, which `python -m indexer` must tolerate in a shared `.env`; the bot itself checks them by name.
BOT_PREFIXES = ("KYOSO_SLACK_", "KYOSO_MATTERMOST_", "KYOSO_HTTP_", "KYOSO_CONSOLE_", "KYOSO_PUBLIC_")


class Settings(BaseSettings):
    """What importing, indexing and searching need; `docs/settings.md` lists all names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    database_url: str = ""
    channel_map: Path = Path("channel_map.yaml")
    encoder: str = "community"
    encoder_backend: Literal["torch", "onnx", "openvino"] = "torch"
    encoder_file: str = ""
    encoder_batch: int = Field(default=32, ge=1, le=1024)
    lang: Literal["ja", "en"] = "ja"
    timezone: str = "Asia/Tokyo"
    mattermost_url: str = ""
    mattermost_team: str = ""

    @classmethod
    def load(cls) -> Self:
        """Read the environment and `.env`.

        Raises UnknownSettingError for a KYOSO_* name nothing reads and BadSettingError for a value that does not fit.
        """
        names = {PREFIX + name.upper() for name in cls.model_fields}
        refuse_unknown(given_names(), names, () if "slack_bot_token" in cls.model_fields else BOT_PREFIXES)
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + str(first["loc"][0]).upper()
            raise BadSettingError(name=name, why=first["msg"]) from error

    @property
    def url(self) -> str:
        """The SQLAlchemy URL, SQLite in the data folder unless one is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'kyoso.sqlite3'}"

    @property
    def index_dir(self) -> Path:
        """Where snapshots live."""
        return self.data_dir / "index"

    @property
    def models_dir(self) -> Path:
        """Where trained encoders live."""
        return self.data_dir / "models"


def given_names() -> set[str]:
    """The KYOSO_* names set in the environment or in `.env`."""
    return {name for name in (*os.environ, *dotenv_values(".env")) if name.startswith(PREFIX)}


def refuse_unknown(given: Iterable[str], known: set[str], tolerated: tuple[str, ...] = ()) -> None:
    """Raise UnknownSettingError for the first of `given` that is neither known nor starts with a tolerated prefix."""
    for name in sorted(given):
        if name in known or name.startswith(tolerated):
            continue
        near = difflib.get_close_matches(name, known, n=1)
        raise UnknownSettingError(name=name, hint=f"→ {near[0]}" if near else "")


def language() -> str:
    """The language of help texts, read before the settings are: `KYOSO_LANG`, Japanese by default."""
    return os.environ.get("KYOSO_LANG") or dotenv_values(".env").get("KYOSO_LANG") or "ja"
