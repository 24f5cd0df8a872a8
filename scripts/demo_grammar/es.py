"""Spanish. Colours are masculine nouns after `en`; adjectives agree with the noun they describe."""

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

COLOUR = {
    Colour.RED: ("rojo", "roja"),
    Colour.ORANGE: ("naranja", "naranja"),
    Colour.YELLOW: ("amarillo", "amarilla"),
    Colour.GREEN: ("verde", "verde"),
    Colour.CYAN: ("turquesa", "turquesa"),
    Colour.BLUE: ("azul", "azul"),
    Colour.PURPLE: ("morado", "morada"),
    Colour.PINK: ("rosa", "rosa"),
    Colour.BROWN: ("marrón", "marrón"),
    Colour.GRAY: ("gris", "gris"),
    Colour.BLACK: ("negro", "negra"),
    Colour.WHITE: ("blanco", "blanca"),
}
NOUN = {colour: forms[0] for colour, forms in COLOUR.items()}
LENGTH = {Length.SHORT: "corta", Length.LONG: "larga"}
LIGHT = {Light.DARK: "oscura", Light.DIM: "poco iluminada", Light.BRIGHT: "luminosa"}
STRENGTH = {Saturation.MUTED: "apagado", Saturation.COLOURFUL: "vivo"}
STATIC = {
    Motion.STILL: "nada se mueve",
    Motion.LITTLE: "hay poco movimiento",
    Motion.MODERATE: "hay algo de movimiento",
    Motion.STRONG: "hay mucho movimiento",
}
MOVES = {
    Camera.PAN_LEFT: "gira{speed} hacia la izquierda",
    Camera.PAN_RIGHT: "gira{speed} hacia la derecha",
    Camera.TILT_UP: "se inclina{speed} hacia arriba",
    Camera.TILT_DOWN: "se inclina{speed} hacia abajo",
    Camera.ZOOM_IN: "acerca{speed} la imagen",
    Camera.ZOOM_OUT: "aleja{speed} la imagen",
}
SPEED = {Motion.LITTLE: " lentamente", Motion.MODERATE: "", Motion.STRONG: " rápidamente"}
SHAKE = {Motion.LITTLE: " un poco", Motion.MODERATE: "", Motion.STRONG: " mucho"}
FOCUS = {
    Focus.SOFT: "La imagen está ligeramente desenfocada.",
    Focus.BLURRED: "La imagen está borrosa.",
}
SOUND = {
    Sound.SILENCE: "No hay sonido",
    Sound.SPEECH: "Alguien está hablando",
    Sound.OTHER: "Se oye música o ruido",
    Sound.HEARD: "Hay sonido",
}
# who: (text, plural, feminine)
WHO = {
    Who.MAN: ("Un hombre", False, False),
    Who.WOMAN: ("Una mujer", False, True),
    Who.BOY: ("Un niño", False, False),
    Who.GIRL: ("Una niña", False, True),
    Who.MEN: ("Dos hombres", True, False),
    Who.WOMEN: ("Dos mujeres", True, True),
    Who.CHILDREN: ("Unos niños", True, False),
    Who.PEOPLE: ("Unas personas", True, True),
    Who.DOG: ("Un perro", False, False),
    Who.CAT: ("Un gato", False, False),
    Who.BIRD: ("Un pájaro", False, False),
    Who.HORSE: ("Un caballo", False, False),
}
ACT = {
    Act.WALK: "caminando",
    Act.RUN: "corriendo",
    Act.STAND: "de pie",
    Act.SLEEP: "durmiendo",
    Act.EAT: "comiendo",
    Act.DRINK: "bebiendo agua",
    Act.PLAY: "jugando",
    Act.DANCE: "bailando",
    Act.SING: "cantando",
    Act.TALK: "hablando",
    Act.READ: "leyendo un libro",
    Act.CYCLE: "montando en bicicleta",
    Act.COOK: "cocinando",
    Act.SWIM: "nadando",
    Act.FLY: "volando",
    Act.GUITAR: "tocando la guitarra",
    Act.PHONE: "hablando por teléfono",
    Act.SMILE: "sonriendo",
    Act.WAIT: "esperando",
    Act.WORK: "trabajando",
}
PLACE = {
    Place.STREET: "en la calle",
    Place.KITCHEN: "en la cocina",
    Place.PARK: "en el parque",
    Place.GARDEN: "en el jardín",
    Place.BEACH: "en la playa",
    Place.FOREST: "en el bosque",
    Place.GRASS: "sobre la hierba",
    Place.SNOW: "en la nieve",
    Place.ROOM: "en una habitación",
    Place.NEAR_RIVER: "cerca del río",
    Place.NEAR_HOUSE: "cerca de una casa",
    Place.BUILDING: "delante de un edificio",
    Place.MARKET: "en el mercado",
    Place.BRIDGE: "en el puente",
    Place.TREE: "debajo de un árbol",
    Place.SEA: "en el mar",
    Place.POOL: "en una piscina",
    Place.SKY: "en el cielo",
}
# thing: (text with article, feminine)
THING = {
    Thing.CAR: ("un coche", False),
    Thing.BUS: ("un autobús", False),
    Thing.BICYCLE: ("una bicicleta", True),
    Thing.BALL: ("una pelota", True),
    Thing.CHAIR: ("una silla", True),
    Thing.TABLE: ("una mesa", True),
    Thing.BAG: ("una bolsa", True),
    Thing.FLOWER: ("una flor", True),
    Thing.UMBRELLA: ("un paraguas", False),
}


class Spanish(Language):
    """European wording."""

    tag = "es"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = " y ".join(part for part in parts if part)
        return spaced("Una escena", looks, self._palette(scene)) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "con luz normal"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return "en blanco y negro"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"en colores {strength}s" if strength else ""
        if scene.is_achromatic:
            return f"con mucho {' y '.join(NOUN[colour] for colour in scene.colours)}"
        return "en " + with_strength(scene, NOUN, strength, f"{strength}s", " y ", before=False)

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{capital(STATIC[work.motion])}."
        if work.camera is Camera.STATIC:
            return f"La cámara está fija y {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return f"La cámara tiembla{SHAKE[work.motion]}."
        return f"La cámara {MOVES[work.camera].format(speed=SPEED[work.motion])}."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "Hay texto en la pantalla."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = ", pero" if heard.sound is Sound.SILENCE else " y"
        return f"{SOUND[heard.sound]}{joint} hay texto en la pantalla."

    def action(self, action: Action) -> str:
        who, many, feminine = WHO[action.who]
        if action.act is Act.SIT:
            act = f"sentad{'a' if feminine else 'o'}{'s' if many else ''}"
        else:
            act = ACT[action.act]
        place = PLACE[action.place] if action.place else ""
        return spaced(who, "están" if many else "está", act, place) + "."

    def sight(self, sight: Sight) -> str:
        thing, feminine = THING[sight.thing]
        return f"Hay {thing} {COLOUR[sight.colour][feminine]} {PLACE[sight.place]}."
