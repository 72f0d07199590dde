"""Which words of a text a model looks at, and the weight of each."""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

GRID = 1024  # of weights: a count times such a weight is exact in float32, so that trees see one value everywhere


class Words(TfidfVectorizer):  # type: ignore[misc] # scikit-learn has no types
    """TF-IDF of given words in texts that `normal` returned: count times weight, with weights that are exact.

    Rows are not scaled to length 1: quotients are rounded one way here and another way in a graph, and a tree whose
    threshold lies between would see two values.
    """

    def __init__(self, vocabulary: list[str] | None = None) -> None:
        """Look at these words."""
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
        """Return what is written to a file: all but the memory address that scikit-learn notes."""
        return {name: value for name, value in super().__getstate__().items() if name != "_stop_words_id"}


def vectorizer(texts: pd.Series, rare: int, most: int) -> Words | None:
    """Return what makes of a text the weights of its words; None where no word is frequent.

    Args:
        texts: of the training rows, as `normal` returns them.
        rare: words of fewer texts are left out.
        most: words, those of the most texts, kept.
    """
    counts = texts.map(lambda text: sorted(set(text.split()))).explode().value_counts()
    frequent = counts[counts >= rare]
    words = sorted(frequent.index, key=lambda word: (-frequent[word], word))[:most]
    return Words(sorted(words)) if words else None
