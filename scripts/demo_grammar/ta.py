"""Tamil. Verbs agree in rank, gender and number; the article is ஓர் before a vowel; a hard consonant
doubles after the adverbs in -ஆக and after நிற; the verb comes last."""

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

# The attributive form, before நிற.
COLOUR = {
    Colour.RED: "சிவப்பு",
    Colour.ORANGE: "ஆரஞ்சு",
    Colour.YELLOW: "மஞ்சள்",
    Colour.GREEN: "பச்சை",
    Colour.CYAN: "நீலப்பச்சை",
    Colour.BLUE: "நீல",
    Colour.PURPLE: "ஊதா",
    Colour.PINK: "இளஞ்சிவப்பு",
    Colour.BROWN: "பழுப்பு",
    Colour.GRAY: "சாம்பல்",
    Colour.BLACK: "கருப்பு",
    Colour.WHITE: "வெள்ளை",
}
LENGTH = {Length.SHORT: "குறுகிய", Length.LONG: "நீண்ட"}
LIGHT = {Light.DARK: "இருண்ட", Light.DIM: "குறைந்த ஒளியுள்ள", Light.BRIGHT: "பிரகாசமான"}
STRENGTH = {Saturation.MUTED: "மந்தமான", Saturation.COLOURFUL: "துடிப்பான"}
STATIC = {
    Motion.STILL: "எதுவும் அசையவில்லை",
    Motion.LITTLE: "அசைவு மிகக் குறைவாக உள்ளது",
    Motion.MODERATE: "ஓரளவு அசைவு உள்ளது",
    Motion.STRONG: "அதிக அசைவு உள்ளது",
}
MOVES = {
    Camera.PAN_LEFT: "இடதுபுறம் திரும்புகிறது",
    Camera.PAN_RIGHT: "வலதுபுறம் திரும்புகிறது",
    Camera.TILT_UP: "மேல்நோக்கித் திரும்புகிறது",
    Camera.TILT_DOWN: "கீழ்நோக்கித் திரும்புகிறது",
    Camera.ZOOM_IN: "காட்சியைப் பெரிதாக்குகிறது",
    Camera.ZOOM_OUT: "காட்சியைச் சிறிதாக்குகிறது",
}
SPEED = {Motion.LITTLE: "மெதுவாக", Motion.MODERATE: "", Motion.STRONG: "வேகமாக"}
SHAKE = {Motion.LITTLE: "லேசாக", Motion.MODERATE: "", Motion.STRONG: "பலமாக"}
FOCUS = {
    Focus.SOFT: "படம் சற்று தெளிவற்றதாக உள்ளது.",
    Focus.BLURRED: "படம் மங்கலாக உள்ளது.",
}
SOUND = {
    Sound.SILENCE: "ஒலி எதுவும் இல்லை",
    Sound.SPEECH: "யாரோ பேசுகிறார்",
    Sound.OTHER: "இசை அல்லது இரைச்சல் கேட்கிறது",
    Sound.HEARD: "ஒலி கேட்கிறது",
}
TEXT = "திரையில் எழுத்துகள் உள்ளன"
HE, SHE, RESPECTED, THEY, IT = "ான்", "ாள்", "ார்", "ார்கள்", "து"
# who: (text, ending of the verb)
WHO = {
    Who.MAN: ("ஓர் ஆண்", RESPECTED),
    Who.WOMAN: ("ஒரு பெண்", RESPECTED),
    Who.BOY: ("ஒரு சிறுவன்", HE),
    Who.GIRL: ("ஒரு சிறுமி", SHE),
    Who.MEN: ("இரண்டு ஆண்கள்", THEY),
    Who.WOMEN: ("இரண்டு பெண்கள்", THEY),
    Who.CHILDREN: ("சில குழந்தைகள்", THEY),
    Who.PEOPLE: ("சிலர்", THEY),
    Who.DOG: ("ஒரு நாய்", IT),
    Who.CAT: ("ஒரு பூனை", IT),
    Who.BIRD: ("ஒரு பறவை", IT),
    Who.HORSE: ("ஒரு குதிரை", IT),
}
# Present stems; the ending follows without a space.
ACT = {
    Act.WALK: "நடக்கிற",
    Act.RUN: "ஓடுகிற",
    Act.SIT: "அமர்ந்திருக்கிற",
    Act.STAND: "நிற்கிற",
    Act.SLEEP: "தூங்குகிற",
    Act.EAT: "சாப்பிடுகிற",
    Act.DRINK: "தண்ணீர் குடிக்கிற",
    Act.PLAY: "விளையாடுகிற",
    Act.DANCE: "நடனமாடுகிற",
    Act.SING: "பாடுகிற",
    Act.TALK: "பேசுகிற",
    Act.READ: "புத்தகம் படிக்கிற",
    Act.CYCLE: "மிதிவண்டி ஓட்டுகிற",
    Act.COOK: "சமைக்கிற",
    Act.SWIM: "நீந்துகிற",
    Act.FLY: "பறக்கிற",
    Act.GUITAR: "கிட்டார் வாசிக்கிற",
    Act.PHONE: "தொலைபேசியில் பேசுகிற",
    Act.SMILE: "புன்னகைக்கிற",
    Act.WAIT: "காத்திருக்கிற",
    Act.WORK: "வேலை செய்கிற",
}
PLACE = {
    Place.STREET: "தெருவில்",
    Place.KITCHEN: "சமையலறையில்",
    Place.PARK: "பூங்காவில்",
    Place.GARDEN: "தோட்டத்தில்",
    Place.BEACH: "கடற்கரையில்",
    Place.FOREST: "காட்டில்",
    Place.GRASS: "புல்லின் மீது",
    Place.SNOW: "பனியில்",
    Place.ROOM: "ஓர் அறையில்",
    Place.NEAR_RIVER: "ஆற்றின் அருகில்",
    Place.NEAR_HOUSE: "ஒரு வீட்டின் அருகில்",
    Place.BUILDING: "ஒரு கட்டிடத்தின் முன்",
    Place.MARKET: "சந்தையில்",
    Place.BRIDGE: "பாலத்தில்",
    Place.TREE: "ஒரு மரத்தின் கீழ்",
    Place.SEA: "கடலில்",
    Place.POOL: "ஒரு நீச்சல் குளத்தில்",
    Place.SKY: "வானத்தில்",
}
THING = {
    Thing.CAR: "கார்",
    Thing.BUS: "பேருந்து",
    Thing.BICYCLE: "மிதிவண்டி",
    Thing.BALL: "பந்து",
    Thing.CHAIR: "நாற்காலி",
    Thing.TABLE: "மேசை",
    Thing.BAG: "பை",
    Thing.FLOWER: "மலர்",
    Thing.UMBRELLA: "குடை",
}


