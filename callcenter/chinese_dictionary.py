"""jieba's dictionary of Chinese words, loaded once for a process, when it is first needed: that takes a second."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from typing import Any


@cache
def chinese_dictionary() -> Any:
    """A `jieba.Tokenizer`: `lcut` cuts a text into words, `FREQ` counts them, `total` is the sum of the counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for setuptools' old way of finding files
        import jieba

    jieba.setLogLevel("ERROR")
    words = jieba.Tokenizer()
    # its cache is a file of ours alone, for it is believed when it is read
    with tempfile.TemporaryDirectory() as folder:
        words.tmp_dir = folder
        words.cache_file = "words"
        words.initialize()
    return words
