"""German. Verb second, place before the object; colours decline with the noun's gender."""

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

# colour: (noun after "in", adjective stem)
COLOUR = {
    Colour.RED: ("Rot", "rot"),
    Colour.ORANGE: ("Orange", "orangefarben"),
    Colour.YELLOW: ("Gelb", "gelb"),
    Colour.GREEN: ("Grün", "grün"),
    Colour.CYAN: ("Türkis", "türkisfarben"),
    Colour.BLUE: ("Blau", "blau"),
    Colour.PURPLE: ("Violett", "violett"),
    Colour.PINK: ("Rosa", "rosafarben"),
    Colour.BROWN: ("Braun", "braun"),
    Colour.GRAY: ("Grau", "grau"),
    Colour.BLACK: ("Schwarz", "schwarz"),
    Colour.WHITE: ("Weiß", "weiß"),
}
NOUN = {colour: forms[0] for colour, forms in COLOUR.items()}
LENGTH = {Length.SHORT: "kurze", Length.LONG: "lange"}
LIGHT = {Light.DARK: "dunkle", Light.DIM: "schwach beleuchtete", Light.BRIGHT: "helle"}
STRENGTH = {Saturation.MUTED: "gedämpfte", Saturation.COLOURFUL: "leuchtende"}
STATIC = {
    Motion.STILL: "nichts bewegt sich",
    Motion.LITTLE: "es gibt wenig Bewegung",
    Motion.MODERATE: "es gibt etwas Bewegung",
    Motion.STRONG: "es gibt viel Bewegung",
}
MOVES = {
    Camera.PAN_LEFT: ("schwenkt", "nach links"),
    Camera.PAN_RIGHT: ("schwenkt", "nach rechts"),
    Camera.TILT_UP: ("schwenkt", "nach oben"),
    Camera.TILT_DOWN: ("schwenkt", "nach unten"),
    Camera.ZOOM_IN: ("zoomt", "heran"),
    Camera.ZOOM_OUT: ("zoomt", "heraus"),
}
SPEED = {Motion.LITTLE: "langsam", Motion.MODERATE: "", Motion.STRONG: "schnell"}
SHAKE = {Motion.LITTLE: "leicht", Motion.MODERATE: "", Motion.STRONG: "stark"}
FOCUS = {
    Focus.SOFT: "Das Bild ist leicht unscharf.",
    Focus.BLURRED: "Das Bild ist verschwommen.",
}
SOUND = {
    Sound.SILENCE: "Es ist kein Ton zu hören",
    Sound.SPEECH: "Jemand spricht",
    Sound.OTHER: "Musik oder Geräusche sind zu hören",
    Sound.HEARD: "Es ist Ton zu hören",
}
# who: (text, plural)
WHO = {
    Who.MAN: ("Ein Mann", False),
    Who.WOMAN: ("Eine Frau", False),
    Who.BOY: ("Ein Junge", False),
    Who.GIRL: ("Ein Mädchen", False),
    Who.MEN: ("Zwei Männer", True),
    Who.WOMEN: ("Zwei Frauen", True),
    Who.CHILDREN: ("Einige Kinder", True),
    Who.PEOPLE: ("Einige Leute", True),
    Who.DOG: ("Ein Hund", False),
    Who.CAT: ("Eine Katze", False),
    Who.BIRD: ("Ein Vogel", False),
    Who.HORSE: ("Ein Pferd", False),
}
# act: (singular, plural, what follows the place)
ACT = {
    Act.WALK: ("geht", "gehen", "spazieren"),
    Act.RUN: ("rennt", "rennen", ""),
    Act.SIT: ("sitzt", "sitzen", ""),
    Act.STAND: ("steht", "stehen", ""),
    Act.SLEEP: ("schläft", "schlafen", ""),
    Act.EAT: ("isst", "essen", ""),
    Act.DRINK: ("trinkt", "trinken", "Wasser"),
    Act.PLAY: ("spielt", "spielen", ""),
    Act.DANCE: ("tanzt", "tanzen", ""),
    Act.SING: ("singt", "singen", ""),
    Act.TALK: ("redet", "reden", ""),
    Act.READ: ("liest", "lesen", "ein Buch"),
    Act.CYCLE: ("fährt", "fahren", "Fahrrad"),
    Act.COOK: ("kocht", "kochen", ""),
    Act.SWIM: ("schwimmt", "schwimmen", ""),
    Act.FLY: ("fliegt", "fliegen", ""),
    Act.GUITAR: ("spielt", "spielen", "Gitarre"),
    Act.PHONE: ("telefoniert", "telefonieren", ""),
    Act.SMILE: ("lächelt", "lächeln", ""),
    Act.WAIT: ("wartet", "warten", ""),
    Act.WORK: ("arbeitet", "arbeiten", ""),
}
ANIMAL_ACT = {Act.WALK: ("läuft", "laufen", ""), Act.EAT: ("frisst", "fressen", "")}
PLACE = {
    Place.STREET: "auf der Straße",
    Place.KITCHEN: "in der Küche",
    Place.PARK: "im Park",
    Place.GARDEN: "im Garten",
    Place.BEACH: "am Strand",
    Place.FOREST: "im Wald",
    Place.GRASS: "auf dem Gras",
    Place.SNOW: "im Schnee",
    Place.ROOM: "in einem Zimmer",
    Place.NEAR_RIVER: "in der Nähe des Flusses",
    Place.NEAR_HOUSE: "in der Nähe eines Hauses",
    Place.BUILDING: "vor einem Gebäude",
    Place.MARKET: "auf dem Markt",
    Place.BRIDGE: "auf der Brücke",
    Place.TREE: "unter einem Baum",
    Place.SEA: "im Meer",
    Place.POOL: "in einem Schwimmbecken",
    Place.SKY: "am Himmel",
}
# thing: (noun, article, adjective ending)
THING = {
    Thing.CAR: ("Auto", "ein", "es"),
    Thing.BUS: ("Bus", "ein", "er"),
    Thing.BICYCLE: ("Fahrrad", "ein", "es"),
    Thing.BALL: ("Ball", "ein", "er"),
    Thing.CHAIR: ("Stuhl", "ein", "er"),
    Thing.TABLE: ("Tisch", "ein", "er"),
    Thing.BAG: ("Tasche", "eine", "e"),
    Thing.FLOWER: ("Blume", "eine", "e"),
    Thing.UMBRELLA: ("Regenschirm", "ein", "er"),
}
ANIMALS = frozenset({Who.DOG, Who.CAT, Who.BIRD, Who.HORSE})


