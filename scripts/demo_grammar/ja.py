"""Japanese, plain style. No spaces; the particle of a place depends on the verb: を for a path, に
for staying, で for the rest."""

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

# colour: (noun, attributive)
COLOUR = {
    Colour.RED: ("赤", "赤い"),
    Colour.ORANGE: ("オレンジ色", "オレンジ色の"),
    Colour.YELLOW: ("黄色", "黄色い"),
    Colour.GREEN: ("緑", "緑色の"),
    Colour.CYAN: ("青緑", "青緑色の"),
    Colour.BLUE: ("青", "青い"),
    Colour.PURPLE: ("紫", "紫色の"),
    Colour.PINK: ("ピンク", "ピンク色の"),
    Colour.BROWN: ("茶色", "茶色い"),
    Colour.GRAY: ("灰色", "灰色の"),
    Colour.BLACK: ("黒", "黒い"),
    Colour.WHITE: ("白", "白い"),
}
# adjective: stem; "く" links it to the next one, "い" closes it
LENGTH = {Length.SHORT: "短", Length.LONG: "長"}
LIGHT = {Light.DARK: "暗い", Light.DIM: "薄暗い", Light.BRIGHT: "明るい"}
STRENGTH = {Saturation.MUTED: "くすんだ", Saturation.COLOURFUL: "鮮やかな"}
STATIC = {
    Motion.STILL: "何も動いていない",
    Motion.LITTLE: "動きは少ない",
    Motion.MODERATE: "多少の動きがある",
    Motion.STRONG: "動きが多い",
}
MOVES = {
    Camera.PAN_LEFT: "左にパンする",
    Camera.PAN_RIGHT: "右にパンする",
    Camera.TILT_UP: "上にティルトする",
    Camera.TILT_DOWN: "下にティルトする",
    Camera.ZOOM_IN: "ズームインする",
    Camera.ZOOM_OUT: "ズームアウトする",
}
SPEED = {Motion.LITTLE: "ゆっくりと", Motion.MODERATE: "", Motion.STRONG: "素早く"}
SHAKE = {Motion.LITTLE: "わずかに", Motion.MODERATE: "", Motion.STRONG: "激しく"}
FOCUS = {
    Focus.SOFT: "映像のピントがわずかに合っていない。",
    Focus.BLURRED: "映像がぼやけている。",
}
# sound: (sentence, form that links to the next clause)
SOUND = {
    Sound.SILENCE: ("音声はない", "音声はないが"),
    Sound.SPEECH: ("誰かが話している", "誰かが話していて"),
    Sound.OTHER: ("音楽や雑音が聞こえる", "音楽や雑音が聞こえ"),
    Sound.HEARD: ("音が聞こえる", "音が聞こえ"),
}
WHO = {
    Who.MAN: "男性",
    Who.WOMAN: "女性",
    Who.BOY: "男の子",
    Who.GIRL: "女の子",
    Who.MEN: "二人の男性",
    Who.WOMEN: "二人の女性",
    Who.CHILDREN: "子どもたち",
    Who.PEOPLE: "人々",
    Who.DOG: "犬",
    Who.CAT: "猫",
    Who.BIRD: "鳥",
    Who.HORSE: "馬",
}
# act: (particle of the place, verb)
ACT = {
    Act.WALK: ("を", "歩いている"),
    Act.RUN: ("を", "走っている"),
    Act.SIT: ("に", "座っている"),
    Act.STAND: ("に", "立っている"),
    Act.SLEEP: ("で", "眠っている"),
    Act.EAT: ("で", "食べている"),
    Act.DRINK: ("で", "水を飲んでいる"),
    Act.PLAY: ("で", "遊んでいる"),
    Act.DANCE: ("で", "踊っている"),
    Act.SING: ("で", "歌っている"),
    Act.TALK: ("で", "話している"),
    Act.READ: ("で", "本を読んでいる"),
    Act.CYCLE: ("で", "自転車に乗っている"),
    Act.COOK: ("で", "料理をしている"),
    Act.SWIM: ("で", "泳いでいる"),
    Act.FLY: ("を", "飛んでいる"),
    Act.GUITAR: ("で", "ギターを弾いている"),
    Act.PHONE: ("で", "電話で話している"),
    Act.SMILE: ("で", "微笑んでいる"),
    Act.WAIT: ("で", "待っている"),
    Act.WORK: ("で", "働いている"),
}
PLACE = {
    Place.STREET: "通り",
    Place.KITCHEN: "台所",
    Place.PARK: "公園",
    Place.GARDEN: "庭",
    Place.BEACH: "浜辺",
    Place.FOREST: "森の中",
    Place.GRASS: "草の上",
    Place.SNOW: "雪の中",
    Place.ROOM: "部屋の中",
    Place.NEAR_RIVER: "川の近く",
    Place.NEAR_HOUSE: "家の近く",
    Place.BUILDING: "建物の前",
    Place.MARKET: "市場",
    Place.BRIDGE: "橋の上",
    Place.TREE: "木の下",
    Place.SEA: "海",
    Place.POOL: "プール",
    Place.SKY: "空",
}
THING = {
    Thing.CAR: "車",
    Thing.BUS: "バス",
    Thing.BICYCLE: "自転車",
    Thing.BALL: "ボール",
    Thing.CHAIR: "椅子",
    Thing.TABLE: "テーブル",
    Thing.BAG: "かばん",
    Thing.FLOWER: "花",
    Thing.UMBRELLA: "傘",
}


