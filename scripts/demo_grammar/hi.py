"""Hindi. Adjectives in -ā agree in gender and stand in the oblique before `रंग में`; the verb comes
last, then the danda."""

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
    Colour.RED: ("लाल", "लाल", "लाल"),
    Colour.ORANGE: ("नारंगी", "नारंगी", "नारंगी"),
    Colour.YELLOW: ("पीला", "पीली", "पीले"),
    Colour.GREEN: ("हरा", "हरी", "हरे"),
    Colour.CYAN: ("फ़िरोज़ी", "फ़िरोज़ी", "फ़िरोज़ी"),
    Colour.BLUE: ("नीला", "नीली", "नीले"),
    Colour.PURPLE: ("बैंगनी", "बैंगनी", "बैंगनी"),
    Colour.PINK: ("गुलाबी", "गुलाबी", "गुलाबी"),
    Colour.BROWN: ("भूरा", "भूरी", "भूरे"),
    Colour.GRAY: ("स्लेटी", "स्लेटी", "स्लेटी"),
    Colour.BLACK: ("काला", "काली", "काले"),
    Colour.WHITE: ("सफ़ेद", "सफ़ेद", "सफ़ेद"),
}
OBLIQUE = {colour: forms[2] for colour, forms in COLOUR.items()}
LENGTH = {Length.SHORT: "छोटा", Length.LONG: "लंबा"}
LIGHT = {Light.DARK: "अँधेरा", Light.DIM: "कम रोशनी वाला", Light.BRIGHT: "उजला"}
STRENGTH = {Saturation.MUTED: "फीके", Saturation.COLOURFUL: "चटख"}
STATIC = {
    Motion.STILL: "कुछ भी हिल नहीं रहा है",
    Motion.LITTLE: "हलचल बहुत कम है",
    Motion.MODERATE: "थोड़ी हलचल है",
    Motion.STRONG: "बहुत हलचल है",
}
MOVES = {
    Camera.PAN_LEFT: "बाईं ओर घूमता है",
    Camera.PAN_RIGHT: "दाईं ओर घूमता है",
    Camera.TILT_UP: "ऊपर की ओर उठता है",
    Camera.TILT_DOWN: "नीचे की ओर झुकता है",
    Camera.ZOOM_IN: "ज़ूम इन करता है",
    Camera.ZOOM_OUT: "ज़ूम आउट करता है",
}
SPEED = {Motion.LITTLE: "धीरे-धीरे", Motion.MODERATE: "", Motion.STRONG: "तेज़ी से"}
SHAKE = {Motion.LITTLE: "थोड़ा", Motion.MODERATE: "", Motion.STRONG: "बहुत"}
FOCUS = {Focus.SOFT: "तस्वीर का फ़ोकस थोड़ा हटा हुआ है।", Focus.BLURRED: "तस्वीर धुँधली है।"}
SOUND = {
    Sound.SILENCE: "कोई आवाज़ नहीं है",
    Sound.SPEECH: "कोई बोल रहा है",
    Sound.OTHER: "संगीत या शोर सुनाई दे रहा है",
    Sound.HEARD: "आवाज़ सुनाई दे रही है",
}
TEXT = "स्क्रीन पर कुछ लिखा हुआ है"
# who: (text, plural, feminine)
WHO = {
    Who.MAN: ("एक आदमी", False, False),
    Who.WOMAN: ("एक महिला", False, True),
    Who.BOY: ("एक लड़का", False, False),
    Who.GIRL: ("एक लड़की", False, True),
    Who.MEN: ("दो आदमी", True, False),
    Who.WOMEN: ("दो महिलाएँ", True, True),
    Who.CHILDREN: ("कुछ बच्चे", True, False),
    Who.PEOPLE: ("कुछ लोग", True, False),
    Who.DOG: ("एक कुत्ता", False, False),
    Who.CAT: ("एक बिल्ली", False, True),
    Who.BIRD: ("एक पक्षी", False, False),
    Who.HORSE: ("एक घोड़ा", False, False),
}
ACT = {
    Act.WALK: "चल",
    Act.RUN: "दौड़",
    Act.SLEEP: "सो",
    Act.EAT: "खाना खा",
    Act.DRINK: "पानी पी",
    Act.PLAY: "खेल",
    Act.DANCE: "नाच",
    Act.SING: "गा",
    Act.TALK: "बात कर",
    Act.READ: "किताब पढ़",
    Act.CYCLE: "साइकिल चला",
    Act.COOK: "खाना बना",
    Act.SWIM: "तैर",
    Act.FLY: "उड़",
    Act.GUITAR: "गिटार बजा",
    Act.PHONE: "फ़ोन पर बात कर",
    Act.SMILE: "मुस्कुरा",
    Act.WAIT: "इंतज़ार कर",
    Act.WORK: "काम कर",
}
STATE = {Act.SIT: "बैठ", Act.STAND: "खड़"}
PLACE = {
    Place.STREET: "सड़क पर",
    Place.KITCHEN: "रसोई में",
    Place.PARK: "पार्क में",
    Place.GARDEN: "बगीचे में",
    Place.BEACH: "समुद्र तट पर",
    Place.FOREST: "जंगल में",
    Place.GRASS: "घास पर",
    Place.SNOW: "बर्फ़ में",
    Place.ROOM: "एक कमरे में",
    Place.NEAR_RIVER: "नदी के पास",
    Place.NEAR_HOUSE: "एक घर के पास",
    Place.BUILDING: "एक इमारत के सामने",
    Place.MARKET: "बाज़ार में",
    Place.BRIDGE: "पुल पर",
    Place.TREE: "एक पेड़ के नीचे",
    Place.SEA: "समुद्र में",
    Place.POOL: "एक स्विमिंग पूल में",
    Place.SKY: "आसमान में",
}
# thing: (text, feminine)
THING = {
    Thing.CAR: ("कार", True),
    Thing.BUS: ("बस", True),
    Thing.BICYCLE: ("साइकिल", True),
    Thing.BALL: ("गेंद", True),
    Thing.CHAIR: ("कुर्सी", True),
    Thing.TABLE: ("मेज़", True),
    Thing.BAG: ("बैग", False),
    Thing.FLOWER: ("फूल", False),
    Thing.UMBRELLA: ("छाता", False),
}


