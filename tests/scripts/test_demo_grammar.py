"""The parallel grammar covers the visual teacher, in every language, in its own script."""

from __future__ import annotations

import re
import unicodedata

import pytest

from scripts.demo_grammar import ENGLISH, TARGETS, english_words, pairs, sentences, word_pairs
from scripts.demo_grammar.ar import conjugate
from scripts.demo_grammar.meanings import Act, Action, Place, Sight, Thing, Who, everything
from stages.caption.visual_grammar import (
    Camera,
    CameraWork,
    Colour,
    Length,
    Light,
    Motion,
    Saturation,
    Scene,
    Sound,
    SoundAndText,
    all_sentences,
)
from stages.translate.domain import Domain

END = {"zh": "。", "ja": "。", "hi": "।", "bn": "।", "ur": "۔"}
SCRIPT = {
    "hi": re.compile(r"[\u0900-\u097f ,।-]+"),
    "ar": re.compile(r"[\u0600-\u06ff .]+"),
    "zh": re.compile(r"[\u4e00-\u9fff，、。]+"),
    "ja": re.compile(r"[\u3005\u3040-\u30ff\u4e00-\u9fff、。]+"),
    "ru": re.compile(r"[\u0400-\u04ff ,.-]+"),
    # The danda is Unicode's Devanagari one in every script of India.
    "bn": re.compile(r"[\u0980-\u09ff ,।-]+"),
    "ur": re.compile(r"[\u0600-\u06ff ]+"),
    # A zero-width joiner belongs inside a conjunct: after the virama, before a consonant.
    "si": re.compile(r"(?:[\u0d80-\u0dff ,.-]|(?<=\u0dca)\u200d(?=[\u0d9a-\u0dc6]))+"),
    "ta": re.compile(r"[\u0b80-\u0bff ,.]+"),
}
LATIN = re.compile(r"[A-Za-z]")


def test_all_targets_are_there() -> None:
    wanted = ("zh", "es", "fr", "de", "hi", "ar", "ru", "bn", "ur", "si", "ta", "sv", "ja")
    assert set(TARGETS) == set(wanted)


def test_every_visual_sentence_is_covered() -> None:
    assert set(all_sentences()) <= set(sentences())


def test_english_is_unambiguous() -> None:
    assert len(sentences()) == len(list(everything()))


@pytest.mark.parametrize("language", sorted(TARGETS))
class TestEveryLanguage:
    def test_tag_and_size(self, language: str) -> None:
        assert TARGETS[language].tag == language
        assert [pair.english for pair in pairs(language)] == list(sentences())

    def test_form(self, language: str) -> None:
        end = END.get(language, ".")
        for _, text in pairs(language):
            assert text == " ".join(text.split()) == unicodedata.normalize("NFC", text)
            assert text.endswith(end), text
            assert text.count(end) == 1, text
            assert " ," not in text, text
            assert " ." not in text, text
            assert text[0] == text[0].upper(), text

    def test_script(self, language: str) -> None:
        allowed = SCRIPT.get(language)
        for _, text in pairs(language):
            assert bool(LATIN.search(text)) == (allowed is None), text
            assert allowed is None or allowed.fullmatch(text), text

    def test_nothing_is_lost(self, language: str) -> None:
        """Sentences that differ in English differ in the target."""
        texts = [pair.target for pair in pairs(language)]
        assert len(set(texts)) == len(texts)


def test_agreement() -> None:
    """Gender and number, where a language marks them."""

    def said(language: str, who: Who, act: Act, place: Place | None = None) -> str:
        return TARGETS[language].render(Action(who, act, place))

    assert said("es", Who.WOMEN, Act.SIT) == "Dos mujeres están sentadas."
    assert said("hi", Who.GIRL, Act.SIT, Place.PARK) == "एक लड़की पार्क में बैठी है।"
    assert said("hi", Who.WOMEN, Act.RUN) == "दो महिलाएँ दौड़ रही हैं।"
    assert said("zh", Who.DOG, Act.SLEEP, Place.STREET) == "一只狗正在街上睡觉。"
    red = Sight(Thing.CAR, Colour.RED, Place.STREET)
    assert TARGETS["ar"].render(red) == "هناك سيارة حمراء في الشارع."
    assert TARGETS["es"].render(red) == "Hay un coche rojo en la calle."
    assert ENGLISH.render(red) == "There is a red car in the street."


