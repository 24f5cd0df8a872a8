"""Sinhala, written style. Nouns carry the indefinite ending; the verb comes last and is plural for
several people; a scene is closed by the assertive -කි."""

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

COLOUR = {
    Colour.RED: "රතු",
    Colour.ORANGE: "තැඹිලි",
    Colour.YELLOW: "කහ",
    Colour.GREEN: "කොළ",
    Colour.CYAN: "නිල්කොළ",
    Colour.BLUE: "නිල්",
    Colour.PURPLE: "දම්",
    Colour.PINK: "රෝස",
    Colour.BROWN: "දුඹුරු",
    Colour.GRAY: "අළු",
    Colour.BLACK: "කළු",
    Colour.WHITE: "සුදු",
}
LENGTH = {Length.SHORT: "කෙටි", Length.LONG: "දිගු"}
LIGHT = {Light.DARK: "අඳුරු", Light.DIM: "අඩු ආලෝකයක් සහිත", Light.BRIGHT: "ආලෝකමත්"}
STRENGTH = {Saturation.MUTED: "මලානික", Saturation.COLOURFUL: "දීප්තිමත්"}
STATIC = {
    Motion.STILL: "කිසිවක් චලනය නොවේ",
    Motion.LITTLE: "චලනය අඩුය",
    Motion.MODERATE: "යම් චලනයක් ඇත",
    Motion.STRONG: "අධික චලනයක් ඇත",
}
MOVES = {
    Camera.PAN_LEFT: "වමට හැරේ",
    Camera.PAN_RIGHT: "දකුණට හැරේ",
    Camera.TILT_UP: "ඉහළට හැරේ",
    Camera.TILT_DOWN: "පහළට හැරේ",
    Camera.ZOOM_IN: "දර්ශනය විශාල කරයි",
    Camera.ZOOM_OUT: "දර්ශනය කුඩා කරයි",
}
SPEED = {Motion.LITTLE: "සෙමින්", Motion.MODERATE: "", Motion.STRONG: "වේගයෙන්"}
SHAKE = {Motion.LITTLE: "මඳක්", Motion.MODERATE: "", Motion.STRONG: "තදින්"}
FOCUS = {Focus.SOFT: "රූපය මඳක් නොපැහැදිලිය.", Focus.BLURRED: "රූපය බොඳ වී ඇත."}
# sound: (sentence, form that links to the next clause)
SOUND = {
    Sound.SILENCE: ("ශබ්දයක් නැත", "ශබ්දයක් නැත, නමුත්"),
    Sound.SPEECH: ("යමෙක් කතා කරයි", "යමෙක් කතා කරන අතර"),
    Sound.OTHER: ("සංගීතය හෝ ඝෝෂාව ඇසේ", "සංගීතය හෝ ඝෝෂාව ඇසෙන අතර"),
    Sound.HEARD: ("ශබ්දයක් ඇසේ", "ශබ්දයක් ඇසෙන අතර"),
}
TEXT = "තිරයේ අකුරු ඇත"
# who: (text, plural)
WHO = {
    Who.MAN: ("මිනිසෙක්", False),
    Who.WOMAN: ("කාන්තාවක්", False),
    Who.BOY: ("පිරිමි ළමයෙක්", False),
    Who.GIRL: ("දැරියක්", False),
    Who.MEN: ("මිනිසුන් දෙදෙනෙක්", True),
    Who.WOMEN: ("කාන්තාවන් දෙදෙනෙක්", True),
    Who.CHILDREN: ("ළමයින් කිහිප දෙනෙක්", True),
    Who.PEOPLE: ("පුද්ගලයන් කිහිප දෙනෙක්", True),
    Who.DOG: ("බල්ලෙක්", False),
    Who.CAT: ("බළලෙක්", False),
    Who.BIRD: ("කුරුල්ලෙක්", False),
    Who.HORSE: ("අශ්වයෙක්", False),
}
# Participles; සිටී or සිටිති follows.
ACT = {
    Act.WALK: "ඇවිදිමින්",
    Act.RUN: "දුවමින්",
    Act.SIT: "වාඩි වී",
    Act.STAND: "සිටගෙන",
    Act.SLEEP: "නිදාගෙන",
    Act.EAT: "කෑම කමින්",
    Act.DRINK: "වතුර බොමින්",
    Act.PLAY: "සෙල්ලම් කරමින්",
    Act.DANCE: "නටමින්",
    Act.SING: "ගායනා කරමින්",
    Act.TALK: "කතා කරමින්",
    Act.READ: "පොතක් කියවමින්",
    Act.CYCLE: "පාපැදියක් පදිමින්",
    Act.COOK: "ආහාර පිසමින්",
    Act.SWIM: "පිහිනමින්",
    Act.FLY: "පියාසර කරමින්",
    Act.GUITAR: "ගිටාරයක් වාදනය කරමින්",
    Act.PHONE: "දුරකථනයෙන් කතා කරමින්",
    Act.SMILE: "සිනාසෙමින්",
    Act.WAIT: "බලා",
    Act.WORK: "වැඩ කරමින්",
}
PLACE = {
    Place.STREET: "වීදියේ",
    Place.KITCHEN: "කුස්සියේ",
    Place.PARK: "උද්\u200dයානයේ",
    Place.GARDEN: "ගෙවත්තේ",
    Place.BEACH: "වෙරළේ",
    Place.FOREST: "වනාන්තරයේ",
    Place.GRASS: "තණකොළ මත",
    Place.SNOW: "හිම මත",
    Place.ROOM: "කාමරයක",
    Place.NEAR_RIVER: "ගඟ අසල",
    Place.NEAR_HOUSE: "නිවසක් අසල",
    Place.BUILDING: "ගොඩනැගිල්ලක් ඉදිරිපිට",
    Place.MARKET: "වෙළඳපොළේ",
    Place.BRIDGE: "පාලම මත",
    Place.TREE: "ගසක් යට",
    Place.SEA: "මුහුදේ",
    Place.POOL: "පිහිනුම් තටාකයක",
    Place.SKY: "අහසේ",
}
THING = {
    Thing.CAR: "මෝටර් රථයක්",
    Thing.BUS: "බස් රථයක්",
    Thing.BICYCLE: "පාපැදියක්",
    Thing.BALL: "බෝලයක්",
    Thing.CHAIR: "පුටුවක්",
    Thing.TABLE: "මේසයක්",
    Thing.BAG: "බෑගයක්",
    Thing.FLOWER: "මලක්",
    Thing.UMBRELLA: "කුඩයක්",
}