class German(Language):
    """Wording of Germany."""

    tag = "de"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = ", ".join(part for part in parts if part)
        return spaced("Eine", looks, "Szene", self._palette(scene)) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "bei normalem Licht"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return "in Schwarz-Weiß"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"in {strength}n Farben" if strength else ""
        if scene.is_achromatic:
            return f"mit viel {' und '.join(NOUN[colour] for colour in scene.colours)}"
        return "in " + with_strength(scene, NOUN, f"{strength}m", "", " und ", before=True)

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{capital(STATIC[work.motion])}."
        if work.camera is Camera.STATIC:
            return f"Die Kamera steht still und {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return spaced("Die Kamera wackelt", SHAKE[work.motion]) + "."
        verb, direction = MOVES[work.camera]
        return spaced("Die Kamera", verb, SPEED[work.motion], direction) + "."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "Auf dem Bildschirm ist Text zu sehen."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = ", aber" if heard.sound is Sound.SILENCE else " und"
        return f"{SOUND[heard.sound]}{joint} auf dem Bildschirm ist Text zu sehen."

    def action(self, action: Action) -> str:
        who, many = WHO[action.who]
        forms = ACT[action.act]
        if action.who in ANIMALS:
            forms = ANIMAL_ACT.get(action.act, forms)
        place = PLACE[action.place] if action.place else ""
        return spaced(who, forms[many], place, forms[2]) + "."

    def sight(self, sight: Sight) -> str:
        noun, article, ending = THING[sight.thing]
        colour = COLOUR[sight.colour][1]
        return f"{capital(PLACE[sight.place])} ist {article} {colour}{ending} {noun}."
