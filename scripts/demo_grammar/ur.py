"""Urdu. Adjectives in -ā agree in gender and stand in the oblique before `رنگ میں`; the verb comes
last, then the Urdu full stop."""

from scripts.demo_grammar.language import Language, spaced, with_strength
from scripts.demo_grammar.meanings import Act, Action, Place, Sight, Thing, Who
from stages.caption.visual_grammar import (
    Camera,
    CameraWork,
    Colour,
    Focus,
    Length,
    Light,
    Motion,
    Saturation,
    Scene,
    Sharpness,
    Sound,
    SoundAndText,
)

# colour: (masculine, feminine, masculine oblique)
COLOUR = {
    Colour.RED: ("سرخ", "سرخ", "سرخ"),
    Colour.ORANGE: ("نارنجی", "نارنجی", "نارنجی"),
    Colour.YELLOW: ("پیلا", "پیلی", "پیلے"),
    Colour.GREEN: ("ہرا", "ہری", "ہرے"),
    Colour.CYAN: ("فیروزی", "فیروزی", "فیروزی"),
    Colour.BLUE: ("نیلا", "نیلی", "نیلے"),
    Colour.PURPLE: ("جامنی", "جامنی", "جامنی"),
    Colour.PINK: ("گلابی", "گلابی", "گلابی"),
    Colour.BROWN: ("بھورا", "بھوری", "بھورے"),
    Colour.GRAY: ("سرمئی", "سرمئی", "سرمئی"),
    Colour.BLACK: ("کالا", "کالی", "کالے"),
    Colour.WHITE: ("سفید", "سفید", "سفید"),
}
OBLIQUE = {colour: forms[2] for colour, forms in COLOUR.items()}
LENGTH = {Length.SHORT: "مختصر", Length.LONG: "طویل"}
LIGHT = {Light.DARK: "تاریک", Light.DIM: "کم روشنی والا", Light.BRIGHT: "روشن"}
STRENGTH = {Saturation.MUTED: "مدھم", Saturation.COLOURFUL: "شوخ"}
STATIC = {
    Motion.STILL: "کوئی چیز حرکت نہیں کر رہی ہے",
    Motion.LITTLE: "حرکت بہت کم ہے",
    Motion.MODERATE: "کچھ حرکت ہے",
    Motion.STRONG: "بہت زیادہ حرکت ہے",
}
MOVES = {
    Camera.PAN_LEFT: "بائیں طرف گھومتا ہے",
    Camera.PAN_RIGHT: "دائیں طرف گھومتا ہے",
    Camera.TILT_UP: "اوپر کی طرف اٹھتا ہے",
    Camera.TILT_DOWN: "نیچے کی طرف جھکتا ہے",
    Camera.ZOOM_IN: "زوم اِن کرتا ہے",
    Camera.ZOOM_OUT: "زوم آؤٹ کرتا ہے",
}
SPEED = {Motion.LITTLE: "آہستہ آہستہ", Motion.MODERATE: "", Motion.STRONG: "تیزی سے"}
SHAKE = {Motion.LITTLE: "ہلکا سا", Motion.MODERATE: "", Motion.STRONG: "زور سے"}
FOCUS = {Focus.SOFT: "تصویر کا فوکس تھوڑا ہٹا ہوا ہے۔", Focus.BLURRED: "تصویر دھندلی ہے۔"}
SOUND = {
    Sound.SILENCE: "کوئی آواز نہیں ہے",
    Sound.SPEECH: "کوئی بول رہا ہے",
    Sound.OTHER: "موسیقی یا شور سنائی دے رہا ہے",
    Sound.HEARD: "آواز سنائی دے رہی ہے",
}
TEXT = "اسکرین پر کچھ لکھا ہوا ہے"
# who: (text, plural, feminine)
WHO = {
    Who.MAN: ("ایک آدمی", False, False),
    Who.WOMAN: ("ایک عورت", False, True),
    Who.BOY: ("ایک لڑکا", False, False),
    Who.GIRL: ("ایک لڑکی", False, True),
    Who.MEN: ("دو آدمی", True, False),
    Who.WOMEN: ("دو عورتیں", True, True),
    Who.CHILDREN: ("کچھ بچے", True, False),
    Who.PEOPLE: ("کچھ لوگ", True, False),
    Who.DOG: ("ایک کتا", False, False),
    Who.CAT: ("ایک بلی", False, True),
    Who.BIRD: ("ایک پرندہ", False, False),
    Who.HORSE: ("ایک گھوڑا", False, False),
}
ACT = {
    Act.WALK: "چل",
    Act.RUN: "دوڑ",
    Act.SLEEP: "سو",
    Act.EAT: "کھانا کھا",
    Act.DRINK: "پانی پی",
    Act.PLAY: "کھیل",
    Act.DANCE: "ناچ",
    Act.SING: "گا",
    Act.TALK: "بات کر",
    Act.READ: "کتاب پڑھ",
    Act.CYCLE: "سائیکل چلا",
    Act.COOK: "کھانا پکا",
    Act.SWIM: "تیر",
    Act.FLY: "اڑ",
    Act.GUITAR: "گٹار بجا",
    Act.PHONE: "فون پر بات کر",
    Act.SMILE: "مسکرا",
    Act.WAIT: "انتظار کر",
    Act.WORK: "کام کر",
}
STATE = {Act.SIT: "بیٹھ", Act.STAND: "کھڑ"}
PLACE = {
    Place.STREET: "سڑک پر",
    Place.KITCHEN: "باورچی خانے میں",
    Place.PARK: "پارک میں",
    Place.GARDEN: "باغ میں",
    Place.BEACH: "ساحل پر",
    Place.FOREST: "جنگل میں",
    Place.GRASS: "گھاس پر",
    Place.SNOW: "برف میں",
    Place.ROOM: "ایک کمرے میں",
    Place.NEAR_RIVER: "دریا کے پاس",
    Place.NEAR_HOUSE: "ایک گھر کے پاس",
    Place.BUILDING: "ایک عمارت کے سامنے",
    Place.MARKET: "بازار میں",
    Place.BRIDGE: "پل پر",
    Place.TREE: "ایک درخت کے نیچے",
    Place.SEA: "سمندر میں",
    Place.POOL: "ایک سوئمنگ پول میں",
    Place.SKY: "آسمان میں",
}
# thing: (text, feminine)
THING = {
    Thing.CAR: ("کار", True),
    Thing.BUS: ("بس", True),
    Thing.BICYCLE: ("سائیکل", True),
    Thing.BALL: ("گیند", True),
    Thing.CHAIR: ("کرسی", True),
    Thing.TABLE: ("میز", True),
    Thing.BAG: ("بیگ", False),
    Thing.FLOWER: ("پھول", False),
    Thing.UMBRELLA: ("چھتری", True),
}


