"""Small pictures that are part of the page itself."""

from __future__ import annotations

import base64
import io
from typing import Any

from pipeline.storage import Storage

_LONG_SIDE_PX = 320
_QUALITY = 72


def data_uri(storage: Storage, ref: dict[str, Any] | None) -> str:
    """A `data:` URI of a packed JPEG, scaled down; "" when there is none or it is no picture."""
    if not ref or ref.get("pack") is None:
        return ""
    from PIL import Image, UnidentifiedImageError

    try:
        data = storage.read_range(ref["pack"], ref["offset"], ref["size_bytes"])
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except (FileNotFoundError, UnidentifiedImageError):
        return ""
    image.thumbnail((_LONG_SIDE_PX, _LONG_SIDE_PX))
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
