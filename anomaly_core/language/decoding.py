"""Tokens -> readable pieces of a reply: whole characters, stop texts, and an end to repetition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

STOPS: Final = ("###",)
"""Texts that end a reply: a base model without an end token goes on with the next turn's heading."""
_LONGEST_BLOCK: Final = 24
_REPEATS: Final = 3
_LEAST_REPEATED: Final = 12


class ReplyStream:
    """Collects one reply token by token.

    A piece is held back while it may still become part of a stop text or of a character whose bytes
    are not complete.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._sent = 0
        self.finished = False

    def push(self, token: int) -> str:
        """Add one token id and return the text that is certain by now; `finished` may become true."""
        self._ids.append(token)
        text = self._text()
        stop = min((at for at in (text.find(s) for s in STOPS) if at >= 0), default=-1)
        if stop >= 0:
            self.finished = True
            return self._send(text[:stop].rstrip())
        if is_repeating(self._ids):
            self.finished = True
            return self._send(text.rstrip("�"))
        # A whitespace end is kept back too, so that none is left dangling before a stop text.
        certain = text.rstrip("�")
        certain = certain[: len(certain) - _partial_stop(certain)].rstrip()
        return self._send(certain)

    def close(self) -> str:
        """Return what was held back, once the model has ended its reply."""
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
    """Yield the pieces of a reply as its tokens come, up to the first of `stops` or the reply's own end."""
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
    """Whether the last tokens are one block said three times over (12 tokens or more in all)."""
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
    """Length of the longest end of `text` that is the beginning of a stop text."""
    return max((n for stop in STOPS for n in range(1, len(stop)) if text.endswith(stop[:n])), default=0)
