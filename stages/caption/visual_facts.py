"""From a shot's measurements to the categories that the `visual` teacher has words for.

What was not measured is not spoken of: a sentence about it would be a guess.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.table import Row
from stages.caption.config import VisualConfig
from stages.caption.visual_grammar import (
    Camera,
    CameraWork,
    Colour,
    Faces,
    Focus,
    Length,
    Light,
    Motion,
    Saturation,
    Scene,
    Sound,
    VisualFacts,
    english,
    meanings,
)

SCENE_FIGURES = ("brightness", "saturation", "colours")
CAMERA_FIGURES = ("pan_x", "pan_y", "zoom", "shake")
"""Columns of `shots` on which what is said of light and colour, and of the camera, rests."""


def visual_facts(
    shot: Row,
    config: VisualConfig,
    on_screen_text: bool | None,
    speech: bool | None,
    *,
    is_audio_known: bool = True,
    n_faces: int = 0,
) -> VisualFacts:
    """Facts of one row of `shots`. `on_screen_text` and `speech`: what other teachers found;
    null: nobody looked. `is_audio_known`: the split stage read the audio, or there is none.
    `n_faces`: most faces on one keyframe."""
    return VisualFacts(
        camera=camera_of(shot, config),
        motion=motion_of(shot["motion"], config),
        light=light_of(shot["brightness"], config),
        saturation=saturation_of(shot["saturation"], config),
        colours=colours_of(shot["colours"]),
        focus=focus_of(shot["sharpness"], config),
        length=length_of(shot["end_s"] - shot["start_s"], config),
        on_screen_text=on_screen_text,
        sound=sound_of(shot["audio_rms_db"], speech, config) if is_audio_known else Sound.UNKNOWN,
        faces=faces_of(n_faces),
    )


def sentences(shot: Row, facts: VisualFacts) -> list[str]:
    """What the grammar says of the facts, without sentences about figures that the shot lacks;
    nothing when neither the scene nor its motion was measured."""
    unknown: list[type] = []
    if any(shot[name] is None for name in SCENE_FIGURES):
        unknown.append(Scene)
    if shot["motion"] is None:
        unknown.append(CameraWork)
    if len(unknown) == 2:
        return []
    said = (meaning for meaning in meanings(facts) if not isinstance(meaning, tuple(unknown)))
    return [english(meaning) for meaning in said]


def camera_of(shot: Row, config: VisualConfig) -> Camera:
    """The movement that exceeds its threshold by most; shaking only when no other does.

    pan_x > 0 and pan_y > 0: the camera turns to the right and down; zoom > 0: in. A camera that
    was not measured is unknown, and not static.
    """
    pan_x, pan_y, zoom, shake = (shot[name] for name in CAMERA_FIGURES)
    if None in (pan_x, pan_y, zoom, shake):
        return Camera.UNKNOWN
    moves = [
        (abs(pan_x) / config.pan_per_s, Camera.PAN_RIGHT if pan_x > 0 else Camera.PAN_LEFT),
        (abs(pan_y) / config.pan_per_s, Camera.TILT_DOWN if pan_y > 0 else Camera.TILT_UP),
        (abs(zoom) / config.zoom_per_s, Camera.ZOOM_IN if zoom > 0 else Camera.ZOOM_OUT),
    ]
    strength, camera = max(moves, key=lambda move: move[0])
    if strength >= 1:
        return camera
    return Camera.SHAKE if shake >= config.shake else Camera.STATIC


def motion_of(motion: float | None, config: VisualConfig) -> Motion:
    if motion is None:
        return Motion.MODERATE
    if motion < config.motion_little:
        return Motion.STILL
    if motion < config.motion_moderate:
        return Motion.LITTLE
    return Motion.MODERATE if motion < config.motion_strong else Motion.STRONG


def light_of(brightness: float | None, config: VisualConfig) -> Light:
    if brightness is None:
        return Light.NORMAL
    if brightness < config.dark:
        return Light.DARK
    if brightness < config.dim:
        return Light.DIM
    return Light.NORMAL if brightness < config.bright else Light.BRIGHT


def saturation_of(saturation: float | None, config: VisualConfig) -> Saturation:
    if saturation is None:
        return Saturation.NORMAL
    if saturation < config.grey:
        return Saturation.BLACK_AND_WHITE
    if saturation < config.muted:
        return Saturation.MUTED
    return Saturation.NORMAL if saturation < config.colourful else Saturation.COLOURFUL


def colours_of(names: Sequence[str] | None) -> tuple[Colour, ...]:
    """The named colours, in order. Raises ValueError for a name outside the grammar: the split
    stage and the grammar have to agree on the vocabulary."""
    return tuple(Colour(name) for name in names or [])


def focus_of(sharpness: float | None, config: VisualConfig) -> Focus:
    if sharpness is None:
        return Focus.SHARP
    if sharpness < config.blurred:
        return Focus.BLURRED
    return Focus.SOFT if sharpness < config.soft else Focus.SHARP


def faces_of(count: int) -> Faces | None:
    if count < 1:
        return None
    return {1: Faces.ONE, 2: Faces.TWO}.get(count, Faces.SEVERAL)


def length_of(duration_s: float, config: VisualConfig) -> Length:
    if duration_s < config.short_s:
        return Length.SHORT
    return Length.MEDIUM if duration_s < config.long_s else Length.LONG


def sound_of(rms_db: float | None, speech: bool | None, config: VisualConfig) -> Sound:
    """Words that were heard outweigh the level: speech can be quiet."""
    if speech:
        return Sound.SPEECH
    if rms_db is None:
        return Sound.NONE
    if rms_db < config.silence_db:
        return Sound.SILENCE
    return Sound.HEARD if speech is None else Sound.OTHER
