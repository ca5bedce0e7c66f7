"""What can be wrong with an export, one class a failure; `file` is always relative to the export.

ExportUnreadableError
├── NotAnArchiveError       the zip cannot be opened at all
├── NotAnExportError        nothing here looks like an export
├── DamagedFileError        a member of the zip fails its checksum, is cut off or packed in an unknown way
├── EncryptedFileError      a member of the zip wants a password
├── NotJsonError            a file is no JSON
├── NotUtf8Error            a file is not written in UTF-8
├── NotAListError           a file is JSON, but no list
├── OddEntriesError         entries of a day file are no messages
├── MissingListError        users.json or channels.json is not there
├── UnlistedChannelError    a folder of messages belongs to no channel of the lists
├── NoJsonLinesError        a zip or folder holds no Mattermost export, or several
├── MissingVersionError     the first line is not the version that begins a Mattermost export
├── BadLineError            a line is no JSON, or not UTF-8, or nothing that an export holds
├── CutOffError             the last line is not whole
├── TooManyBadLinesError    so many lines are broken that the rest is not read
└── NoSuchTeamError         the export does not hold the team that the settings name
ExportUnsafeError
├── EscapingPathError       a path climbs out of the archive
├── SymbolicLinkError       a link, which may lead anywhere
└── OversizedError          more than an export holds, as a zip bomb would unpack to
"""

from __future__ import annotations

from indexer.errors import ExportUnreadableError, ExportUnsafeError

_AGAIN_JA = "ほかの読めた分は保存しました。直したあと同じコマンドで続きから取り込めます。"
_AGAIN_EN = "all else that was sound is kept, and the same command goes on from there once it is mended"


class NotAnArchiveError(ExportUnreadableError):
    """The zip cannot be opened."""

    ja = (
        "{file} を zip として開けません({why})。ダウンロードが途中で切れた可能性があります。"
        "読めた分があれば保存しました。取得し直して同じコマンドを実行すると、続きから取り込めます。"
    )
    en = (
        "{file} cannot be opened as a zip ({why}): it may be cut off. What could be read of it is kept; "
        "fetch it again, and the same command goes on from there"
    )


class NotAnExportError(ExportUnreadableError):
    """None of the files that every export holds is there."""

    ja = (
        "{file} は Slack のエクスポートではないようです"
        "(users.json も channels.json もありません)。zip か展開したフォルダーを指定してください。"
    )
    en = "{file} is no Slack export (neither users.json nor channels.json): give the zip or the folder it unpacks to"


class DamagedFileError(ExportUnreadableError):
    """A member of the archive cannot be unpacked."""

    ja = "{file} は壊れていて取り出せません({why})。" + _AGAIN_JA
    en = "{file} is damaged and cannot be unpacked ({why}); " + _AGAIN_EN


class EncryptedFileError(ExportUnreadableError):
    """A member of the archive is encrypted."""

    ja = "{file} はパスワードで保護されています。保護を外した zip を指定してください。"
    en = "{file} is protected by a password: give a zip without one"


class NotJsonError(ExportUnreadableError):
    """A file is not JSON."""

    ja = "{file} は JSON として読めません({line} 行目、{column} 文字目)。" + _AGAIN_JA
    en = "{file} is no valid JSON (line {line}, column {column}); " + _AGAIN_EN


class NotUtf8Error(ExportUnreadableError):
    """A file is not UTF-8."""

    ja = "{file} の文字コードが UTF-8 ではありません({offset} バイト目)。" + _AGAIN_JA
    en = "{file} is not written in UTF-8 (byte {offset}); " + _AGAIN_EN


class NotAListError(ExportUnreadableError):
    """A file holds something other than a list."""

    ja = "{file} の中身がリストではありません。" + _AGAIN_JA
    en = "{file} holds no list; " + _AGAIN_EN