@pytest.mark.parametrize(
    ("language", "who", "act", "place", "sentence"),
    [
        # Urdu: gender on the participle, number on the copula too.
        ("ur", Who.MAN, Act.SIT, Place.PARK, "ایک آدمی پارک میں بیٹھا ہے۔"),
        ("ur", Who.GIRL, Act.SIT, Place.PARK, "ایک لڑکی پارک میں بیٹھی ہے۔"),
        ("ur", Who.CHILDREN, Act.PLAY, Place.GARDEN, "کچھ بچے باغ میں کھیل رہے ہیں۔"),
        ("ur", Who.WOMEN, Act.RUN, None, "دو عورتیں دوڑ رہی ہیں۔"),
        # Bengali: the verb stays, the classifier tells people from animals.
        ("bn", Who.MAN, Act.READ, Place.ROOM, "একজন পুরুষ একটি ঘরে বই পড়ছে।"),
        ("bn", Who.WOMEN, Act.READ, Place.ROOM, "দুজন মহিলা একটি ঘরে বই পড়ছে।"),
        ("bn", Who.DOG, Act.SLEEP, Place.STREET, "একটি কুকুর রাস্তায় ঘুমাচ্ছে।"),
        # Sinhala: the verb is plural for several people.
        ("si", Who.MAN, Act.WALK, Place.STREET, "මිනිසෙක් වීදියේ ඇවිදිමින් සිටී."),
        ("si", Who.MEN, Act.WALK, Place.STREET, "මිනිසුන් දෙදෙනෙක් වීදියේ ඇවිදිමින් සිටිති."),
        # Tamil: respect, gender, number and animals each have an ending.
        ("ta", Who.WOMAN, Act.WALK, Place.STREET, "ஒரு பெண் தெருவில் நடக்கிறார்."),
        ("ta", Who.BOY, Act.WALK, Place.STREET, "ஒரு சிறுவன் தெருவில் நடக்கிறான்."),
        ("ta", Who.GIRL, Act.WALK, Place.STREET, "ஒரு சிறுமி தெருவில் நடக்கிறாள்."),
        ("ta", Who.MEN, Act.WALK, Place.STREET, "இரண்டு ஆண்கள் தெருவில் நடக்கிறார்கள்."),
        ("ta", Who.CAT, Act.WALK, Place.STREET, "ஒரு பூனை தெருவில் நடக்கிறது."),
    ],
)
def test_agreement_of_verbs(
    language: str, who: Who, act: Act, place: Place | None, sentence: str
) -> None:
    assert TARGETS[language].render(Action(who, act, place)) == sentence


@pytest.mark.parametrize(
    ("language", "thing", "colour", "sentence"),
    [
        # Urdu: a feminine and a masculine noun.
        ("ur", Thing.CAR, Colour.YELLOW, "ایک کمرے میں ایک پیلی کار ہے۔"),
        ("ur", Thing.FLOWER, Colour.YELLOW, "ایک کمرے میں ایک پیلا پھول ہے۔"),
        ("bn", Thing.FLOWER, Colour.YELLOW, "একটি ঘরে একটি হলুদ ফুল আছে।"),
        ("si", Thing.FLOWER, Colour.YELLOW, "කාමරයක කහ පැහැති මලක් ඇත."),
        # Tamil: a hard consonant doubles after நிற, and the article follows the sound.
        ("ta", Thing.CHAIR, Colour.YELLOW, "ஓர் அறையில் ஒரு மஞ்சள் நிற நாற்காலி உள்ளது."),
        ("ta", Thing.BALL, Colour.YELLOW, "ஓர் அறையில் ஒரு மஞ்சள் நிறப் பந்து உள்ளது."),
        ("ta", Thing.UMBRELLA, Colour.PURPLE, "ஓர் அறையில் ஓர் ஊதா நிறக் குடை உள்ளது."),
    ],
)
def test_agreement_of_colours(language: str, thing: Thing, colour: Colour, sentence: str) -> None:
    assert TARGETS[language].render(Sight(thing, colour, Place.ROOM)) == sentence


