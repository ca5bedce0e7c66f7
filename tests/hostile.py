"""Texts that search must survive: empty, endless, in every script, and full of other programs' syntax."""

from __future__ import annotations

HOSTILE = [
    "",
    " ",
    "あ",
    "?",
    "😀😀👨‍👩‍👧",
    "\x00",
    "\ud800",
    "a\ud800\udfffb",
    "ｺﾝﾋﾞﾆ交付ﾃﾞ証明書ｶﾞ出ﾏｾﾝ",
    '"AND (OR NOT +-title:* [a TO b] ~2^3 \\ /re.*/ {}',
    "question:住民票",
    "'; DROP TABLE threads; --",
    "あ" * 40_000,
    "a" * 40_000,
    "質問 " * 13_000,
    "\n" * 40_000,
    "@" * 40_000,
    "http://" * 6_000,
    "﷽" * 40_000,
    "住民票 zażółć Ελληνικά العربية हिन्दी ｶﾅ 漢字",
]
