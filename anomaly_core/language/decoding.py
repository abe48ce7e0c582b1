"""Streaming of a reply from tokens: whole characters, stop texts, and an end to repetition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

STOPS: Final = ("###",)
"""Texts that end a reply, for base models without an end token."""
_LONGEST_BLOCK: Final = 24
_REPEATS: Final = 3
_LEAST_REPEATED: Final = 12


class ReplyStream:
    """The text of one reply, token by token; parts of a stop text or of a character are held back."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._sent = 0
        self.finished = False

    def push(self, token: int) -> str:
        """Add one token id and return the text that has become certain; `finished` may become true."""
        self._ids.append(token)
        text = self._text()
        stop = min((at for at in (text.find(s) for s in STOPS) if at >= 0), default=-1)
        if stop >= 0:
            self.finished = True
            return self._send(text[:stop].rstrip())
        if is_repeating(self._ids):
            self.finished = True
            return self._send(text.rstrip("�"))
        # Trailing whitespace waits too, so that none remains before a stop text.
        certain = text.rstrip("�")
        certain = certain[: len(certain) - _partial_stop(certain)].rstrip()
        return self._send(certain)

    def close(self) -> str:
        """Return the remaining text at the end of the reply."""
        self.finished = True
        return self._send(self._text().rstrip("�").rstrip())

    def _text(self) -> str:
        text: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return text.lstrip()

    def _send(self, text: str) -> str:
        piece = text[self._sent :]
        self._sent = max(self._sent, len(text))
        return piece


def readable(tokens: Iterable[int], tokenizer: Any, stops: frozenset[int]) -> Iterator[str]:
    """Yield pieces of a reply as its tokens arrive, up to the first of `stops` or the reply's own end."""
    reply = ReplyStream(tokenizer)
    for token in tokens:
        if token in stops:
            break
        piece = reply.push(token)
        if piece:
            yield piece
        if reply.finished:
            return
    rest = reply.close()
    if rest:
        yield rest


def is_repeating(ids: list[int]) -> bool:
    """Return whether the last tokens repeat one block three times or more, over 12 tokens or more."""
    for length in range(1, _LONGEST_BLOCK + 1):
        repeats = max(_REPEATS, -(-_LEAST_REPEATED // length))
        span = length * repeats
        if len(ids) < span:
            continue
        block = ids[-length:]
        if all(ids[-span + k * length :][:length] == block for k in range(repeats)):
            return True
    return False


def _partial_stop(text: str) -> int:
    """Return the length of the longest suffix of `text` that is a prefix of a stop text."""
    return max((n for stop in STOPS for n in range(1, len(stop)) if text.endswith(stop[:n])), default=0)