SCENES = (
    Scene(Length.SHORT, Light.DARK, Saturation.COLOURFUL, (Colour.BLUE, Colour.WHITE)),
    CameraWork(Camera.ZOOM_IN, Motion.LITTLE),
    CameraWork(Camera.UNKNOWN, Motion.STILL),
    SoundAndText(Sound.SILENCE, True),
    SoundAndText(Sound.HEARD, False),
)
GOLDEN = {
    "ar": (
        "مشهد قصير ومظلم باللونين الأزرق الزاهي والأبيض.",
        "تقترب الكاميرا ببطء من المشهد.",
        "لا شيء يتحرك.",
        "لا يوجد صوت، ولكن هناك نص على الشاشة.",
        "يمكن سماع صوت.",
    ),
    "bn": (
        "উজ্জ্বল নীল ও সাদা রঙের একটি সংক্ষিপ্ত ও অন্ধকার দৃশ্য।",
        "ক্যামেরা ধীরে ধীরে জুম ইন করছে।",
        "কিছুই নড়ছে না।",
        "কোনো শব্দ নেই, কিন্তু পর্দায় কিছু লেখা আছে।",
        "শব্দ শোনা যাচ্ছে।",
    ),
    "de": (
        "Eine kurze, dunkle Szene in leuchtendem Blau und Weiß.",
        "Die Kamera zoomt langsam heran.",
        "Nichts bewegt sich.",
        "Es ist kein Ton zu hören, aber auf dem Bildschirm ist Text zu sehen.",
        "Es ist Ton zu hören.",
    ),
    "es": (
        "Una escena corta y oscura en azul vivo y blanco.",
        "La cámara acerca lentamente la imagen.",
        "Nada se mueve.",
        "No hay sonido, pero hay texto en la pantalla.",
        "Hay sonido.",
    ),
    "fr": (
        "Une scène courte et sombre en bleu vif et blanc.",
        "La caméra fait lentement un zoom avant.",
        "Rien ne bouge.",
        "Il n'y a pas de son, mais il y a du texte à l'écran.",
        "Il y a du son.",
    ),
    "hi": (
        "चटख नीले और सफ़ेद रंगों में एक छोटा और अँधेरा दृश्य।",
        "कैमरा धीरे-धीरे ज़ूम इन करता है।",
        "कुछ भी हिल नहीं रहा है।",
        "कोई आवाज़ नहीं है, लेकिन स्क्रीन पर कुछ लिखा हुआ है।",
        "आवाज़ सुनाई दे रही है।",
    ),
    "ja": (
        "鮮やかな青と白を基調とした、短く暗いシーン。",
        "カメラがゆっくりとズームインする。",
        "何も動いていない。",
        "音声はないが、画面に文字がある。",
        "音が聞こえる。",
    ),
    "ru": (
        "Короткая тёмная сцена в ярких синих и белых тонах.",
        "Камера медленно приближает изображение.",
        "В кадре ничего не движется.",
        "Звука нет, но на экране есть текст.",
        "Слышен звук.",
    ),
    "si": (
        "දීප්තිමත් නිල් සහ සුදු පැහැයෙන් යුත් කෙටි, අඳුරු දර්ශනයකි.",
        "කැමරාව සෙමින් දර්ශනය විශාල කරයි.",
        "කිසිවක් චලනය නොවේ.",
        "ශබ්දයක් නැත, නමුත් තිරයේ අකුරු ඇත.",
        "ශබ්දයක් ඇසේ.",
    ),
    "sv": (
        "En kort, mörk scen i klart blått och vitt.",
        "Kameran zoomar långsamt in.",
        "Ingenting rör sig.",
        "Det finns inget ljud, men det finns text på skärmen.",
        "Det hörs ljud.",
    ),
    "ta": (
        "துடிப்பான நீல மற்றும் வெள்ளை நிறங்களில் ஒரு குறுகிய, இருண்ட காட்சி.",
        "கேமரா மெதுவாகக் காட்சியைப் பெரிதாக்குகிறது.",
        "எதுவும் அசையவில்லை.",
        "ஒலி எதுவும் இல்லை, ஆனால் திரையில் எழுத்துகள் உள்ளன.",
        "ஒலி கேட்கிறது.",
    ),
    "ur": (
        "شوخ نیلے اور سفید رنگوں میں ایک مختصر اور تاریک منظر۔",
        "کیمرا آہستہ آہستہ زوم اِن کرتا ہے۔",
        "کوئی چیز حرکت نہیں کر رہی ہے۔",
        "کوئی آواز نہیں ہے، لیکن اسکرین پر کچھ لکھا ہوا ہے۔",
        "آواز سنائی دے رہی ہے۔",
    ),
    "zh": (
        "一段短暂而黑暗的画面，以鲜艳的蓝色和白色为主。",
        "镜头缓缓拉近。",
        "画面静止。",
        "没有声音，但屏幕上有文字。",
        "可以听到声音。",
    ),
}


@pytest.mark.parametrize("language", sorted(TARGETS))
def test_visual_sentences_as_they_were_reviewed(language: str) -> None:
    said = tuple(TARGETS[language].render(meaning) for meaning in SCENES)
    assert said == GOLDEN[language]


def test_the_tamil_article_follows_the_first_sound_of_the_scene() -> None:
    dark = Scene(Length.MEDIUM, Light.DARK, Saturation.BLACK_AND_WHITE, ())
    assert TARGETS["ta"].render(dark) == "ஓர் இருண்ட கருப்பு வெள்ளைக் காட்சி."


def test_sinhala_conjuncts_keep_their_joiner() -> None:
    plain = Scene(Length.MEDIUM, Light.NORMAL, Saturation.NORMAL, ())
    assert TARGETS["si"].render(plain).startswith("සාමාන\u0dca\u200dය ")


@pytest.mark.parametrize(
    ("verb", "number", "feminine", "form"),
    [
        ("يمشي", 1, False, "يمشي"),
        ("يمشي", 1, True, "تمشي"),
        ("يمشي", 2, False, "يمشيان"),
        ("يمشي", 3, False, "يمشون"),
        ("يجلس", 2, True, "تجلسان"),
        ("يقرأ", 2, False, "يقرآن"),
        ("يقرأ", 3, False, "يقرؤون"),
    ],
)
def test_arabic_verbs(verb: str, number: int, feminine: bool, form: str) -> None:
    assert conjugate(verb, number, feminine) == form


def test_the_grammar_is_its_own_domain() -> None:
    domain = Domain.of(english_words(), word_pairs())
    assert all(domain.accepts(sentence) for sentence in sentences())
