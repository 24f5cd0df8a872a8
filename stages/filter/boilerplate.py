"""What is written for a platform and not about a picture: calls to subscribe, adverts, rights."""

from __future__ import annotations

import re

_SPACED = (
    # English
    r"subscrib\w*|hit the (?:bell|like)|smash (?:that|the) like|"
    r"like,? (?:and|&) (?:share|subscribe)|"
    r"follow (?:me|us)|link in (?:the )?(?:bio|description)|click (?:here|the link)|"
    r"all rights reserved|promo code|sponsored by|business inquir\w+|thanks for watching|"
    # Spanish, French, German, Swedish
    r"suscr[ií]b\w+|dale (?:a )?like|s[ií]gue(?:me|nos)|todos los derechos reservados|"
    r"abonne[zr]?[- ](?:vous|toi)|n'oubliez pas de vous abonner|tous droits réservés|"
    r"abonnier\w*|kanal abonnieren|alle rechte vorbehalten|daumen (?:hoch|nach oben)|"
    r"prenumerera\w*|glöm inte att (?:gilla|prenumerera)|alla rättigheter förbehållna|"
    # Russian, Arabic, Urdu
    r"подпи(?:сыв|ш)\w+|подписаться|ставьте лайк\w*|все права защищены|"
    r"اشتركوا|اشترك في|لا تنسوا الاشتراك|جميع الحقوق محفوظة|سبسکرائب\w*|"
    # Hindi, Bengali, Tamil, Sinhala
    r"सब्सक्राइब|सदस्यता लें|সাবস্ক্রাইব|সাবস্ক্রাইব করুন|சந்தா|சப்ஸ்கிரைப்|සබ්ස්ක්‍රයිබ්"
)
_UNSPACED = r"订阅|訂閱|点赞|點贊|关注我|關注我|版权所有|チャンネル登録|高評価|無断転載"
_BOILERPLATE = re.compile(rf"(?<!\w)(?:{_SPACED})(?!\w)|{_UNSPACED}|©", re.IGNORECASE)


def boilerplate(text: str) -> list[str]:
    """The phrases found, in order."""
    return [match[0] for match in _BOILERPLATE.finditer(text)]
