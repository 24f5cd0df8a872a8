"""Bengali. No gender, and verbs do not change in the plural; a classifier counts people or things,
the verb comes last, then the danda."""

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
    Colour.RED: "লাল",
    Colour.ORANGE: "কমলা",
    Colour.YELLOW: "হলুদ",
    Colour.GREEN: "সবুজ",
    Colour.CYAN: "ফিরোজা",
    Colour.BLUE: "নীল",
    Colour.PURPLE: "বেগুনি",
    Colour.PINK: "গোলাপি",
    Colour.BROWN: "বাদামি",
    Colour.GRAY: "ধূসর",
    Colour.BLACK: "কালো",
    Colour.WHITE: "সাদা",
}
LENGTH = {Length.SHORT: "সংক্ষিপ্ত", Length.LONG: "দীর্ঘ"}
LIGHT = {Light.DARK: "অন্ধকার", Light.DIM: "স্বল্প আলোর", Light.BRIGHT: "আলোকিত"}
STRENGTH = {Saturation.MUTED: "ম্লান", Saturation.COLOURFUL: "উজ্জ্বল"}
STATIC = {
    Motion.STILL: "কিছুই নড়ছে না",
    Motion.LITTLE: "নড়াচড়া খুব কম",
    Motion.MODERATE: "কিছুটা নড়াচড়া আছে",
    Motion.STRONG: "অনেক নড়াচড়া আছে",
}
MOVES = {
    Camera.PAN_LEFT: "বাম দিকে ঘুরছে",
    Camera.PAN_RIGHT: "ডান দিকে ঘুরছে",
    Camera.TILT_UP: "উপরের দিকে ঘুরছে",
    Camera.TILT_DOWN: "নিচের দিকে ঘুরছে",
    Camera.ZOOM_IN: "জুম ইন করছে",
    Camera.ZOOM_OUT: "জুম আউট করছে",
}
SPEED = {Motion.LITTLE: "ধীরে ধীরে", Motion.MODERATE: "", Motion.STRONG: "দ্রুত"}
SHAKE = {Motion.LITTLE: "সামান্য", Motion.MODERATE: "", Motion.STRONG: "প্রবলভাবে"}
FOCUS = {Focus.SOFT: "ছবিটি সামান্য ফোকাসের বাইরে।", Focus.BLURRED: "ছবিটি ঝাপসা।"}
SOUND = {
    Sound.SILENCE: "কোনো শব্দ নেই",
    Sound.SPEECH: "কেউ কথা বলছে",
    Sound.OTHER: "সঙ্গীত বা কোলাহল শোনা যাচ্ছে",
    Sound.HEARD: "শব্দ শোনা যাচ্ছে",
}
TEXT = "পর্দায় কিছু লেখা আছে"
# With the classifier: জন for people, টি for children and animals.
WHO = {
    Who.MAN: "একজন পুরুষ",
    Who.WOMAN: "একজন মহিলা",
    Who.BOY: "একটি ছেলে",
    Who.GIRL: "একটি মেয়ে",
    Who.MEN: "দুজন পুরুষ",
    Who.WOMEN: "দুজন মহিলা",
    Who.CHILDREN: "কয়েকটি শিশু",
    Who.PEOPLE: "কয়েকজন লোক",
    Who.DOG: "একটি কুকুর",
    Who.CAT: "একটি বিড়াল",
    Who.BIRD: "একটি পাখি",
    Who.HORSE: "একটি ঘোড়া",
}
ACT = {
    Act.WALK: "হাঁটছে",
    Act.RUN: "দৌড়াচ্ছে",
    Act.SIT: "বসে আছে",
    Act.STAND: "দাঁড়িয়ে আছে",
    Act.SLEEP: "ঘুমাচ্ছে",
    Act.EAT: "খাবার খাচ্ছে",
    Act.DRINK: "পানি পান করছে",
    Act.PLAY: "খেলছে",
    Act.DANCE: "নাচছে",
    Act.SING: "গান গাইছে",
    Act.TALK: "কথা বলছে",
    Act.READ: "বই পড়ছে",
    Act.CYCLE: "সাইকেল চালাচ্ছে",
    Act.COOK: "রান্না করছে",
    Act.SWIM: "সাঁতার কাটছে",
    Act.FLY: "উড়ছে",
    Act.GUITAR: "গিটার বাজাচ্ছে",
    Act.PHONE: "ফোনে কথা বলছে",
    Act.SMILE: "মুচকি হাসছে",
    Act.WAIT: "অপেক্ষা করছে",
    Act.WORK: "কাজ করছে",
}
PLACE = {
    Place.STREET: "রাস্তায়",
    Place.KITCHEN: "রান্নাঘরে",
    Place.PARK: "পার্কে",
    Place.GARDEN: "বাগানে",
    Place.BEACH: "সৈকতে",
    Place.FOREST: "বনে",
    Place.GRASS: "ঘাসের উপর",
    Place.SNOW: "বরফের মধ্যে",
    Place.ROOM: "একটি ঘরে",
    Place.NEAR_RIVER: "নদীর কাছে",
    Place.NEAR_HOUSE: "একটি বাড়ির কাছে",
    Place.BUILDING: "একটি ভবনের সামনে",
    Place.MARKET: "বাজারে",
    Place.BRIDGE: "সেতুর উপর",
    Place.TREE: "একটি গাছের নিচে",
    Place.SEA: "সমুদ্রে",
    Place.POOL: "একটি সুইমিং পুলে",
    Place.SKY: "আকাশে",
}
THING = {
    Thing.CAR: "গাড়ি",
    Thing.BUS: "বাস",
    Thing.BICYCLE: "সাইকেল",
    Thing.BALL: "বল",
    Thing.CHAIR: "চেয়ার",
    Thing.TABLE: "টেবিল",
    Thing.BAG: "ব্যাগ",
    Thing.FLOWER: "ফুল",
    Thing.UMBRELLA: "ছাতা",
}


class Bengali(Language):
    """Standard colloquial Bengali (cholito bhasha), ordinary forms of the verb."""

    tag = "bn"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = " ও ".join(part for part in parts if part)
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return spaced("একটি", looks, "সাদা-কালো দৃশ্য") + "।"
        return spaced(self._palette(scene), "একটি", looks, "দৃশ্য") + "।"

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "স্বাভাবিক আলোর"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"{strength} রঙের" if strength else ""
        names = with_strength(scene, COLOUR, strength, "", " ও ", before=True)
        return spaced("মূলত" if scene.is_achromatic else "", names, "রঙের")

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}।"
        if work.camera is Camera.STATIC:
            return f"ক্যামেরা স্থির এবং {STATIC[work.motion]}।"
        if work.camera is Camera.SHAKE:
            return spaced("ক্যামেরা", SHAKE[work.motion], "কাঁপছে") + "।"
        return spaced("ক্যামেরা", SPEED[work.motion], MOVES[work.camera]) + "।"

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return f"{TEXT}।"
        if not heard.text:
            return f"{SOUND[heard.sound]}।"
        joint = ", কিন্তু" if heard.sound is Sound.SILENCE else " এবং"
        return f"{SOUND[heard.sound]}{joint} {TEXT}।"

    def action(self, action: Action) -> str:
        place = PLACE[action.place] if action.place else ""
        return spaced(WHO[action.who], place, ACT[action.act]) + "।"

    def sight(self, sight: Sight) -> str:
        return f"{PLACE[sight.place]} একটি {COLOUR[sight.colour]} {THING[sight.thing]} আছে।"
