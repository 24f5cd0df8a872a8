"""The languages of the grammar. A new one is a new file and a line here."""

from scripts.demo_grammar.ar import Arabic
from scripts.demo_grammar.bn import Bengali
from scripts.demo_grammar.de import German
from scripts.demo_grammar.en import English
from scripts.demo_grammar.es import Spanish
from scripts.demo_grammar.fr import French
from scripts.demo_grammar.hi import Hindi
from scripts.demo_grammar.ja import Japanese
from scripts.demo_grammar.language import Language
from scripts.demo_grammar.ru import Russian
from scripts.demo_grammar.si import Sinhala
from scripts.demo_grammar.sv import Swedish
from scripts.demo_grammar.ta import Tamil
from scripts.demo_grammar.ur import Urdu
from scripts.demo_grammar.zh import Chinese

ENGLISH: Language = English()
TARGETS: dict[str, Language] = {
    language.tag: language
    for language in (
        Chinese(),
        Spanish(),
        French(),
        German(),
        Hindi(),
        Arabic(),
        Russian(),
        Bengali(),
        Urdu(),
        Sinhala(),
        Tamil(),
        Swedish(),
        Japanese(),
    )
}
