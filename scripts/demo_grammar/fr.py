"""French. Colours are masculine nouns after `en`; verbs agree in number, participles and colours
in gender too."""

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

# colour: (masculine, feminine)
COLOUR = {
    Colour.RED: ("rouge", "rouge"),
    Colour.ORANGE: ("orange", "orange"),
    Colour.YELLOW: ("jaune", "jaune"),
    Colour.GREEN: ("vert", "verte"),
    Colour.CYAN: ("turquoise", "turquoise"),
    Colour.BLUE: ("bleu", "bleue"),
    Colour.PURPLE: ("violet", "violette"),
    Colour.PINK: ("rose", "rose"),
    Colour.BROWN: ("marron", "marron"),
    Colour.GRAY: ("gris", "grise"),
    Colour.BLACK: ("noir", "noire"),
    Colour.WHITE: ("blanc", "blanche"),
}
NOUN = {colour: forms[0] for colour, forms in COLOUR.items()}
LENGTH = {Length.SHORT: "courte", Length.LONG: "longue"}
LIGHT = {Light.DARK: "sombre", Light.DIM: "faiblement éclairée", Light.BRIGHT: "lumineuse"}
# strength: (masculine, feminine plural)
STRENGTH = {Saturation.MUTED: ("éteint", "éteintes"), Saturation.COLOURFUL: ("vif", "vives")}
STATIC = {
    Motion.STILL: "rien ne bouge",
    Motion.LITTLE: "il y a peu de mouvement",
    Motion.MODERATE: "il y a un peu de mouvement",
    Motion.STRONG: "il y a beaucoup de mouvement",
}
MOVES = {
    Camera.PAN_LEFT: "pivote{speed} vers la gauche",
    Camera.PAN_RIGHT: "pivote{speed} vers la droite",
    Camera.TILT_UP: "s'incline{speed} vers le haut",
    Camera.TILT_DOWN: "s'incline{speed} vers le bas",
    Camera.ZOOM_IN: "fait{speed} un zoom avant",
    Camera.ZOOM_OUT: "fait{speed} un zoom arrière",
}
SPEED = {Motion.LITTLE: " lentement", Motion.MODERATE: "", Motion.STRONG: " rapidement"}
SHAKE = {Motion.LITTLE: " légèrement", Motion.MODERATE: "", Motion.STRONG: " fortement"}
FOCUS = {Focus.SOFT: "L'image est légèrement floue.", Focus.BLURRED: "L'image est floue."}
SOUND = {
    Sound.SILENCE: "Il n'y a pas de son",
    Sound.SPEECH: "Quelqu'un parle",
    Sound.OTHER: "On entend de la musique ou du bruit",
    Sound.HEARD: "Il y a du son",
}
TEXT = "il y a du texte à l'écran"
# who: (text, plural, feminine)
WHO = {
    Who.MAN: ("Un homme", False, False),
    Who.WOMAN: ("Une femme", False, True),
    Who.BOY: ("Un garçon", False, False),
    Who.GIRL: ("Une fille", False, True),
    Who.MEN: ("Deux hommes", True, False),
    Who.WOMEN: ("Deux femmes", True, True),
    Who.CHILDREN: ("Des enfants", True, False),
    Who.PEOPLE: ("Des gens", True, False),
    Who.DOG: ("Un chien", False, False),
    Who.CAT: ("Un chat", False, False),
    Who.BIRD: ("Un oiseau", False, False),
    Who.HORSE: ("Un cheval", False, False),
}
# act: (singular, plural)
ACT = {
    Act.WALK: ("marche", "marchent"),
    Act.RUN: ("court", "courent"),
    Act.STAND: ("est debout", "sont debout"),
    Act.SLEEP: ("dort", "dorment"),
    Act.EAT: ("mange", "mangent"),
    Act.DRINK: ("boit de l'eau", "boivent de l'eau"),
    Act.PLAY: ("joue", "jouent"),
    Act.DANCE: ("danse", "dansent"),
    Act.SING: ("chante", "chantent"),
    Act.TALK: ("parle", "parlent"),
    Act.READ: ("lit un livre", "lisent un livre"),
    Act.CYCLE: ("fait du vélo", "font du vélo"),
    Act.COOK: ("cuisine", "cuisinent"),
    Act.SWIM: ("nage", "nagent"),
    Act.FLY: ("vole", "volent"),
    Act.GUITAR: ("joue de la guitare", "jouent de la guitare"),
    Act.PHONE: ("parle au téléphone", "parlent au téléphone"),
    Act.SMILE: ("sourit", "sourient"),
    Act.WAIT: ("attend", "attendent"),
    Act.WORK: ("travaille", "travaillent"),
}
PLACE = {
    Place.STREET: "dans la rue",
    Place.KITCHEN: "dans la cuisine",
    Place.PARK: "dans le parc",
    Place.GARDEN: "dans le jardin",
    Place.BEACH: "sur la plage",
    Place.FOREST: "dans la forêt",
    Place.GRASS: "sur l'herbe",
    Place.SNOW: "dans la neige",
    Place.ROOM: "dans une pièce",
    Place.NEAR_RIVER: "près de la rivière",
    Place.NEAR_HOUSE: "près d'une maison",
    Place.BUILDING: "devant un bâtiment",
    Place.MARKET: "au marché",
    Place.BRIDGE: "sur le pont",
    Place.TREE: "sous un arbre",
    Place.SEA: "dans la mer",
    Place.POOL: "dans une piscine",
    Place.SKY: "dans le ciel",
}
# thing: (text with article, feminine)
THING = {
    Thing.CAR: ("une voiture", True),
    Thing.BUS: ("un bus", False),
    Thing.BICYCLE: ("un vélo", False),
    Thing.BALL: ("un ballon", False),
    Thing.CHAIR: ("une chaise", True),
    Thing.TABLE: ("une table", True),
    Thing.BAG: ("un sac", False),
    Thing.FLOWER: ("une fleur", True),
    Thing.UMBRELLA: ("un parapluie", False),
}


class French(Language):
    """Wording of France, straight apostrophes."""

    tag = "fr"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = " et ".join(part for part in parts if part)
        return spaced("Une scène", looks, self._palette(scene)) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "en lumière normale"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return "en noir et blanc"
        one, many = STRENGTH.get(scene.saturation, ("", ""))
        if not scene.colours:
            return f"aux couleurs {many}" if many else ""
        if scene.is_achromatic:
            return f"avec beaucoup de {' et de '.join(NOUN[colour] for colour in scene.colours)}"
        return "en " + with_strength(scene, NOUN, one, f"{one}s", " et ", before=False)

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{capital(STATIC[work.motion])}."
        if work.camera is Camera.STATIC:
            return f"La caméra est fixe et {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return f"La caméra tremble{SHAKE[work.motion]}."
        return f"La caméra {MOVES[work.camera].format(speed=SPEED[work.motion])}."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "Il y a du texte à l'écran."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = ", mais" if heard.sound is Sound.SILENCE else " et"
        return f"{SOUND[heard.sound]}{joint} {TEXT}."

    def action(self, action: Action) -> str:
        who, many, feminine = WHO[action.who]
        if action.act is Act.SIT:
            act = f"{'sont' if many else 'est'} assis{'e' if feminine else ''}"
            act += "s" if many and feminine else ""
        else:
            act = ACT[action.act][many]
        place = PLACE[action.place] if action.place else ""
        return spaced(who, act, place) + "."

    def sight(self, sight: Sight) -> str:
        thing, feminine = THING[sight.thing]
        return f"Il y a {thing} {COLOUR[sight.colour][feminine]} {PLACE[sight.place]}."
