"""Number words from two to twelve, with the forms that captions use.

"One" is left out: in most of these languages it is the article too. So is what a language says
by a dual ending (Arabic "two men" is one word). Forms are lower case and composed (NFC).
"""

from __future__ import annotations

WORDS: dict[str, dict[int, str]] = {
    "en": {
        2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight",
        9: "nine", 10: "ten", 11: "eleven", 12: "twelve",
    },
    "de": {
        2: "zwei zwo zweier zweien beide beiden", 3: "drei dreier dreien", 4: "vier", 5: "fünf",
        6: "sechs", 7: "sieben", 8: "acht", 9: "neun", 10: "zehn", 11: "elf", 12: "zwölf",
    },
    "fr": {
        2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six", 7: "sept", 8: "huit",
        10: "dix", 11: "onze", 12: "douze",
    },
    "es": {
        2: "dos", 3: "tres", 4: "cuatro", 5: "cinco", 6: "seis", 7: "siete", 8: "ocho",
        9: "nueve", 10: "diez", 11: "once", 12: "doce",
    },
    "cs": {
        2: "dva dvě dvou dvěma dvojice dvojici oba obě", 3: "tři tří třem třemi třech trojice",
        4: "čtyři čtyř čtyřem čtyřmi čtyřech čtveřice", 5: "pět pěti pětice", 6: "šest šesti",
        7: "sedm sedmi", 8: "osm osmi", 9: "devět devíti", 10: "deset deseti", 11: "jedenáct",
        12: "dvanáct",
    },
    "ru": {
        2: "два две двух двум двумя двое двоих оба обе", 3: "три трёх трех трём трем тремя трое",
        4: "четыре четырёх четырех четырём четырьмя четверо", 5: "пять пяти пятеро",
        6: "шесть шести", 7: "семь семи", 8: "восемь восьми", 9: "девять девяти",
        10: "десять десяти", 11: "одиннадцать", 12: "двенадцать",
    },
    "sv": {
        2: "två båda", 3: "tre", 4: "fyra", 5: "fem", 6: "sex", 7: "sju", 8: "åtta", 9: "nio",
        10: "tio", 11: "elva", 12: "tolv",
    },
    "hi": {
        2: "दो दोनों", 3: "तीन तीनों", 4: "चार चारों", 5: "पाँच पांच", 6: "छह छः छे", 7: "सात",
        8: "आठ", 9: "नौ", 10: "दस", 11: "ग्यारह", 12: "बारह",
    },
    "ur": {
        2: "دو دونوں", 3: "تین تینوں", 4: "چار چاروں", 5: "پانچ", 6: "چھ چھے", 7: "سات",
        8: "آٹھ", 9: "نو", 10: "دس", 11: "گیارہ", 12: "بارہ",
    },
    "bn": {
        2: "দুই দুটি দুটো দু'জন দুজন দুইজন দুইটি", 3: "তিন তিনটি তিনজন", 4: "চার চারটি চারজন",
        5: "পাঁচ পাঁচটি পাঁচজন", 6: "ছয় ছয়টি ছয়জন", 7: "সাত সাতটি সাতজন", 8: "আট আটটি আটজন",
        9: "নয়টি নয়জন", 10: "দশ দশটি দশজন", 11: "এগারো", 12: "বারো",
    },
    "si": {
        2: "දෙක දෙකක් දෙදෙනා දෙදෙනෙක් දෙන්නා දෙන්නෙක්", 3: "තුන තුනක් තිදෙනා තිදෙනෙක්",
        4: "හතර හතරක් සිව්දෙනා සිව්දෙනෙක්", 5: "පහ පහක් පස්දෙනෙක්", 6: "හය හයක්",
        7: "හත හතක්", 8: "අට අටක්", 9: "නවය නවයක්", 10: "දහය දහයක්",
    },
    "ta": {
        2: "இரண்டு இரு இருவர் ரெண்டு", 3: "மூன்று மூவர்", 4: "நான்கு நால்வர்", 5: "ஐந்து ஐவர்",
        6: "ஆறு", 7: "ஏழு", 8: "எட்டு", 9: "ஒன்பது", 10: "பத்து", 11: "பதினொன்று", 12: "பன்னிரண்டு",
    },
    "ar": {
        3: "ثلاثة ثلاث", 4: "أربعة أربع", 5: "خمسة خمس", 6: "ستة ست", 7: "سبعة سبع",
        8: "ثمانية ثماني ثمان", 9: "تسعة تسع", 10: "عشرة عشر",
    },
}  # fmt: skip
"""Language -> number -> its forms. Tamil "ஆறு" is a river too, so it only explains a 6."""

AMBIGUOUS: dict[str, frozenset[int]] = {
    "ta": frozenset({6}),
    "si": frozenset({7}),
    "es": frozenset({11}),
    "sv": frozenset({6}),
    "ur": frozenset({9}),
    "hi": frozenset({9}),
    "de": frozenset({8}),
    "en": frozenset(),
}
"""Numbers whose word means other things too: it may explain a number, but asks for none."""

HAN = {"两": 2, "兩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
       "十": 10}  # fmt: skip
CLASSIFIERS = {
    "zh": "个個名位只隻条條匹头頭辆輛把张張本座棵朵群对對双雙人",
    "ja": "人つ匹頭羽台本枚個名冊軒足着",
}
"""A Han numeral counts as a number before one of these only: 三明治 is a sandwich."""
