"""Swedish. Colours stand in the neuter as nouns and agree with their noun as adjectives."""

from scripts.demo_grammar.language import Language, capital, spaced, with_strength
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

# colour: (common, neuter)
COLOUR = {
    Colour.RED: ("röd", "rött"),
    Colour.ORANGE: ("orange", "orange"),
    Colour.YELLOW: ("gul", "gult"),
    Colour.GREEN: ("grön", "grönt"),
    Colour.CYAN: ("turkos", "turkost"),
    Colour.BLUE: ("blå", "blått"),
    Colour.PURPLE: ("lila", "lila"),
    Colour.PINK: ("rosa", "rosa"),
    Colour.BROWN: ("brun", "brunt"),
    Colour.GRAY: ("grå", "grått"),
    Colour.BLACK: ("svart", "svart"),
    Colour.WHITE: ("vit", "vitt"),
}
NOUN = {colour: forms[1] for colour, forms in COLOUR.items()}
LENGTH = {Length.SHORT: "kort", Length.LONG: "lång"}
LIGHT = {Light.DARK: "mörk", Light.DIM: "svagt belyst", Light.BRIGHT: "ljus"}
# strength: (neuter, plural)
STRENGTH = {Saturation.MUTED: ("dämpat", "dämpade"), Saturation.COLOURFUL: ("klart", "klara")}
STATIC = {
    Motion.STILL: "ingenting rör sig",
    Motion.LITTLE: "det är lite rörelse",
    Motion.MODERATE: "det är en del rörelse",
    Motion.STRONG: "det är mycket rörelse",
}
MOVES = {
    Camera.PAN_LEFT: "panorerar{speed} åt vänster",
    Camera.PAN_RIGHT: "panorerar{speed} åt höger",
    Camera.TILT_UP: "tiltar{speed} uppåt",
    Camera.TILT_DOWN: "tiltar{speed} nedåt",
    Camera.ZOOM_IN: "zoomar{speed} in",
    Camera.ZOOM_OUT: "zoomar{speed} ut",
}
SPEED = {Motion.LITTLE: " långsamt", Motion.MODERATE: "", Motion.STRONG: " snabbt"}
SHAKE = {Motion.LITTLE: " lätt", Motion.MODERATE: "", Motion.STRONG: " kraftigt"}
FOCUS = {Focus.SOFT: "Bilden är något oskarp.", Focus.BLURRED: "Bilden är suddig."}
SOUND = {
    Sound.SILENCE: "Det finns inget ljud",
    Sound.SPEECH: "Någon pratar",
    Sound.OTHER: "Musik eller buller hörs",
    Sound.HEARD: "Det hörs ljud",
}
WHO = {
    Who.MAN: "En man",
    Who.WOMAN: "En kvinna",
    Who.BOY: "En pojke",
    Who.GIRL: "En flicka",
    Who.MEN: "Två män",
    Who.WOMEN: "Två kvinnor",
    Who.CHILDREN: "Några barn",
    Who.PEOPLE: "Några människor",
    Who.DOG: "En hund",
    Who.CAT: "En katt",
    Who.BIRD: "En fågel",
    Who.HORSE: "En häst",
}
ACT = {
    Act.WALK: "går",
    Act.RUN: "springer",
    Act.SIT: "sitter",
    Act.STAND: "står",
    Act.SLEEP: "sover",
    Act.EAT: "äter",
    Act.DRINK: "dricker vatten",
    Act.PLAY: "leker",
    Act.DANCE: "dansar",
    Act.SING: "sjunger",
    Act.TALK: "pratar",
    Act.READ: "läser en bok",
    Act.CYCLE: "cyklar",
    Act.COOK: "lagar mat",
    Act.SWIM: "simmar",
    Act.FLY: "flyger",
    Act.GUITAR: "spelar gitarr",
    Act.PHONE: "pratar i telefon",
    Act.SMILE: "ler",
    Act.WAIT: "väntar",
    Act.WORK: "arbetar",
}
PLACE = {
    Place.STREET: "på gatan",
    Place.KITCHEN: "i köket",
    Place.PARK: "i parken",
    Place.GARDEN: "i trädgården",
    Place.BEACH: "på stranden",
    Place.FOREST: "i skogen",
    Place.GRASS: "på gräset",
    Place.SNOW: "i snön",
    Place.ROOM: "i ett rum",
    Place.NEAR_RIVER: "nära floden",
    Place.NEAR_HOUSE: "nära ett hus",
    Place.BUILDING: "framför en byggnad",
    Place.MARKET: "på marknaden",
    Place.BRIDGE: "på bron",
    Place.TREE: "under ett träd",
    Place.SEA: "i havet",
    Place.POOL: "i en simbassäng",
    Place.SKY: "på himlen",
}
# thing: (noun, neuter)
THING = {
    Thing.CAR: ("bil", False),
    Thing.BUS: ("buss", False),
    Thing.BICYCLE: ("cykel", False),
    Thing.BALL: ("boll", False),
    Thing.CHAIR: ("stol", False),
    Thing.TABLE: ("bord", True),
    Thing.BAG: ("väska", False),
    Thing.FLOWER: ("blomma", False),
    Thing.UMBRELLA: ("paraply", True),
}


class Swedish(Language):
    """Standard Swedish."""

    tag = "sv"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = ", ".join(part for part in parts if part)
        return spaced("En", looks, "scen", self._palette(scene)) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "i normalt ljus"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return "i svartvitt"
        one, many = STRENGTH.get(scene.saturation, ("", ""))
        if not scene.colours:
            return f"i {many} färger" if many else ""
        if scene.is_achromatic:
            return f"med mycket {' och '.join(NOUN[colour] for colour in scene.colours)}"
        return "i " + with_strength(scene, NOUN, one, "", " och ", before=True)

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{capital(STATIC[work.motion])}."
        if work.camera is Camera.STATIC:
            return f"Kameran är stilla och {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return f"Kameran skakar{SHAKE[work.motion]}."
        return f"Kameran {MOVES[work.camera].format(speed=SPEED[work.motion])}."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "Det finns text på skärmen."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = ", men" if heard.sound is Sound.SILENCE else " och"
        return f"{SOUND[heard.sound]}{joint} det finns text på skärmen."

    def action(self, action: Action) -> str:
        place = PLACE[action.place] if action.place else ""
        return spaced(WHO[action.who], ACT[action.act], place) + "."

    def sight(self, sight: Sight) -> str:
        noun, neuter = THING[sight.thing]
        article = "ett" if neuter else "en"
        return f"Det finns {article} {COLOUR[sight.colour][neuter]} {noun} {PLACE[sight.place]}."
