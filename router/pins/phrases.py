"""Phrases by which texts address a model and not its user; a table, each pattern matched without case.

They are those of published attacks on MCP clients (Invariant Labs' poisoned `add` of April 2025 and what
followed: hidden orders, files of secrets, words on what the user must not see), and of the markers by which
models tell a system's words from a user's. Patterns have no unbounded repetition, so that no text is slow.
"""

from __future__ import annotations

import re
from typing import Final

_SAYS: Final = r"(?:tell|mention|inform|reveal|notify|alert|disclose)(?:ing)?"
_SENDS: Final = r"(?:send|post|upload|forward|transmit|e-?mail|bcc|leak|copy)"
_GOODS: Final = (
    r"(?:conversation|chat\s+history|credentials?|passwords?|secrets?|api[\s_-]?keys?|private\s+keys?"
    r"|environment\s+variables|system\s+prompt|contents?\s+of)"
)
_PHRASES: Final = {
    "tells to ignore other instructions": (
        r"\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|the|your|of|these|those)\s+){0,3}"
        r"(?:previous|prior|earlier|above|preceding|other|existing|system|safety)\s+(?:\w{1,20}\s+)?"
        r"(?:instructions?|prompts?|rules|directions|guidelines|directives|messages)\b"
    ),
    "hides something from the user": (
        rf"\b(?:do\s+not|don['\u2019]?t|never|must\s+not|without)\s+(?:ever\s+)?{_SAYS}\s+"
        r"(?:[^.\n]{0,60}\bto\s+)?(?:the\s+|your\s+|this\s+to\s+)?(?:users?|humans?|anyone|anybody|person)\b"
        r"|\bdo\s+not\s+mention\s+(?:that\s+you|this\s+(?:step|tool|instruction|to)|these\s+instructions)\b"
        r"|\b(?:without\s+the\s+users?\s+(?:noticing|knowing|knowledge)|keep\s+(?:this|it)\s+(?:a\s+)?secret"
        r"|hide\s+(?:this|it)\s+from)\b"
    ),
    "has a mark that sets text apart for a model": (
        r"<\s{0,3}/?\s{0,3}(?:important|system|instructions?|secret|hidden|assistant|admin)\s{0,3}>"
        r"|<\|[a-z_]{1,30}\|>|\[/?INST\]|<</?SYS>>|^\s{0,3}#{2,3}\s{1,3}(?:system|instruction)\s{0,3}:"
    ),
    "speaks of the system prompt": (
        r"\b(?:your|reveal|print|repeat)\s+(?:the\s+)?system\s+(?:prompt|message|instructions?)\b"
        r"|\b(?:important|new|hidden)\s+system\s+instructions?\b"
    ),
    "gives a model another role": (
        r"\byou\s+are\s+now\s+(?:an?|the|in)\b|\b(?:enable|enter)\s+(?:developer|debug|god|dan)\s+mode\b"
    ),
    "orders something to be read or sent first": (
        r"\b(?:before|prior\s+to|when(?:ever)?|after)\s+(?:you\s+)?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)"
        r"|running|executing)\s+(?:this|the|any|other|another)\b[^.\n]{0,40}?[,:]?\s+(?:you\s+)?"
        r"(?:must\s+|should\s+|always\s+|please\s+|first\s+|also\s+){0,3}"
        r"(?:read|open|access|cat|load|send|include|append|attach)\s+"
    ),
    "passes something along in an argument": (
        r"\b(?:pass|put|include|insert|append|add)\s+(?:its|the|their|all)\s+(?:\w{1,20}\s+){0,2}?contents?\s+"
        r"(?:of\s+[^.\n]{1,60}\s+)?(?:as|in|into|to)\s+(?:the\s+)?['\"`]?\w{1,40}"
    ),
    "names a place of secrets": (
        r"(?:~|\$HOME|%USERPROFILE%|/root|/home/\w{1,32})[/\\]\.(?:ssh|aws|gnupg|kube|config|cursor|netrc"
        r"|npmrc|docker|pypirc|git-credentials|bash_history)\b"
        r"|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|/etc/(?:passwd|shadow|sudoers)\b|\bauthorized_keys\b"
        r"|(?<![\w./*])\.env(?:\.local|\.production)?(?![\w(])|\.cursor/mcp\.json\b|\bclaude_desktop_config\b"
    ),
    "sends something away": (
        rf"\b{_SENDS}\s+(?:\w{{1,20}}\s+){{0,4}}?{_GOODS}\b[^.\n]{{0,80}}?\b(?:to|via)\b"
        r"|\b(?:exfiltrate|bcc)\b"
        rf"|\b{_SENDS}\b[^.\n]{{0,60}}\bto\s+(?:https?://|[\w.+-]{{1,60}}@[\w-]{{1,60}}\.)"
    ),
    "holds a comment that a page does not show": r"<!--",
    "pushes text out of sight": r"[ \t]{120}|(?:\n[ \t]{0,20}){20}",
    "holds a block that reads as base64": (
        r"(?<![a-z0-9+/=_-])(?-i:(?=[A-Za-z0-9+/_-]{0,60}[A-Z])(?=[A-Za-z0-9+/_-]{0,60}[a-z]))"
        r"(?=[a-z0-9+/_-]{0,60}[0-9])[a-z0-9+/_-]{80,4096}={0,2}"
    ),
}
PHRASES: Final = {
    what: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for what, pattern in _PHRASES.items()
}
"""What each does, with what it looks like."""