def _ending(many: bool, feminine: bool) -> str:
    return "ی" if feminine else "ے" if many else "ا"


class Urdu(Language):
    """Standard Urdu, without vowel signs except where another word is spelled alike."""

    tag = "ur"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = " اور ".join(part for part in parts if part)
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return spaced("ایک", looks, "سیاہ و سفید منظر") + "۔"
        return spaced(self._palette(scene), "ایک", looks, "منظر") + "۔"

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "عام روشنی میں"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"{strength} رنگوں میں" if strength else ""
        names = with_strength(scene, OBLIQUE, strength, "", " اور ", before=True)
        hue = "رنگوں" if len(scene.colours) > 1 else "رنگ"
        return spaced("زیادہ تر" if scene.is_achromatic else "", names, hue, "میں")

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}۔"
        if work.camera is Camera.STATIC:
            return f"کیمرا ساکن ہے اور {STATIC[work.motion]}۔"
        if work.camera is Camera.SHAKE:
            return spaced("کیمرا", SHAKE[work.motion], "ہلتا ہے") + "۔"
        return spaced("کیمرا", SPEED[work.motion], MOVES[work.camera]) + "۔"

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return f"{TEXT}۔"
        if not heard.text:
            return f"{SOUND[heard.sound]}۔"
        joint = "، لیکن" if heard.sound is Sound.SILENCE else " اور"
        return f"{SOUND[heard.sound]}{joint} {TEXT}۔"

    def action(self, action: Action) -> str:
        who, many, feminine = WHO[action.who]
        ending = _ending(many, feminine)
        state = STATE.get(action.act)
        act = f"{state}{ending}" if state else f"{ACT[action.act]} رہ{ending}"
        place = PLACE[action.place] if action.place else ""
        return spaced(who, place, act, "ہیں" if many else "ہے") + "۔"

    def sight(self, sight: Sight) -> str:
        thing, feminine = THING[sight.thing]
        return f"{PLACE[sight.place]} ایک {COLOUR[sight.colour][feminine]} {thing} ہے۔"
