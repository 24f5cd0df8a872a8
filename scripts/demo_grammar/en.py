"""English, the source. Visual sentences are `stages.caption.visual_grammar`'s, word for word."""

from scripts.demo_grammar.language import Language, spaced
from scripts.demo_grammar.meanings import Act, Action, Place, Sight, Thing, Who
from stages.caption.visual_grammar import (
    COLOUR_NAMES,
    CameraWork,
    Scene,
    Sharpness,
    SoundAndText,
    english,
)

WHO = {
    Who.MAN: "A man",
    Who.WOMAN: "A woman",
    Who.BOY: "A boy",
    Who.GIRL: "A girl",
    Who.MEN: "Two men",
    Who.WOMEN: "Two women",
    Who.CHILDREN: "Some children",
    Who.PEOPLE: "Some people",
    Who.DOG: "A dog",
    Who.CAT: "A cat",
    Who.BIRD: "A bird",
    Who.HORSE: "A horse",
}
MANY = frozenset({Who.MEN, Who.WOMEN, Who.CHILDREN, Who.PEOPLE})
ACT = {
    Act.WALK: "walking",
    Act.RUN: "running",
    Act.SIT: "sitting",
    Act.STAND: "standing",
    Act.SLEEP: "sleeping",
    Act.EAT: "eating",
    Act.DRINK: "drinking water",
    Act.PLAY: "playing",
    Act.DANCE: "dancing",
    Act.SING: "singing",
    Act.TALK: "talking",
    Act.READ: "reading a book",
    Act.CYCLE: "riding a bicycle",
    Act.COOK: "cooking",
    Act.SWIM: "swimming",
    Act.FLY: "flying",
    Act.GUITAR: "playing the guitar",
    Act.PHONE: "talking on the phone",
    Act.SMILE: "smiling",
    Act.WAIT: "waiting",
    Act.WORK: "working",
}
PLACE = {
    Place.STREET: "in the street",
    Place.KITCHEN: "in the kitchen",
    Place.PARK: "in the park",
    Place.GARDEN: "in the garden",
    Place.BEACH: "on the beach",
    Place.FOREST: "in the forest",
    Place.GRASS: "on the grass",
    Place.SNOW: "in the snow",
    Place.ROOM: "in a room",
    Place.NEAR_RIVER: "near the river",
    Place.NEAR_HOUSE: "near a house",
    Place.BUILDING: "in front of a building",
    Place.MARKET: "at the market",
    Place.BRIDGE: "on the bridge",
    Place.TREE: "under a tree",
    Place.SEA: "in the sea",
    Place.POOL: "in a pool",
    Place.SKY: "in the sky",
}
THING = {thing: str(thing) for thing in Thing}


class English(Language):
    """The language of every source sentence."""

    tag = "en"

    def scene(self, scene: Scene) -> str:
        return english(scene)

    def camera(self, work: CameraWork) -> str:
        return english(work)

    def sharpness(self, picture: Sharpness) -> str:
        return english(picture)

    def sound(self, heard: SoundAndText) -> str:
        return english(heard)

    def action(self, action: Action) -> str:
        verb = "are" if action.who in MANY else "is"
        place = PLACE[action.place] if action.place else ""
        return spaced(WHO[action.who], verb, ACT[action.act], place) + "."

    def sight(self, sight: Sight) -> str:
        colour = COLOUR_NAMES[sight.colour]
        article = "an" if colour[0] in "aeiou" else "a"
        return f"There is {article} {colour} {THING[sight.thing]} {PLACE[sight.place]}."