class Sinhala(Language):
    """Written Sinhala; the zero-width joiner stands only inside conjuncts, where spelling asks."""

    tag = "si"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = ", ".join(part for part in parts if part)
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return spaced(looks, "කළු-සුදු දර්ශනයකි") + "."
        return spaced(self._palette(scene), looks, "දර්ශනයකි") + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "සාමාන්\u200dය ආලෝකයෙන් යුත්"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"{strength} වර්ණවලින් යුත්" if strength else ""
        names = with_strength(scene, COLOUR, strength, "", " සහ ", before=True)
        return spaced("බොහෝ දුරට" if scene.is_achromatic else "", names, "පැහැයෙන් යුත්")

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}."
        if work.camera is Camera.STATIC:
            return f"කැමරාව නිශ්චලව පවතින අතර {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return spaced("කැමරාව", SHAKE[work.motion], "සෙලවේ") + "."
        return spaced("කැමරාව", SPEED[work.motion], MOVES[work.camera]) + "."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return f"{TEXT}."
        alone, linked = SOUND[heard.sound]
        return f"{linked} {TEXT}." if heard.text else f"{alone}."

    def action(self, action: Action) -> str:
        who, many = WHO[action.who]
        place = PLACE[action.place] if action.place else ""
        return spaced(who, place, ACT[action.act], "සිටිති" if many else "සිටී") + "."

    def sight(self, sight: Sight) -> str:
        return f"{PLACE[sight.place]} {COLOUR[sight.colour]} පැහැති {THING[sight.thing]} ඇත."
