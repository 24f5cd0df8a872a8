"""Words that hold a sentence together and say nothing of a clip: articles, pronouns, auxiliaries,
prepositions, conjunctions. For languages without a list here, how common a word is among the
clips of the unit has to tell (see specificity.py)."""

from __future__ import annotations

_ENGLISH = """
a about above after again against all also am an and another any are as at be because been before
being below between both but by can could did do does doing down during each few for from further
had has have having he her here hers him himself his how i if in into is it its itself just me more
most my no nor not now of off on once only or other our out over own same she should so some such
than that the their them then there these they this those through to too under until up upon very
was we were what when where which while who whom why will with would you your
"""
_SPANISH = """
a al algo ante bajo como con cuando de del desde donde el ella ellas ellos en entre era es esa ese
eso esta este esto fue ha hacia han hasta hay la las le les lo los me mi más muy no nos o para pero
por que qué se ser si sin sobre son su sus también te tu un una uno unos y ya yo
"""
_FRENCH = """
à au aux avec c ce cette ces d dans de des donc du elle elles en est et être eux il ils j je l la
le les leur leurs lui m mais me même mes moi mon n ne nous on ou où par pas plus pour qu que qui s
sa sans se ses si son sont sous sur ta te tes toi ton tu un une vous y a ont
"""
_GERMAN = """
aber als am an auch auf aus bei bin bis da dann das dass dem den der des die dies diese dieser
dieses doch du ein eine einem einen einer eines er es für hat haben hatte ich ihm ihn ihr im in ist
ja kann mein mit nach nicht noch nur ob oder schon sein seine sich sie sind so um und uns unter vom
von vor war was wenn wer wie wir wird wo zu zum zur über
"""
_PORTUGUESE = """
a ao aos as até com como da das de dela dele do dos e ela elas ele eles em entre era essa esse esta
este eu foi há isso isto já la lhe mais mas me meu minha muito na nas nem no nos não nós o os ou
para pela pelo por qual quando que quem se sem ser seu são só sua também te tem um uma você
"""
_ITALIAN = """
a ad ai al alla alle anche che chi ci come con cui da dal dalla dei del della delle di dove e ed è
era essere gli ha hanno ho i il in io la le lei lo loro lui ma mi nei nel nella noi non o per perché
più quando quello questa questo se si sono su sua sul suo tra tu un una uno voi
"""
_RUSSIAN = """
а без был была были было быть в вам вас весь во вот все всё вы где да для до его ее её если есть же
за здесь и из или им их к как когда кто ли мне мы на над нас не него нее неё нет но о об он она они
оно от по под при с со так там то только тот ты у уже что чтобы это этот эта эти я
"""

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in (
        ("en", _ENGLISH),
        ("es", _SPANISH),
        ("fr", _FRENCH),
        ("de", _GERMAN),
        ("pt", _PORTUGUESE),
        ("it", _ITALIAN),
        ("ru", _RUSSIAN),
    )
}
"""First part of a BCP-47 tag -> lower-case words."""

LEADING: dict[str, frozenset[str]] = {
    "en": frozenset({"a", "an", "and", "because", "but", "or", "the", "their", "while"}),
    "es": frozenset({"de", "del", "el", "la", "las", "los", "o", "pero", "un", "una", "y"}),
    "fr": frozenset({"de", "des", "du", "et", "la", "le", "les", "mais", "ou", "un", "une"}),
    "de": frozenset({"aber", "das", "dem", "den", "der", "des", "eine", "oder", "und"}),
    "pt": frozenset({"da", "das", "de", "do", "dos", "e", "mas", "ou", "um", "uma"}),
    "it": frozenset({"dei", "del", "della", "di", "e", "gli", "il", "lo", "ma", "un", "una"}),
    "ru": frozenset({"без", "для", "и", "из", "или", "но", "чтобы"}),
}
"""Words that need another one after them: a sentence that ends in one was cut off."""
