"""The words of a text that a model uses, and the weight of each."""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

GRID = 1024  # weights are multiples of 1 / GRID: count times weight is then exact in float32


class Words(TfidfVectorizer):  # type: ignore[misc] # scikit-learn has no types
    """TF-IDF of given words in texts that `normal` returned: count times weight, exact in float32.

    Rows are not scaled to length 1: the division is rounded differently here and in the graph, and the threshold of a
    tree may lie between the two results.
    """

    def __init__(self, vocabulary: list[str] | None = None) -> None:
        """Use these words."""
        super().__init__(
            token_pattern="[^ ]+",  # noqa: S106 # no secret
            lowercase=False,
            vocabulary=vocabulary,
            norm=None,
            dtype=np.float32,
        )

    def fit(self, texts: Any, label: Any = None) -> Self:
        """Learn the weight of each word from texts (n,)."""
        super().fit(texts, label)
        self.idf_ = np.round(self.idf_ * GRID) / GRID  # type: ignore[has-type] # a property of scikit-learn
        return self

    def fit_transform(self, texts: Any, label: Any = None) -> Any:
        """Return what `transform` does for the same texts."""
        return self.fit(texts, label).transform(texts)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state to save, without the memory address that scikit-learn stores."""
        return {name: value for name, value in super().__getstate__().items() if name != "_stop_words_id"}


def vectorizer(texts: pd.Series, rare: int, most: int) -> Words | None:
    """Return the vectorizer of a text feature; None if no word is frequent.

    Args:
        texts: of the training rows, as `normal` returns them.
        rare: minimum number of texts with a word.
        most: maximum number of words; the most frequent are kept.
    """
    counts = texts.map(lambda text: sorted(set(text.split()))).explode().value_counts()
    frequent = counts[counts >= rare]
    words = sorted(frequent.index, key=lambda word: (-frequent[word], word))[:most]
    return Words(sorted(words)) if words else None
