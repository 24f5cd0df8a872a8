"""More videos with known boundaries, made by ffmpeg's own filters, for `scripts/eval_shots.py`.

`hard`: single shots to which much happens that is no boundary. `boxed`: videos of several shots as
upright strips between black bars, and beside a news channel's panels. The films that the network is
trained on are made by `scripts/shot_training/`, these are not. The layout is that of
`build_eval_sets.py`.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from scripts.bench_media import ffmpeg

FPS = 30
PER_KIND = 2


def _whip(zoom: float, period: int, frames: int) -> str:
    """Between two places, with a rush of `frames` frames every `period` frames."""
    turn = f"clip((mod(n,{period})-{period // 2})/{frames},0,1)"
    side = f"abs(mod(floor(n/{period}),2)-{turn})"
    return f"scale=iw*{zoom}:ih*{zoom},crop=iw/{zoom}:ih/{zoom}:'(iw-iw/{zoom})*{side}':'(ih-oh)/2'"


def _every(period: int, start: int, end: int) -> str:
    return f"enable='between(mod(n,{period}),{start},{end})'"


KINDS: dict[str, str] = {
    "strobe": "eq=brightness='0.5*lt(mod(n,6),3)':eval=frame",
    "strobe_dark": f"eq=brightness=-0.6:{_every(4, 0, 1)}",
    "negative_flash": f"negate={_every(40, 20, 21)}",
    "lights_off": f"eq=brightness=-0.35:contrast=0.6:{_every(90, 45, 89)}",
    "lights_on": f"eq=brightness=0.3:gamma=1.6:{_every(80, 40, 79)}",
    "whip": _whip(2.0, 60, 6),
    "whip_blurred": _whip(1.7, 50, 8) + f",avgblur=sizeX=24:sizeY=1:{_every(50, 25, 33)}",
    "shake_blurred": "scale=iw*1.25:ih*1.25,crop=iw/1.25:ih/1.25:'(iw-ow)*(0.5+0.5*sin(n*2.1))'"
    f":'(ih-oh)*(0.5+0.5*sin(n*1.3))',gblur=sigma=3:{_every(12, 0, 5)}",
    "rotate": "rotate='0.5*sin(n/20)'",
    "spin": "scale=iw*1.3:ih*1.3,rotate='n/15':ow=iw/1.3:oh=ih/1.3",
    "hue_turn": "hue=H='n/12'",
    "grey_switch": f"hue=s=0:{_every(70, 35, 69)}",
    "defocus": f"gblur=sigma=8:{_every(60, 25, 45)}",
    "grain": "noise=alls=45:allf=t",
    "lost_frames": "fps=6,fps=30",
    "pulldown": "fps=12,fps=30",
    "blended": "tmix=frames=4",
    "interlaced": "tinterlace=mode=interleave_top,fps=30",
    "crf": "null",
    "letterbox_pop": "drawbox=x=0:y=0:w=iw:h=ih*0.12:color=black:t=fill:"
    + _every(60, 30, 59)
    + ",drawbox=x=0:y=ih*0.88:w=iw:h=ih*0.12:color=black:t=fill:"
    + _every(60, 30, 59),
    "dip_black": "eq=brightness='-1.2*max(0,1-abs(mod(n,70)-35)/7)':eval=frame",
    "dip_white": "eq=brightness='1.2*max(0,1-abs(mod(n,70)-35)/6)':eval=frame",
    "fade_ends": "fade=in:0:25,fade=out:60:25",
    "flicker": "eq=brightness='0.18*(random(1)-0.5)':eval=frame",
    "exposure_jump": "eq=brightness='0.22*(gt(mod(n,50),25)-0.5)':contrast=1.1:eval=frame",
    "pan_vertical": "scale=iw*2:ih*2,crop=iw/2:ih/2:iw/4:'(ih/2)*(0.5+0.5*sin(n/14))'",
    "earthquake": "scale=iw*1.5:ih*1.5,crop=iw/1.5:ih/1.5:'(iw-ow)*random(1)':'(ih-oh)*random(2)'",
    "timelapse": "setpts=PTS/4,fps=30",
    "slow": "setpts=PTS*3,fps=30",
    "ten_fps": "fps=10",
    "sixty_fps": "scale=iw*2:ih*2,crop=iw/2:ih/2:'(iw/2)*(0.5+0.5*sin(t*1.5))':ih/4,fps=60",
    "vignette_pulse": "vignette='PI/5+0.2*sin(n/10)':eval=frame",
    "crash_zoom": "scale=h=-2:eval=frame:w='2*trunc(iw/2*(1+1.6*("
    "clip((mod(n,90)-25)/9,0,1)-clip((mod(n,90)-70)/9,0,1))))'"
    ",crop=640:360",
    "card_small": "drawbox=x=iw*0.27:y=ih*0.27:w=iw*0.46:h=ih*0.44:color=white:t=fill:"
    + _every(70, 30, 60),
    "card_large": "drawbox=x=iw*0.18:y=ih*0.15:w=iw*0.62:h=ih*0.66:color=navy:t=fill:"
    + _every(70, 30, 60),
}
"""Filters over one clip."""

OVERLAYS: dict[str, str] = {
    "inset_pop": "[1:v]scale=iw*0.4:ih*0.4[s];[0:v][s]overlay=W*0.55:H*0.05:" + _every(70, 30, 65),
    "window_small": "[1:v]scale=iw*0.45:ih*0.45[s];[0:v][s]overlay=W*0.28:H*0.26:"
    + _every(70, 30, 65),
    "window_large": "[1:v]scale=iw*0.65:ih*0.65[s];[0:v][s]overlay=W*0.16:H*0.2:"
    + _every(70, 30, 65),
    "window_opens": "[1:v]scale=iw*0.6:ih*0.6[s];[0:v][s]overlay=x=W*0.2:"
    "y='H*(0.2+0.8*(1-clip((mod(n,90)-30)/8,0,1)))'",
    "half_pop": "[1:v]crop=iw/2:ih:iw/4:0[s];[0:v][s]overlay=W/2:0:" + _every(70, 30, 65),
    "lower_third": "[1:v]crop=iw:ih*0.2:0:0[s];[0:v][s]overlay="
    "x='W*(clip((mod(n,90)-40)/10,0,1)-1)':y=H*0.75",
    "ticker": "[1:v]crop=iw:ih*0.15:0:ih*0.4[s];[0:v][s]overlay=x='W-mod(n*9,2*W)':y=H*0.82",
    "passer": "[1:v]gblur=sigma=6,scale=iw*0.9:ih*1.2[s];[0:v][s]overlay="
    "x='mod(n*40,3*W)-W':y=-H*0.1",
    "passer_slow": "[1:v]gblur=sigma=3,scale=iw*0.6:ih[s];[0:v][s]overlay="
    "x='W-mod(n*16,2.5*W)':y=0",
    "logo_spin": "[1:v]scale=iw*0.2:ih*0.2[s];[0:v][s]overlay=x='W*0.4*(1+sin(n/9))':"
    "y='H*0.4*(1+cos(n/9))'",
}
"""Filters over one clip and something of another."""

BOXES: dict[str, str] = {
    "bars": "crop=204:ih,pad=640:360:(ow-iw)/2:0",
    "panels": "drawbox=x=0:y=ih*0.78:w=iw:h=ih*0.22:color=0x203060:t=fill,"
    "drawbox=x=iw*0.78:y=0:w=iw*0.22:h=ih:color=0x802020:t=fill,"
    "drawbox=x=20:y=300:w=400:h=20:color=white:t=fill,"
    "drawbox=x=520:y=40:w=100:h=30:color=white:t=fill",
}
"""Filters over videos of several shots."""

_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


def build_hard(clips: list[dict[str, Any]], root: Path, out: Path, seed: int) -> None:
    """Videos of every kind and their (empty) truth, from the rows of a clips.jsonl."""
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    long_enough = [clip for clip in clips if clip["duration_s"] >= 3.0]
    truth = {}
    for kind in [*KINDS, *OVERLAYS]:
        for number, clip in enumerate(rng.sample(long_enough, PER_KIND)):
            other = rng.choice([c for c in clips if c is not clip])
            name = f"{kind}_{number}.mp4"
            seconds = min(clip["duration_s"] - 0.2, 8.0) * (2 if kind == "slow" else 1)
            fps = {"ten_fps": 10, "sixty_fps": 60}.get(kind, FPS)
            inputs = root / clip["file"], root / other["file"]
            _encode(kind, inputs, out / name, seconds, fps)
            truth[name] = {"frames": round(seconds * fps), "fps": fps, "events": []}
    (out / "truth.json").write_text(json.dumps(truth, indent=1))


def build_boxed(shots: Path, out: Path) -> None:
    """The videos below `shots` in each kind of box; the truth stays what it is."""
    out.mkdir(parents=True, exist_ok=True)
    truth = {}
    for name, video in json.loads((shots / "truth.json").read_text()).items():
        for kind, chain in BOXES.items():
            boxed = f"{kind}_{name}"
            ffmpeg("-i", shots / name, "-vf", chain, *_X264, "-g", "250", out / boxed)
            truth[boxed] = video
    (out / "truth.json").write_text(json.dumps(truth, indent=1))


def _encode(kind: str, inputs: tuple[Path, Path], out: Path, seconds: float, fps: int) -> None:
    steady = f"fps={FPS},scale=640:360,setsar=1"
    clip, other = inputs
    sources: list[object] = ["-i", clip]
    if kind in OVERLAYS:
        sources += ["-stream_loop", "9", "-i", other]
        chain = OVERLAYS[kind].replace("[1:v]", "[o]").replace("[0:v]", "[a]")
        graph = f"[0:v]{steady}[a];[1:v]{steady}[o];{chain}"
    else:
        graph = f"[0:v]{steady},{KINDS[kind]}"
    graph += ",scale=640:360,setsar=1[v]"
    quality = ("-crf", "44", "-g", "15") if kind == "crf" else ("-crf", "20")
    length = ("-t", f"{seconds:.3f}", "-r", fps)
    ffmpeg(*sources, "-filter_complex", graph, "-map", "[v]", *length, *_X264, *quality, out)
