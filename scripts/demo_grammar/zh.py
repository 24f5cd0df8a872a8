"""Chinese, simplified. No spaces, full-width punctuation, measure words, colours as 色 nouns."""

from scripts.demo_grammar.language import Language
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
    Colour.RED: "红色",
    Colour.ORANGE: "橙色",
    Colour.YELLOW: "黄色",
    Colour.GREEN: "绿色",
    Colour.CYAN: "青绿色",
    Colour.BLUE: "蓝色",
    Colour.PURPLE: "紫色",
    Colour.PINK: "粉色",
    Colour.BROWN: "棕色",
    Colour.GRAY: "灰色",
    Colour.BLACK: "黑色",
    Colour.WHITE: "白色",
}
LENGTH = {Length.SHORT: "短暂", Length.LONG: "较长"}
LIGHT = {Light.DARK: "黑暗", Light.DIM: "昏暗", Light.BRIGHT: "明亮"}
STRENGTH = {Saturation.MUTED: "柔和的", Saturation.COLOURFUL: "鲜艳的"}
STATIC = {
    Motion.STILL: "画面静止",
    Motion.LITTLE: "画面中动作很少",
    Motion.MODERATE: "画面中有一些动作",
    Motion.STRONG: "画面中有大量动作",
}
MOVES = {
    Camera.PAN_LEFT: "向左摇动",
    Camera.PAN_RIGHT: "向右摇动",
    Camera.TILT_UP: "向上摇动",
    Camera.TILT_DOWN: "向下摇动",
    Camera.ZOOM_IN: "拉近",
    Camera.ZOOM_OUT: "拉远",
}
SPEED = {Motion.LITTLE: "缓缓", Motion.MODERATE: "", Motion.STRONG: "快速"}
SHAKE = {Motion.LITTLE: "轻微", Motion.MODERATE: "", Motion.STRONG: "剧烈"}
FOCUS = {Focus.SOFT: "画面略微失焦。", Focus.BLURRED: "画面模糊。"}
SOUND = {
    Sound.SILENCE: "没有声音",
    Sound.SPEECH: "有人在说话",
    Sound.OTHER: "可以听到音乐或噪声",
    Sound.HEARD: "可以听到声音",
}
WHO = {
    Who.MAN: "一个男人",
    Who.WOMAN: "一个女人",
    Who.BOY: "一个男孩",
    Who.GIRL: "一个女孩",
    Who.MEN: "两个男人",
    Who.WOMEN: "两个女人",
    Who.CHILDREN: "一些孩子",
    Who.PEOPLE: "一些人",
    Who.DOG: "一只狗",
    Who.CAT: "一只猫",
    Who.BIRD: "一只鸟",
    Who.HORSE: "一匹马",
}
ACT = {
    Act.WALK: "走路",
    Act.RUN: "奔跑",
    Act.SLEEP: "睡觉",
    Act.EAT: "吃东西",
    Act.DRINK: "喝水",
    Act.PLAY: "玩耍",
    Act.DANCE: "跳舞",
    Act.SING: "唱歌",
    Act.TALK: "说话",
    Act.READ: "看书",
    Act.CYCLE: "骑自行车",
    Act.COOK: "做饭",
    Act.SWIM: "游泳",
    Act.FLY: "飞翔",
    Act.GUITAR: "弹吉他",
    Act.PHONE: "打电话",
    Act.SMILE: "微笑",
    Act.WAIT: "等待",
    Act.WORK: "工作",
}
STATE = {Act.SIT: "坐", Act.STAND: "站"}
PLACE = {
    Place.STREET: "街上",
    Place.KITCHEN: "厨房里",
    Place.PARK: "公园里",
    Place.GARDEN: "花园里",
    Place.BEACH: "海滩上",
    Place.FOREST: "森林里",
    Place.GRASS: "草地上",
    Place.SNOW: "雪地里",
    Place.ROOM: "一个房间里",
    Place.NEAR_RIVER: "河边",
    Place.NEAR_HOUSE: "一座房子附近",
    Place.BUILDING: "一栋大楼前",
    Place.MARKET: "市场里",
    Place.BRIDGE: "桥上",
    Place.TREE: "一棵树下",
    Place.SEA: "海里",
    Place.POOL: "泳池里",
    Place.SKY: "天空中",
}
# thing: (number and measure word, noun)
THING = {
    Thing.CAR: ("一辆", "汽车"),
    Thing.BUS: ("一辆", "公交车"),
    Thing.BICYCLE: ("一辆", "自行车"),
    Thing.BALL: ("一个", "球"),
    Thing.CHAIR: ("一把", "椅子"),
    Thing.TABLE: ("一张", "桌子"),
    Thing.BAG: ("一个", "包"),
    Thing.FLOWER: ("一朵", "花"),
    Thing.UMBRELLA: ("一把", "雨伞"),
}


class Chinese(Language):
    """Mainland wording."""

    tag = "zh"

    def scene(self, scene: Scene) -> str:
        parts = [LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")]
        looks = "而".join(part for part in parts if part)
        if scene.is_plain:
            return "一段光线正常的画面。"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return f"一段{looks}的黑白画面。" if looks else "一段黑白画面。"
        palette = self._palette(scene)
        if not looks:
            return f"一段{palette}的画面。"
        return f"一段{looks}的画面，{palette}。" if palette else f"一段{looks}的画面。"

    def _palette(self, scene: Scene) -> str:
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"色彩{strength.removesuffix('的')}" if strength else ""
        names = [COLOUR[colour] for colour in scene.colours]
        if True in scene.strong:
            first = scene.strong.index(True)
            names[first] = strength + names[first]
        return f"以{'和'.join(names)}为主"

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}。"
        if work.camera is Camera.STATIC:
            return f"镜头固定，{STATIC[work.motion]}。"
        if work.camera is Camera.SHAKE:
            return f"镜头{SHAKE[work.motion]}晃动。"
        return f"镜头{SPEED[work.motion]}{MOVES[work.camera]}。"

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "屏幕上有文字。"
        if not heard.text:
            return f"{SOUND[heard.sound]}。"
        joint = "但屏幕上有文字" if heard.sound is Sound.SILENCE else "屏幕上有文字"
        return f"{SOUND[heard.sound]}，{joint}。"

    def action(self, action: Action) -> str:
        who = WHO[action.who]
        where = PLACE[action.place] if action.place else ""
        if action.act in STATE:
            return f"{who}{STATE[action.act]}{f'在{where}' if where else '着'}。"
        return f"{who}正在{where}{ACT[action.act]}。"

    def sight(self, sight: Sight) -> str:
        count, thing = THING[sight.thing]
        return f"{PLACE[sight.place]}有{count}{COLOUR[sight.colour]}的{thing}。"
