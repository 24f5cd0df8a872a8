# `make demo` and `make test` are all that a new machine needs: Python 3.11-3.13, make, PyPI.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

DEMO_VIDEOS := demo/videos
INPUT ?= $(DEMO_VIDEOS)
OUTPUT ?= $(if $(filter $(DEMO_VIDEOS),$(INPUT)),demo/run,demo/run-$(notdir $(INPUT:/=)))

.PHONY: demo test lint types pytest models docs clean

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
	$(BIN)/polyreel models pull --set split.detector=transnetv2

pytest: $(READY)
	$(BIN)/python -m pytest

docs: $(READY)
	$(BIN)/python scripts/write_docs.py

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Polyreel needs Python 3.11 or newer; set PYTHON=python3.12, say")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo build *.egg-info
