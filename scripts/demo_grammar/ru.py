"""Russian. Adjectives agree in case, gender and number; places take their preposition's case."""

from scripts.demo_grammar.language import Language, capital, spaced
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

# colour: (masculine, feminine, prepositional plural, genitive singular)
COLOUR = {
    Colour.RED: ("красный", "красная", "красных", "красного"),
    Colour.ORANGE: ("оранжевый", "оранжевая", "оранжевых", "оранжевого"),
    Colour.YELLOW: ("жёлтый", "жёлтая", "жёлтых", "жёлтого"),
    Colour.GREEN: ("зелёный", "зелёная", "зелёных", "зелёного"),
    Colour.CYAN: ("бирюзовый", "бирюзовая", "бирюзовых", "бирюзового"),
    Colour.BLUE: ("синий", "синяя", "синих", "синего"),
    Colour.PURPLE: ("фиолетовый", "фиолетовая", "фиолетовых", "фиолетового"),
    Colour.PINK: ("розовый", "розовая", "розовых", "розового"),
    Colour.BROWN: ("коричневый", "коричневая", "коричневых", "коричневого"),
    Colour.GRAY: ("серый", "серая", "серых", "серого"),
    Colour.BLACK: ("чёрный", "чёрная", "чёрных", "чёрного"),
    Colour.WHITE: ("белый", "белая", "белых", "белого"),
}
LENGTH = {Length.SHORT: "короткая", Length.LONG: "длинная"}
LIGHT = {Light.DARK: "тёмная", Light.DIM: "тускло освещённая", Light.BRIGHT: "светлая"}
STRENGTH = {Saturation.MUTED: "приглушённых", Saturation.COLOURFUL: "ярких"}
STATIC = {
    Motion.STILL: "в кадре ничего не движется",
    Motion.LITTLE: "в кадре мало движения",
    Motion.MODERATE: "в кадре есть движение",
    Motion.STRONG: "в кадре много движения",
}
MOVES = {
    Camera.PAN_LEFT: "поворачивается влево",
    Camera.PAN_RIGHT: "поворачивается вправо",
    Camera.TILT_UP: "поворачивается вверх",
    Camera.TILT_DOWN: "поворачивается вниз",
    Camera.ZOOM_IN: "приближает изображение",
    Camera.ZOOM_OUT: "отдаляет изображение",
}
SPEED = {Motion.LITTLE: "медленно", Motion.MODERATE: "", Motion.STRONG: "быстро"}
SHAKE = {Motion.LITTLE: "слегка", Motion.MODERATE: "", Motion.STRONG: "сильно"}
FOCUS = {
    Focus.SOFT: "Изображение слегка не в фокусе.",
    Focus.BLURRED: "Изображение размыто.",
}
SOUND = {
    Sound.SILENCE: "Звука нет",
    Sound.SPEECH: "Кто-то говорит",
    Sound.OTHER: "Слышна музыка или шум",
    Sound.HEARD: "Слышен звук",
}
# who: (text, plural)
WHO = {
    Who.MAN: ("Мужчина", False),
    Who.WOMAN: ("Женщина", False),
    Who.BOY: ("Мальчик", False),
    Who.GIRL: ("Девочка", False),
    Who.MEN: ("Двое мужчин", True),
    Who.WOMEN: ("Две женщины", True),
    Who.CHILDREN: ("Дети", True),
    Who.PEOPLE: ("Люди", True),
    Who.DOG: ("Собака", False),
    Who.CAT: ("Кошка", False),
    Who.BIRD: ("Птица", False),
    Who.HORSE: ("Лошадь", False),
}
# act: (singular, plural, object)
ACT = {
    Act.WALK: ("гуляет", "гуляют", ""),
    Act.RUN: ("бегает", "бегают", ""),
    Act.SIT: ("сидит", "сидят", ""),
    Act.STAND: ("стоит", "стоят", ""),
    Act.SLEEP: ("спит", "спят", ""),
    Act.EAT: ("ест", "едят", ""),
    Act.DRINK: ("пьёт", "пьют", "воду"),
    Act.PLAY: ("играет", "играют", ""),
    Act.DANCE: ("танцует", "танцуют", ""),
    Act.SING: ("поёт", "поют", ""),
    Act.TALK: ("разговаривает", "разговаривают", ""),
    Act.READ: ("читает", "читают", "книгу"),
    Act.CYCLE: ("катается", "катаются", "на велосипеде"),
    Act.COOK: ("готовит", "готовят", "еду"),
    Act.SWIM: ("плавает", "плавают", ""),
    Act.FLY: ("летит", "летят", ""),
    Act.GUITAR: ("играет", "играют", "на гитаре"),
    Act.PHONE: ("разговаривает", "разговаривают", "по телефону"),
    Act.SMILE: ("улыбается", "улыбаются", ""),
    Act.WAIT: ("ждёт", "ждут", ""),
    Act.WORK: ("работает", "работают", ""),
}
PLACE = {
    Place.STREET: "на улице",
    Place.KITCHEN: "на кухне",
    Place.PARK: "в парке",
    Place.GARDEN: "в саду",
    Place.BEACH: "на пляже",
    Place.FOREST: "в лесу",
    Place.GRASS: "на траве",
    Place.SNOW: "на снегу",
    Place.ROOM: "в комнате",
    Place.NEAR_RIVER: "у реки",
    Place.NEAR_HOUSE: "возле дома",
    Place.BUILDING: "перед зданием",
    Place.MARKET: "на рынке",
    Place.BRIDGE: "на мосту",
    Place.TREE: "под деревом",
    Place.SEA: "в море",
    Place.POOL: "в бассейне",
    Place.SKY: "в небе",
}
# thing: (text, feminine)
THING = {
    Thing.CAR: ("машина", True),
    Thing.BUS: ("автобус", False),
    Thing.BICYCLE: ("велосипед", False),
    Thing.BALL: ("мяч", False),
    Thing.CHAIR: ("стул", False),
    Thing.TABLE: ("стол", False),
    Thing.BAG: ("сумка", True),
    Thing.FLOWER: ("цветок", False),
    Thing.UMBRELLA: ("зонт", False),
}


