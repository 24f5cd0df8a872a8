"""The parallel caption grammar from which the demo translator learns: one file per language."""

from scripts.demo_grammar.corpus import Pair, english_words, pairs, sentences, word_pairs
from scripts.demo_grammar.language import Language
from scripts.demo_grammar.registry import ENGLISH, TARGETS

__all__ = [
    "ENGLISH",
    "TARGETS",
    "Language",
    "Pair",
    "english_words",
    "pairs",
    "sentences",
    "word_pairs",
]
