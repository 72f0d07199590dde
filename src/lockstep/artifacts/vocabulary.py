"""Texts as words: how a text is cut, which words a model looks at, and what each of them weighs."""

import re
import unicodedata
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

WORD = re.compile(r"\w+")
GRID = 1024  # of weights: a count times such a weight is exact in float32, so that trees see one value everywhere


def normal(text: str) -> str:
    """Return the words of a text in lower case with a space between them.

    All that depends on an alphabet happens here, in Python: the graph only cuts at spaces, for ONNX Runtime knows the
    letters of the machine's locale alone.
    """
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).lower()))


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


def register() -> None:
    """Teach skl2onnx these texts, which it converts like any TF-IDF."""
    from skl2onnx import update_registered_converter
    from skl2onnx.operator_converters.tfidf_vectoriser import convert_sklearn_tfidf_vectoriser
    from skl2onnx.shape_calculators.text_vectorizer import calculate_sklearn_text_vectorizer_output_shapes

    options = {
        "tokenexp": None,
        "separators": None,
        "nan": [True, False],
        "keep_empty_string": [True, False],
        "locale": None,
    }
    update_registered_converter(
        Words,
        "LockstepWords",
        calculate_sklearn_text_vectorizer_output_shapes,
        convert_sklearn_tfidf_vectoriser,
        options=options,
    )
