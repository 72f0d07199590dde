"""Frequent words of texts as columns of 0 and 1, so that a shallow tree can detect a text that leaks the label."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lockstep.statistics.weighted import Floats

WORD = re.compile(r"\w+")
LEAST_SHARE = 0.01  # of the rows: a rarer word identifies rows, not labels
MOST = 200


def frequent(texts: pd.Series) -> tuple[str, ...]:
    """Return the most frequent words, by number of rows; ties by name.

    Args:
        texts: (n,), texts and missing values.
    """
    counts = Counter(word for text in texts.dropna() for word in _words(text))
    known = [word for word, rows in counts.items() if rows >= LEAST_SHARE * len(texts)]
    return tuple(sorted(known, key=lambda word: (-counts[word], word))[:MOST])


def flags(texts: pd.Series, words: Sequence[str]) -> Floats:
    """Return whether each row has a text, and each of the words: (n, 1 + words)."""
    place = {word: number for number, word in enumerate(words, start=1)}
    found = np.zeros((len(texts), 1 + len(words)))
    for row, (text, known) in enumerate(zip(texts, texts.notna(), strict=True)):
        if known:
            found[row, [0, *(place[word] for word in _words(text) if word in place)]] = 1
    return found


def _words(text: object) -> set[str]:
    return set(WORD.findall(str(text).casefold()))
