"""What topics are compared with: paths and campaigns by pattern, titles and searches by word."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

_ACCENTS = re.compile("[\u0300-\u036f]")
# Thai, Lao, kana, Chinese and Korean do not, or not always, put spaces between words. There every
# letter counts as a word, so that a word is found inside what is written in one piece.
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern in which only `*` is special: any text, also none. Matches in linear time."""

    head: str
    middle: tuple[str, ...]
    tail: str | None  # None: there is no star, and the head is all

    @classmethod
    def of(cls, pattern: str) -> Self:
        head, *rest = pattern.split("*")
        return cls(head, tuple(filter(None, rest[:-1])), rest[-1] if rest else None)

    def matches(self, text: str) -> bool:
        if not text.startswith(self.head):
            return False
        if self.tail is None:
            return text == self.head
        start, end = len(self.head), len(text) - len(self.tail)
        if start > end or not text.endswith(self.tail):
            return False
        for piece in self.middle:
            start = text.find(piece, start, end)
            if start < 0:
                return False
            start += len(piece)
        return True


def place(path: str) -> str:
    """The path as patterns see it: decoded, in lower case, with a slash at its end.

    The slash makes "/bahamas" and "/bahamas/*" hold for /bahamas and for /bahamas/ alike.
    """
    path = unquote(path).casefold()
    return path if path.endswith("/") else f"{path}/"


def place_pattern(pattern: str) -> Glob:
    return Glob.of(unquote(pattern).casefold() if pattern.endswith("*") else place(pattern))


def words(text: str) -> str:
    """The words in lower case and without accents, each between single spaces."""
    if not text.isascii():
        bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", bare)
    return f" {' '.join(_WORD.findall(text.casefold()))} "
