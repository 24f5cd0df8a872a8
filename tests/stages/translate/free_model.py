"""The packaged demo model without its limits, in a folder of its own: a model that answers
anything, and hardly anything right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from stages import translate

DEMO = Path(str(translate.__file__)).parent / "demo_model"


def free_model(folder: Path, **changed: Any) -> str:
    """A copy whose card has no domain and these changes; gives its reference."""
    shutil.copytree(DEMO, folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["domain"]
    card |= {"name": folder.name, "version": 1, "is_demo": False, "sentence_case": False} | changed
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return str(folder)
