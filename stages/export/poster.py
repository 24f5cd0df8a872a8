"""A picture for a clip that came without a thumbnail: every sample of a shard has the same
members, because readers take the columns of a dataset from its first samples."""

from __future__ import annotations

import io

from schemas.outcomes import ItemError, Reason


def first_frame_jpeg(mp4: bytes) -> bytes:
    """The clip's first frame as JPEG. Raises ItemError DECODE_FAILED."""
    import av
    from PIL import Image

    try:
        with av.open(io.BytesIO(mp4), "r") as container:
            frame = next(container.decode(video=0))
            pixels = frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, StopIteration, IndexError) as error:
        raise ItemError(Reason.DECODE_FAILED, f"no frame in the clip: {error}") from error
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="JPEG", quality=90)
    return out.getvalue()
