"""How one variable is read, and how what is wrong with it is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
Environ = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """``parse`` raises ValueError with what is wrong, worded to follow the variable's name.

    No default means required. A secret may instead stand in the file that NAME_FILE names,
    which is how Docker and Kubernetes hand secrets over; its value never enters a message.
    """

    name: str
    parse: Callable[[str], T]
    meaning: str
    default: str | None = None
    secret: bool = False

    def read(self, environ: Environ) -> T:
        text = self._text(environ)
        if text is None:
            raise ValueError("is required" + f" (or {self.name}_FILE)" * self.secret)
        return self.parse(text)

    def problems(self, environ: Environ) -> Iterator[str]:
        try:
            self.read(environ)
        except ValueError as error:
            given = "" if self.secret else environ.get(self.name, "")
            yield f"{self.name} {error}" + f", not {given!r}" * bool(given)

    def _text(self, environ: Environ) -> str | None:
        """Blank counts as unset, since compose files pass on what is not there."""
        text = environ.get(self.name, "").strip()
        path = environ.get(f"{self.name}_FILE", "").strip() if self.secret else ""
        if text and path:
            raise ValueError(f"is set twice: drop it or {self.name}_FILE")
        return (_content(Path(path)) if path else text) or self.default


def _content(path: Path) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read from {path}: {error}") from error
    if not text:
        raise ValueError(f"is empty in {path}")
    return text
