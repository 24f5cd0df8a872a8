"""Arabic. Verbs and adjectives agree in gender and number, dual included; the comma is Arabic."""

from scripts.demo_grammar.language import Language, spaced
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

# colour: (masculine, feminine)
COLOUR = {
    Colour.RED: ("أحمر", "حمراء"),
    Colour.ORANGE: ("برتقالي", "برتقالية"),
    Colour.YELLOW: ("أصفر", "صفراء"),
    Colour.GREEN: ("أخضر", "خضراء"),
    Colour.CYAN: ("فيروزي", "فيروزية"),
    Colour.BLUE: ("أزرق", "زرقاء"),
    Colour.PURPLE: ("بنفسجي", "بنفسجية"),
    Colour.PINK: ("وردي", "وردية"),
    Colour.BROWN: ("بني", "بنية"),
    Colour.GRAY: ("رمادي", "رمادية"),
    Colour.BLACK: ("أسود", "سوداء"),
    Colour.WHITE: ("أبيض", "بيضاء"),
}
LENGTH = {Length.SHORT: "قصير", Length.LONG: "طويل"}
LIGHT = {Light.DARK: "مظلم", Light.DIM: "خافت الإضاءة", Light.BRIGHT: "ساطع"}
# strength: (singular, dual genitive, plural of things), the first two definite
STRENGTH = {
    Saturation.MUTED: ("الباهت", "الباهتين", "باهتة"),
    Saturation.COLOURFUL: ("الزاهي", "الزاهيين", "زاهية"),
}
STATIC = {
    Motion.STILL: "لا شيء يتحرك",
    Motion.LITTLE: "الحركة قليلة",
    Motion.MODERATE: "هناك بعض الحركة",
    Motion.STRONG: "هناك حركة كثيرة",
}
# move: (verb, direction)
MOVES = {
    Camera.PAN_LEFT: ("تدور", "نحو اليسار"),
    Camera.PAN_RIGHT: ("تدور", "نحو اليمين"),
    Camera.TILT_UP: ("تميل", "إلى الأعلى"),
    Camera.TILT_DOWN: ("تميل", "إلى الأسفل"),
    Camera.ZOOM_IN: ("تقترب", "من المشهد"),
    Camera.ZOOM_OUT: ("تبتعد", "عن المشهد"),
}
SPEED = {Motion.LITTLE: "ببطء", Motion.MODERATE: "", Motion.STRONG: "بسرعة"}
SHAKE = {Motion.LITTLE: "قليلًا", Motion.MODERATE: "", Motion.STRONG: "بشدة"}
FOCUS = {Focus.SOFT: "الصورة غير واضحة قليلًا.", Focus.BLURRED: "الصورة ضبابية."}
SOUND = {
    Sound.SILENCE: "لا يوجد صوت",
    Sound.SPEECH: "هناك شخص يتحدث",
    Sound.OTHER: "يمكن سماع موسيقى أو ضوضاء",
    Sound.HEARD: "يمكن سماع صوت",
}
# who: (text, number, feminine)
WHO = {
    Who.MAN: ("رجل", 1, False),
    Who.WOMAN: ("امرأة", 1, True),
    Who.BOY: ("ولد", 1, False),
    Who.GIRL: ("فتاة", 1, True),
    Who.MEN: ("رجلان", 2, False),
    Who.WOMEN: ("امرأتان", 2, True),
    Who.CHILDREN: ("بعض الأطفال", 3, False),
    Who.PEOPLE: ("بعض الأشخاص", 3, False),
    Who.DOG: ("كلب", 1, False),
    Who.CAT: ("قطة", 1, True),
    Who.BIRD: ("طائر", 1, False),
    Who.HORSE: ("حصان", 1, False),
}
# act: (third person masculine, object)
ACT = {
    Act.WALK: ("يمشي", ""),
    Act.RUN: ("يركض", ""),
    Act.SIT: ("يجلس", ""),
    Act.STAND: ("يقف", ""),
    Act.SLEEP: ("ينام", ""),
    Act.EAT: ("يأكل", ""),
    Act.DRINK: ("يشرب", "الماء"),
    Act.PLAY: ("يلعب", ""),
    Act.DANCE: ("يرقص", ""),
    Act.SING: ("يغني", ""),
    Act.TALK: ("يتحدث", ""),
    Act.READ: ("يقرأ", "كتابًا"),
    Act.CYCLE: ("يركب", "دراجة"),
    Act.COOK: ("يطبخ", ""),
    Act.SWIM: ("يسبح", ""),
    Act.FLY: ("يطير", ""),
    Act.GUITAR: ("يعزف", "على الغيتار"),
    Act.PHONE: ("يتحدث", "عبر الهاتف"),
    Act.SMILE: ("يبتسم", ""),
    Act.WAIT: ("ينتظر", ""),
    Act.WORK: ("يعمل", ""),
}
PLACE = {
    Place.STREET: "في الشارع",
    Place.KITCHEN: "في المطبخ",
    Place.PARK: "في المتنزه",
    Place.GARDEN: "في الحديقة",
    Place.BEACH: "على الشاطئ",
    Place.FOREST: "في الغابة",
    Place.GRASS: "على العشب",
    Place.SNOW: "في الثلج",
    Place.ROOM: "في غرفة",
    Place.NEAR_RIVER: "بالقرب من النهر",
    Place.NEAR_HOUSE: "بالقرب من منزل",
    Place.BUILDING: "أمام مبنى",
    Place.MARKET: "في السوق",
    Place.BRIDGE: "على الجسر",
    Place.TREE: "تحت شجرة",
    Place.SEA: "في البحر",
    Place.POOL: "في مسبح",
    Place.SKY: "في السماء",
}
# thing: (text, feminine)
THING = {
    Thing.CAR: ("سيارة", True),
    Thing.BUS: ("حافلة", True),
    Thing.BICYCLE: ("دراجة", True),
    Thing.BALL: ("كرة", True),
    Thing.CHAIR: ("كرسي", False),
    Thing.TABLE: ("طاولة", True),
    Thing.BAG: ("حقيبة", True),
    Thing.FLOWER: ("زهرة", True),
    Thing.UMBRELLA: ("مظلة", True),
}


