"""The errors that people see, one class a failure; the CLI prints `text(lang)` and exits with `exit_code`.

KyosoError                      the work failed (exit 1)
├── SnapshotMismatchError       the index was built by another encoder or text version
├── IndexMissingError           nothing has been indexed yet
├── EncoderUnavailableError     the configured model cannot be loaded
├── DatabaseUnreadyError        the database is not at the migration this version needs
├── TooFewPairsError            not enough resolved threads to train on
└── BadInputError               what the caller gave is wrong (exit 2)
    ├── UnknownSettingError     a KYOSO_* name that nothing reads
    ├── BadSettingError         a setting whose value cannot be used
    ├── NoSuchFileError         a path that is not there
    ├── ExportUnreadableError   a file of an export that cannot be read
    ├── ExportUnsafeError       an archive that climbs out of itself or unpacks without bound
    ├── BadChannelMapError      channel_map.yaml: file, line, key, what is wrong
    ├── BadGlossaryError        glossary.yaml: file, line, what is wrong
    ├── BadDataError            a file of an evaluation: file, line, what is wrong
    └── UnknownNameError        a channel, prefecture or municipality that does not exist
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar


class KyosoError(Exception):
    """A failure that people are told of: `ja` and `en` are templates filled with the facts given as keywords."""

    ja: ClassVar[str] = "処理に失敗しました: {what}"
    en: ClassVar[str] = "the work failed: {what}"
    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.en.format(**facts))

    def __reduce__(self) -> tuple[Callable[[], KyosoError], tuple[()]]:
        """How it comes home from a process of its own: by its facts, where others are made anew of their message."""
        return partial(type(self), **self.facts), ()

    def text(self, lang: str) -> str:
        """The message in `lang` (`ja`, or English for anything else)."""
        return (self.ja if lang == "ja" else self.en).format(**self.facts)


class SnapshotMismatchError(KyosoError):
    """The index on disk was made with another encoder or another version of the text rules."""

    ja = "索引が現在の設定と合いません({what})。`kyoso index --rebuild` で作り直してください。"
    en = "the index does not match the settings ({what}): run `kyoso index --rebuild`"


class IndexMissingError(KyosoError):
    """There is no index yet."""

    ja = "索引がまだありません({path})。先に `kyoso import` と `kyoso index` を実行してください。"
    en = "there is no index yet ({path}): run `kyoso import` and `kyoso index` first"


class EncoderUnreachableError(KyosoError):
    """A model that is not at hand, and the place it would be fetched from does not answer."""

    ja = (
        "エンコーダー {name} は手元になく、取得元 {hub} にも接続できません。"
        "つながる端末で取得したフォルダーを KYOSO_ENCODER に指定してください。"
    )
    en = (
        "encoder {name} is not at hand and {hub} cannot be reached; "
        "fetch it where there is a connection and name the folder in KYOSO_ENCODER"
    )


class EncoderUnavailableError(KyosoError):
    """The encoder named in the settings cannot be loaded."""

    ja = "エンコーダー {name} を読み込めません: {why}。KYOSO_ENCODER を確認してください。"
    en = "encoder {name} cannot be loaded: {why}; check KYOSO_ENCODER"


class DatabaseUnreadyError(KyosoError):
    """The database does not answer, or its tables belong to another version."""

    ja = "データベース {url} を使えません: {why}"
    en = "database {url} cannot be used: {why}"


class TooFewPairsError(KyosoError):
    """Training needs more resolved threads than there are."""

    ja = "学習に使える解決済みスレッドが {found} 件しかありません({needed} 件以上必要です)。"
    en = "only {found} resolved threads to train on; at least {needed} are needed"


class BadInputError(KyosoError):
    """What the caller gave cannot be used."""

    ja = "入力が正しくありません: {what}"
    en = "bad input: {what}"
    exit_code = 2


class UnknownSettingError(BadInputError):
    """A KYOSO_* name that nothing reads, most likely a typing slip."""

    ja = "設定 {name} は存在しません。{hint}"
    en = "there is no setting {name}. {hint}"


class BadSettingError(BadInputError):
    """A setting whose value cannot be used."""

    ja = "設定 {name} の値が正しくありません: {why}"
    en = "setting {name} has a wrong value: {why}"


class NoSuchFileError(BadInputError):
    """A path that does not exist."""

    ja = "{path} が見つかりません。"
    en = "{path} does not exist"


class ExportUnreadableError(BadInputError):
    """A file of an export is broken; everything sound was kept."""

    ja = "{file} を読めません: {why}。読めた分は保存しました。直したあと同じコマンドで続きから取り込めます。"
    en = "{file} cannot be read: {why}; all that was sound is kept, and the same command goes on from there"


class ExportUnsafeError(BadInputError):
    """An archive names paths outside itself, or would unpack to far more than an export can hold."""

    ja = "{file} は安全に読めません: {why}"
    en = "{file} is not safe to read: {why}"


class BadChannelMapError(BadInputError):
    """channel_map.yaml cannot be used as it stands."""

    ja = "{file}:{line}: {key}: {why}"
    en = "{file}:{line}: {key}: {why}"


class BadGlossaryError(BadInputError):
    """glossary.yaml cannot be used as it stands."""

    ja = "{file}:{line}: {why}"
    en = "{file}:{line}: {why}"


class BadDataError(BadInputError):
    """A line of a corpus, of queries or of labels to evaluate with cannot be used."""

    ja = "{file}:{line}: {why}"
    en = "{file}:{line}: {why}"


class UnknownNameError(BadInputError):
    """A channel, prefecture or municipality that nothing here knows."""

    ja = "{kind}「{name}」が見つかりません。{hint}"
    en = "there is no {kind} named {name}. {hint}"