class Japanese(Language):
    """Newspaper style without です and ます."""

    tag = "ja"

    def scene(self, scene: Scene) -> str:
        length, light = LENGTH.get(scene.length, ""), LIGHT.get(scene.light, "")
        looks = f"{length}{'く' if light else 'い'}{light}" if length else light
        if scene.is_plain:
            return "普通の明るさのシーン。"
        if scene.saturation is Saturation.BLACK_AND_WHITE:
            return f"{looks}白黒のシーン。"
        palette = self._palette(scene)
        comma = "、" if palette and looks else ""
        return f"{palette}{comma}{looks}シーン。"

    def _palette(self, scene: Scene) -> str:
        strength = STRENGTH.get(scene.saturation, "")
        if not scene.colours:
            return f"{strength}色合いの" if strength else ""
        names = [COLOUR[colour][0] for colour in scene.colours]
        if True in scene.strong:
            first = scene.strong.index(True)
            names[first] = strength + names[first]
        return f"{'と'.join(names)}を基調とした"

    def camera(self, work: CameraWork) -> str:
        if work.camera is Camera.UNKNOWN:
            return f"{STATIC[work.motion]}。"
        if work.camera is Camera.STATIC:
            return f"カメラは固定されており、{STATIC[work.motion]}。"
        if work.camera is Camera.SHAKE:
            return f"カメラが{SHAKE[work.motion]}揺れる。"
        return f"カメラが{SPEED[work.motion]}{MOVES[work.camera]}。"

    def sharpness(self, picture: Sharpness) -> str:
        return FOCUS[picture.focus]

    def sound(self, heard: SoundAndText) -> str:
        if heard.sound is Sound.UNKNOWN:
            return "画面に文字がある。"
        alone, linked = SOUND[heard.sound]
        return f"{linked}、画面に文字がある。" if heard.text else f"{alone}。"

    def action(self, action: Action) -> str:
        particle, verb = ACT[action.act]
        where = PLACE[action.place] + particle if action.place else ""
        return f"{WHO[action.who]}が{where}{verb}。"

    def sight(self, sight: Sight) -> str:
        colour = COLOUR[sight.colour][1]
        return f"{PLACE[sight.place]}に{colour}{THING[sight.thing]}がある。"
