# Every target sets itself up in .venv; the second run is instant.
#   make PYTHON=python3.12 test     another interpreter (after `make clean`)
#   make test ARGS='-k archive'     options for the tool behind the target
#   make test BACKEND=git           everything over git's own plumbing (else libgit2 where it can)
#   make test FORMAT=sha256         everything in repositories of SHA-256 objects
#   make test REFS=reftable         everything in repositories whose refs stand in a reftable (git 2.45)
#   make test TESTS=tests/test_x.py some of them
#   make bench-scale SIZES='1000 1000000' PICTURE=growth.svg   other sizes, and a curve

PYTHON ?= python3
ARGS ?=
BACKEND ?=
FORMAT ?=
REFS ?=
TESTS ?= tests
SIZES ?=
PICTURE ?=
VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/python -m

.DEFAULT_GOAL := help
.PHONY: demo test install-test lint bench bench-recall bench-scale reliability docs format clean help screenshot

demo: $(STAMP) ## a session from the first claim to gc, in a scratch repository
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" sh docs/demo.sh

test: $(STAMP) ## the test-suite, on every core
	$(if $(BACKEND),MNEMO_BACKEND=$(BACKEND) )$(if $(FORMAT),MNEMO_OBJECT_FORMAT=$(FORMAT) )\
		$(if $(REFS),MNEMO_REF_FORMAT=$(REFS) )$(RUN) pytest -n auto $(ARGS) $(TESTS)

install-test: $(STAMP) ## pip, pipx and uv install it, from an sdist and from a wheel, each in a home of its own
	$(RUN) tests.installation

lint: $(STAMP) ## ruff and mypy; changes nothing
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: $(STAMP) ## the benchmarks
	$(RUN) tests.benchmarks $(ARGS)

bench-recall: $(STAMP) ## speed of recall; DATA=FOLDER: and how well it finds; ARGS=--only-score: that alone
	$(if $(filter --only-score,$(ARGS)),,$(RUN) tests.benchmarks recall $(ARGS))
	@test -z "$(DATA)" || PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python "$(DATA)/score.py" \
		--data "$(DATA)" --cli --import-cmd 'git mnemo import --format jsonl -' \
		--batch-cmd 'git mnemo recall --nodes --limit {k} --batch'

bench-scale: $(STAMP) ## how time and memory grow with 1,000 to 100,000 nodes
	$(RUN) tests.benchmarks.scaling $(SIZES) $(if $(PICTURE),--picture $(PICTURE) )$(ARGS)

reliability: $(STAMP) ## count what strikes it, and what it survived; some minutes
	$(RUN) tests.reliability $(ARGS)

docs: $(STAMP) ## write the reference, the man pages and the outputs in the documents anew
	$(VENV)/bin/python docs/generate.py
	$(RUN) tests.regenerate_documents

screenshot: $(STAMP) ## the picture of the exported page anew; takes a Chromium on PATH
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	$(RUN) tests.showpiece

format: $(STAMP) ## put the code into shape
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

clean: ## remove the virtual environment, caches and builds
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r target what; do \
		printf '  make %-12s %s\n' "$$target" "$$what"; done

# Touched last: an installation that was interrupted is not one.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "error: '$(PYTHON)' is not Python 3.11 or newer, which git mnemo needs." >&2; \
		echo "hint: make PYTHON=python3.11 $(or $(MAKECMDGOALS),help)" >&2; exit 1; }
	@echo "setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
