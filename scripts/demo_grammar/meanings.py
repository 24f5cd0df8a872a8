"""What the grammar can say: the visual teacher's meanings, and some everyday captions.

A meaning is language-free. Each language file turns it into one sentence, so a pair is right when
both sides are, and a new language is one new file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from stages.caption.visual_grammar import Colour, VisualMeaning, all_meanings


class Who(StrEnum):
    """Who acts."""

    MAN = "man"
    WOMAN = "woman"
    BOY = "boy"
    GIRL = "girl"
    MEN = "men"
    WOMEN = "women"
    CHILDREN = "children"
    PEOPLE = "people"
    DOG = "dog"
    CAT = "cat"
    BIRD = "bird"
    HORSE = "horse"


class Act(StrEnum):
    """What is done, the object included."""

    WALK = "walk"
    RUN = "run"
    SIT = "sit"
    STAND = "stand"
    SLEEP = "sleep"
    EAT = "eat"
    DRINK = "drink"
    PLAY = "play"
    DANCE = "dance"
    SING = "sing"
    TALK = "talk"
    READ = "read"
    CYCLE = "cycle"
    COOK = "cook"
    SWIM = "swim"
    FLY = "fly"
    GUITAR = "guitar"
    PHONE = "phone"
    SMILE = "smile"
    WAIT = "wait"
    WORK = "work"


class Place(StrEnum):
    """Where it happens."""

    STREET = "street"
    KITCHEN = "kitchen"
    PARK = "park"
    GARDEN = "garden"
    BEACH = "beach"
    FOREST = "forest"
    GRASS = "grass"
    SNOW = "snow"
    ROOM = "room"
    NEAR_RIVER = "near_river"
    NEAR_HOUSE = "near_house"
    BUILDING = "building"
    MARKET = "market"
    BRIDGE = "bridge"
    TREE = "tree"
    SEA = "sea"
    POOL = "pool"
    SKY = "sky"


class Thing(StrEnum):
    """What there is to see."""

    CAR = "car"
    BUS = "bus"
    BICYCLE = "bicycle"
    BALL = "ball"
    CHAIR = "chair"
    TABLE = "table"
    BAG = "bag"
    FLOWER = "flower"
    UMBRELLA = "umbrella"


ANIMALS = frozenset({Who.DOG, Who.CAT, Who.BIRD, Who.HORSE})
WET = (Place.SEA, Place.POOL)
GROUND = tuple(place for place in Place if place not in (*WET, Place.SKY))
INDOOR = (Place.KITCHEN, Place.ROOM)
ANIMAL_ACTS = (Act.WALK, Act.RUN, Act.SIT, Act.STAND, Act.SLEEP, Act.EAT, Act.DRINK, Act.PLAY)
SMALL = (Thing.BALL, Thing.CHAIR, Thing.TABLE, Thing.BAG, Thing.FLOWER, Thing.UMBRELLA)


@dataclass(frozen=True)
class Action:
    """Someone is doing something, perhaps somewhere."""

    who: Who
    act: Act
    place: Place | None = None


@dataclass(frozen=True)
class Sight:
    """There is a coloured thing somewhere."""

    thing: Thing
    colour: Colour
    place: Place


Meaning = VisualMeaning | Action | Sight


def acts_of(who: Who) -> tuple[Act, ...]:
    """What `who` can be seen doing."""
    if who is Who.BIRD:
        return (Act.FLY, Act.SIT, Act.SLEEP, Act.EAT, Act.DRINK)
    if who in ANIMALS:
        return ANIMAL_ACTS
    return tuple(act for act in Act if act is not Act.FLY)


def places_of(act: Act) -> tuple[Place, ...]:
    """Where `act` makes sense."""
    match act:
        case Act.SWIM:
            return WET
        case Act.FLY:
            return (Place.SKY,)
        case Act.RUN | Act.CYCLE:
            return tuple(place for place in GROUND if place not in INDOOR)
        case _:
            return GROUND


def things_in(place: Place) -> tuple[Thing, ...]:
    """No bus in the kitchen."""
    return SMALL if place in INDOOR else tuple(Thing)


def actions() -> Iterator[Action]:
    """Every action of the open grammar."""
    for who in Who:
        for act in acts_of(who):
            yield Action(who, act)
            for place in places_of(act):
                yield Action(who, act, place)


def sights() -> Iterator[Sight]:
    """Every sight of the open grammar."""
    for place in GROUND:
        for thing, colour in product(things_in(place), Colour):
            yield Sight(thing, colour, place)


def everything() -> Iterator[Meaning]:
    """Every meaning that the grammar can say."""
    yield from all_meanings()
    yield from actions()
    yield from sights()