def _ending(many: bool, feminine: bool) -> str:
    return "ी" if feminine else "े" if many else "ा"


class Hindi(Language):
    """Standard Hindi in Devanagari."""

    tag = "hi"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = " और ".join(part for part in parts if part)
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return spaced("एक", looks, "श्वेत-श्याम दृश्य") + "।"
        return spaced(self._palette(scene), "एक", looks, "दृश्य") + "।"

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "सामान्य रोशनी में"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"{strength} रंगों में" if strength else ""
        names = with_strength(scene, OBLIQUE, strength, "", " और ", before=True)
        hue = "रंगों" if len(scene.colours) > 1 else "रंग"
        return spaced("अधिकतर" if scene.is_achromatic else "", names, hue, "में")

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}।"
        if work.camera is Camera.STATIC:
            return f"कैमरा स्थिर है और {STATIC[work.motion]}।"
        if work.camera is Camera.SHAKE:
            return spaced("कैमरा", SHAKE[work.motion], "हिलता है") + "।"
        return spaced("कैमरा", SPEED[work.motion], MOVES[work.camera]) + "।"

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return f"{TEXT}।"
        if not heard.text:
            return f"{SOUND[heard.sound]}।"
        joint = ", लेकिन" if heard.sound is Sound.SILENCE else " और"
        return f"{SOUND[heard.sound]}{joint} {TEXT}।"

    def action(self, action: Action) -> str:
        who, many, feminine = WHO[action.who]
        ending = _ending(many, feminine)
        state = STATE.get(action.act)
        act = f"{state}{ending}" if state else f"{ACT[action.act]} रह{ending}"
        place = PLACE[action.place] if action.place else ""
        return spaced(who, place, act, "हैं" if many else "है") + "।"

    def sight(self, sight: Sight) -> str:
        thing, feminine = THING[sight.thing]
        return f"{PLACE[sight.place]} एक {COLOUR[sight.colour][feminine]} {thing} है।"