class OddEntriesError(ExportUnreadableError):
    """Entries of a file are not what the file is a list of."""

    ja = "{file} に読めない項目が {count} 件あります。" + _AGAIN_JA
    en = "{file} holds {count} entries that cannot be read; " + _AGAIN_EN


class MissingListError(ExportUnreadableError):
    """A list that names members or channels is missing."""

    ja = "{file} がエクスポートにありません({effect_ja})。" + _AGAIN_JA
    en = "{file} is not in the export ({effect_en}); " + _AGAIN_EN


class UnlistedChannelError(ExportUnreadableError):
    """A folder of messages that no list of channels names: who may see it is unknown, so it is not read."""

    ja = "フォルダー {file} に当たるチャンネルが channels.json にないため、日別ファイル {count} 件を読みませんでした。"
    en = "folder {file} belongs to no channel in channels.json: its {count} day files were not read"


class NoJsonLinesError(ExportUnreadableError):
    """A zip or a folder holds no JSONL, or several of which none is import.jsonl."""

    ja = (
        "{file} に Mattermost のエクスポート(import.jsonl)が見つかりません({found} 件の .jsonl)。"
        "エクスポートの .jsonl か、それを入れた zip を指定してください。"
    )
    en = "{file} holds no Mattermost export ({found} .jsonl files): give its import.jsonl, or the zip that holds it"


class MissingVersionError(ExportUnreadableError):
    """The version line, with which every bulk export begins, is not there or names another format."""

    ja = (
        "{file} の {line} 行目が Mattermost のエクスポートのバージョン行ではありません({why})。"
        "何も取り込んでいません。`mmctl export` で作ったファイルを指定してください。"
    )
    en = (
        "{file}, line {line}: this is not the version line that begins a Mattermost export ({why}); "
        "nothing was read. Give a file made by `mmctl export`"
    )


class BadLineError(ExportUnreadableError):
    """A line of an export cannot be read; the lines before it and after it are."""

    ja = "{file} の {line} 行目を読めません({why})。" + _AGAIN_JA
    en = "{file}, line {line} cannot be read ({why}); " + _AGAIN_EN


class CutOffError(ExportUnreadableError):
    """The file ends in the middle of a line, or its compressed data end before it does."""

    ja = (
        "{file} は {line} 行目で途切れています({why})。その前の行までは保存しました。"
        "取得し直して同じコマンドを実行すると、続きから取り込めます。"
    )
    en = (
        "{file} is cut off in line {line} ({why}); all lines before it are kept. "
        "Fetch it again, and the same command goes on from there"
    )


class TooManyBadLinesError(ExportUnreadableError):
    """More lines are broken than a damaged export has."""

    ja = "{file} は {line} 行目までに {count} 行が読めないため、そこで止めました。その前に読めた分は保存しました。"
    en = "{file}: {count} lines up to line {line} cannot be read, so reading stopped there; what was sound is kept"


class NoSuchTeamError(ExportUnreadableError):
    """The team that the settings name is not in the export."""

    ja = "{file} にチーム「{team}」がありません(あるのは {found})。KYOSO_MATTERMOST_TEAM を確認してください。"
    en = "{file} does not hold team {team} (it holds {found}): check KYOSO_MATTERMOST_TEAM"


class EscapingPathError(ExportUnsafeError):
    """A path leads out of the archive."""

    ja = "{file} はアーカイブの外を指しているため読みませんでした。"
    en = "{file} leads out of the archive and was not read"


class SymbolicLinkError(ExportUnsafeError):
    """A link may lead anywhere."""

    ja = "{file} はシンボリックリンクのため読みませんでした。"
    en = "{file} is a symbolic link and was not read"


class OversizedError(ExportUnsafeError):
    """Larger, or more densely packed, than an export can be."""

    ja = "{file} は大きすぎるため読みませんでした({size} バイト、上限 {limit})。"
    en = "{file} is too large and was not read ({size} bytes, at most {limit})"