def _one(text: str) -> str:
    """`text` with the article that its first sound asks for."""
    return f"{'ஓர்' if 'அ' <= text[0] <= 'ஔ' else 'ஒரு'} {text}"


def _doubled(word: str, following: str) -> str:
    """Both words; a hard consonant at the start of the second is written at the end of the first
    too."""
    if not word:
        return following
    return f"{word}{following[0]}் {following}" if following[0] in "கசதப" else f"{word} {following}"


class Tamil(Language):
    """Formal modern Tamil."""

    tag = "ta"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = ", ".join(part for part in parts if part)
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return _one(spaced(looks, "கருப்பு வெள்ளைக் காட்சி")) + "."
        return spaced(self._palette(scene), _one(spaced(looks, "காட்சி"))) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "இயல்பான ஒளியில்"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"{strength} நிறங்களில்" if strength else ""
        names = with_strength(scene, COLOUR, strength, "", " மற்றும் ", before=True)
        hue = "நிறங்களில்" if len(scene.colours) > 1 else "நிறத்தில்"
        return spaced("பெரும்பாலும்" if scene.is_achromatic else "", names, hue)

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}."
        if work.camera is Camera.STATIC:
            return f"கேமரா நிலையாக உள்ளது, {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return f"கேமரா {_doubled(SHAKE[work.motion], 'குலுங்குகிறது')}."
        return f"கேமரா {_doubled(SPEED[work.motion], MOVES[work.camera])}."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return f"{TEXT}."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = ", ஆனால்" if heard.sound is Sound.SILENCE else ","
        return f"{SOUND[heard.sound]}{joint} {TEXT}."

    def action(self, action: Action) -> str:
        who, ending = WHO[action.who]
        place = PLACE[action.place] if action.place else ""
        return spaced(who, place, ACT[action.act] + ending) + "."

    def sight(self, sight: Sight) -> str:
        thing = _one(_doubled(f"{COLOUR[sight.colour]} நிற", THING[sight.thing]))
        return f"{PLACE[sight.place]} {thing} உள்ளது."