def conjugate(verb: str, number: int, feminine: bool) -> str:
    """Present tense, third person, from the masculine singular. Plural is masculine or mixed."""
    if number == 3:
        if verb.endswith("أ"):
            return verb[:-1] + "ؤون"
        return verb.removesuffix("ي") + "ون"
    stem = f"ت{verb[1:]}" if feminine else verb
    if number == 1:
        return stem
    return stem[:-1] + "آن" if verb.endswith("أ") else stem + "ان"


class Arabic(Language):
    """Modern Standard Arabic, unvocalised."""

    tag = "ar"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = " و".join(part for part in parts if part)
        return spaced("مشهد", looks, self._palette(scene)) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "بإضاءة عادية"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return "بالأبيض والأسود"
        one, two, many = STRENGTH.get(scene.saturation, ("", "", ""))
        if not scene.colours:
            return f"بألوان {many}" if many else ""
        names = [f"ال{COLOUR[colour][0]}" for colour in scene.colours]
        if scene.is_achromatic:
            hue = "اللونان" if len(names) > 1 else "اللون"
            return f"يغلب عليه {hue} {' و'.join(names)}"
        if len(names) > 1 and all(scene.strong):
            names[1] = f"{names[1]} {two}"
        else:
            names = [
                f"{name} {one}" if loud else name
                for name, loud in zip(names, scene.strong, strict=True)
            ]
        hue = "باللونين" if len(names) > 1 else "باللون"
        return f"{hue} {' و'.join(names)}"

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}."
        if work.camera is Camera.STATIC:
            return f"الكاميرا ثابتة و{STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return spaced("تهتز الكاميرا", SHAKE[work.motion]) + "."
        verb, direction = MOVES[work.camera]
        return spaced(verb, "الكاميرا", SPEED[work.motion], direction) + "."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "هناك نص على الشاشة."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = "، ولكن" if heard.sound is Sound.SILENCE else "، و"
        space = " " if heard.sound is Sound.SILENCE else ""
        return f"{SOUND[heard.sound]}{joint}{space}هناك نص على الشاشة."

    def action(self, action: Action) -> str:
        who, number, feminine = WHO[action.who]
        verb, thing = ACT[action.act]
        place = PLACE[action.place] if action.place else ""
        return spaced(who, conjugate(verb, number, feminine), thing, place) + "."

    def sight(self, sight: Sight) -> str:
        thing, feminine = THING[sight.thing]
        return f"هناك {thing} {COLOUR[sight.colour][feminine]} {PLACE[sight.place]}."