class Russian(Language):
    """With ё written out."""

    tag = "ru"

    def scene(self, scene: Scene) -> str:
        looks = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            looks.append("чёрно-белая")
        return capital(spaced(*looks, "сцена", self._palette(scene))) + "."

    def _palette(self, scene: Scene) -> str:
        if scene.is_plain:
            return "при обычном освещении"
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"в {strength} тонах" if strength else ""
        if scene.is_achromatic:
            names = [COLOUR[colour][3] for colour in scene.colours]
            return f"с преобладанием {' и '.join(names)}" + (" цвета" if len(names) == 1 else "")
        names = [COLOUR[colour][2] for colour in scene.colours]
        if True in scene.strong:
            first = scene.strong.index(True)
            names[first] = f"{strength} {names[first]}"
        return f"в {' и '.join(names)} тонах"

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{capital(STATIC[work.motion])}."
        if work.camera is Camera.STATIC:
            return f"Камера неподвижна, {STATIC[work.motion]}."
        if work.camera is Camera.SHAKE:
            return spaced("Камера", SHAKE[work.motion], "дрожит") + "."
        return spaced("Камера", SPEED[work.motion], MOVES[work.camera]) + "."

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "На экране есть текст."
        if not heard.text:
            return f"{SOUND[heard.sound]}."
        joint = ", но" if heard.sound is Sound.SILENCE else ","
        return f"{SOUND[heard.sound]}{joint} на экране есть текст."

    def action(self, action: Action) -> str:
        who, many = WHO[action.who]
        forms = ACT[action.act]
        place = PLACE[action.place] if action.place else ""
        return spaced(who, forms[many], forms[2], place) + "."

    def sight(self, sight: Sight) -> str:
        thing, feminine = THING[sight.thing]
        seen = "видна" if feminine else "виден"
        return f"{capital(PLACE[sight.place])} {seen} {COLOUR[sight.colour][feminine]} {thing}."
