"""Files that go with a message: uploaded for nobody first, then named by the one message that shows and shares them.

So a message with files carries its key like any other, and a crash in between leaves at most a file that nobody sees.
Slack goes on looking at a file after it took it; until then a message with the picture is refused (`invalid_blocks`,
github.com/slackapi/bolt-python/issues/1251), and a file is shared by whoever may see it naming its permalink in a
message (github.com/slackapi/bolt-python/issues/1018).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import structlog

from bot.errors import PlatformRefusedError
from bot.platforms.payloads import dicts_in, string_in
from bot.platforms.slack.web_api import WebApi, hand_over
from bot.replies import Attachment

UPLOAD_ALT = 1_000  # characters of `alt_txt`; the image block takes more
UPLOAD_SECONDS = 60  # for a large PDF over a slow line
# Pauses before a message with a picture is tried again, while Slack still looks at the file; a PNG takes 1 to 3 s.
LOOKED_AT_SECONDS = (1.0, 2.0, 4.0, 8.0)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that Slack has, seen by the bot alone until a message names it."""

    id: str
    permalink: str
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Uploads:
    """Uploads with one token. `address`: the workspace's own, `user_id`: the bot's, both for permalinks."""

    api: WebApi
    web: httpx.Client
    address: str
    user_id: str

    def accompany(self, attachments: Iterable[Attachment], say: Callable[[Sequence[Uploaded]], str]) -> str:
        """Say a message with its files; where Slack does not take a picture after a while, without pictures."""
        files = self.upload(attachments)
        pauses = LOOKED_AT_SECONDS if any(file.attachment.picture for file in files) else ()
        for pause in pauses:
            try:
                return say(files)
            except PlatformRefusedError as refused:
                if refused.facts.get("why") != "invalid_blocks":
                    raise
            self.api.sleep(pause)
        if pauses:
            log.warning("a message is said without its pictures: Slack refuses them")
        return say([file for file in files if not file.attachment.picture])

    def upload(self, attachments: Iterable[Attachment]) -> tuple[Uploaded, ...]:
        """The files as Slack took them; one it refuses is left out: the message is said without it.

        Raises PlatformError where it may take them later.
        """
        found = (self._one(attachment) for attachment in attachments)
        return tuple(uploaded for uploaded in found if uploaded is not None)

    def _one(self, attachment: Attachment) -> Uploaded | None:
        try:
            return self._uploaded(attachment)
        except PlatformRefusedError as refused:
            log.warning("a file is left out of a message", ending=attachment.name.rpartition(".")[2], why=str(refused))
            return None

    def _uploaded(self, attachment: Attachment) -> Uploaded:
        name, content = attachment.name, attachment.content
        described = {"alt_txt": attachment.alt[:UPLOAD_ALT]} if attachment.alt else {}
        place = self.api.call("files.getUploadURLExternal", filename=name, length=len(content), **described)
        file_id = string_in(place.get("file_id"))
        self._send(string_in(place.get("upload_url")), content)
        told = self.api.call("files.completeUploadExternal", files=json.dumps([{"id": file_id, "title": name}]))
        file = next(iter(dicts_in(told.get("files"))), {})
        permalink = string_in(file.get("permalink"))
        return Uploaded(file_id, permalink or self._permalink(file_id, name), attachment)

    def _send(self, url: str, content: bytes) -> None:
        hand_over(self.web, "upload_url", url, content=content, timeout=UPLOAD_SECONDS)

    def _permalink(self, file_id: str, name: str) -> str:
        return f"{self.address.rstrip('/')}/files/{self.user_id}/{file_id}/{quote(name.lower())}"
