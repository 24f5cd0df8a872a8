"""The quality evaluation compares the stage with CTranslate2 itself, line by line."""

from __future__ import annotations

import gzip
import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from scripts import eval_translate
from stages import translate
from stages.translate.config import TranslateConfig

DEMO = Path(str(translate.__file__)).parent / "demo_model"


@pytest.mark.parametrize("ratio", [3.0, 0.3])
def test_a_model_keeps_its_quality_in_the_stage(
    ratio: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With answers that the limit cuts, too."""
    pytest.importorskip("sacrebleu")
    limited = partial(TranslateConfig, max_output_ratio=ratio, max_output_extra=0)
    monkeypatch.setattr(eval_translate, "TranslateConfig", limited)
    model = tmp_path / "model"
    shutil.copytree(DEMO, model)
    card = json.loads((model / "card.json").read_text(encoding="utf-8"))
    del card["domain"]
    # Told no language, the model writes some language or other: the same one both ways.
    card |= {"target_languages": ["de"], "target_tokens": {}, "sentence_case": False}
    (model / "card.json").write_text(json.dumps(card), encoding="utf-8")
    monkeypatch.setenv("POLYREEL_CACHE", str(tmp_path / "cache"))
    lines = ["A dog is sleeping.", "A man is walking."]
    for tag, texts in (("en", lines), ("de", ["Ein Hund schläft.", "Ein Mann geht."])):
        with gzip.open(tmp_path / f"test_2016_flickr.{tag}.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(texts) + "\n")
    eval_translate.main(["--corpus", str(tmp_path), "--model", str(model), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["direct"] == found["stage"]
    assert (found["lines"], found["lines_that_differ"], found["same_from_memory"]) == (2, 0, True)
