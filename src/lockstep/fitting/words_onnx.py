"""`Words` as ONNX."""

from lockstep.fitting.words import Words


def register() -> None:
    """Register `Words` with skl2onnx, which converts it like any TF-IDF."""
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
