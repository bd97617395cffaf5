# Every command of the project. `make` alone lists them; CI calls `make test` and nothing else.

PYTHON ?= $(shell .ci/find-python)
VENV := .venv
PEERS := .peers
AUDIT := .audit
BIN := $(VENV)/bin
SOURCES := sip media rcml engine
KERNELS := $(wildcard $(addsuffix /*.py,media media/plane media/plane/kernels media/codecs media/recording))
# A file of tests stays in one process: a system module starts one daemon for all its tests. In our order
# (tests/conftest.py), not by the number of tests: a file with one test may take longer than one with fifty.
PYTEST := $(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --quiet
TOGETHER := --no-print-directory --jobs=4
PIP := $(BIN)/pip --disable-pip-version-check --no-input install -qq --only-binary :all:
# Installed beside the other packages, where only the test that wants them looks: nothing else may find their needs.
BESIDE := pipecat pesq

# The tests start hundreds of daemons: each would compile our modules anew where this is set.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev tools otel peers run phone page check lint types floors collected unit loopback system test bench docs docs-check fuzz fuzz-short fuzz-api soak hostile kills mutants audit wheel sbom lock clean

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A service whose user may only read the checkout would compile our modules at each start: a second more.
setup: $(VENV)/.runtime $(VENV)/.kernels page ## .venv with the pinned dependencies, kernels warmed, the page of the phone built if Node is here
	@$(BIN)/python -m compileall -q $(SOURCES)

otel: setup ## the pinned packages of the extra dialplane[otel], for traces of calls
	@$(PIP) --require-hashes -r requirements/otel.txt

run: ## everything from a fresh clone: set up, then start `dialplane dev`
	@$(MAKE) $(TOGETHER) setup
	@$(BIN)/dialplane dev

phone: ## the page of the browser phone, with Node and npm
	@.ci/build-phone

page:
	@.ci/build-phone --if-needed

# While kernels are compiled, packages and programs are fetched, and what only reads our sources reads them.
test: ## everything from a fresh clone: set up, lint, types, floors and all tests
	@$(MAKE) $(TOGETHER) --output-sync=target setup-dev peers types lint floors docs-check collected
	@$(PYTEST) $(PYTEST_ARGS)

check: setup-dev lint types floors docs-check unit ## what a change must pass before it is committed (no sockets)

lint: tools ## ruff, formatting and spelling
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/codespell $(SOURCES) tests benchmarks examples docs *.md

types: tools ## mypy: strict on the floors
	@$(BIN)/mypy --no-error-summary

floors: tools ## import-linter: who may import whom
	@$(BIN)/lint-imports --no-cache > $(VENV)/floors.log 2>&1 || { cat $(VENV)/floors.log; exit 1; }

unit: setup-dev ## tests that touch no socket, and the contract tests
	@$(PYTEST) tests/unit tests/contract $(PYTEST_ARGS)

loopback: setup-dev ## tests on 127.0.0.1
	@$(PYTEST) tests/loopback $(PYTEST_ARGS)

system: setup-dev peers ## the daemon as a process against SIPp, baresip and pjsua2
	@$(PYTEST) tests/system $(PYTEST_ARGS)

bench: setup-dev peers ## all benchmarks, each beside its floor or peer, and a table of figures and goals
	@$(BIN)/python -m benchmarks.table

docs: tools ## rewrite the references that are generated from the code
	@$(BIN)/python -m engine.reference

docs-check: tools
	@$(BIN)/python -m engine.reference --check

# Each process of the tests would compile them all, at the same time and for itself, where this is not done.
collected: tools
	@$(BIN)/python -m pytest --collect-only -qq > $(VENV)/collected.log 2>&1 || { tail -40 $(VENV)/collected.log; exit 1; }

fuzz: setup-dev $(VENV)/.fuzz ## inputs that coverage leads to, for every parser, 60 s each; FUZZ="600 sip sdp" for 10 minutes of two
	@$(BIN)/python -m tests.fuzz.guided $(FUZZ)

fuzz-short: setup-dev ## 2 million mutated inputs for every parser; FUZZ="20000 1 sip" for 20,000 with seed 1 for one
	@$(BIN)/python -m tests.fuzz.run $(FUZZ)

soak: setup-dev ## callers for ten minutes, then all is counted; SOAK="480 8" for 8 hours at 8 visits a second
	@$(BIN)/python -m tests.soak.run $(SOAK)

fuzz-api: setup-dev ## ask every REST operation 100 times, as described and not; API_EXAMPLES=1000 for more
	@DIALPLANE_API_EXAMPLES=$(or $(API_EXAMPLES),100) $(BIN)/python -m pytest --numprocesses 3 --quiet tests/loopback/engine/http/test_description.py

hostile: setup-dev peers ## the tests that are attacks, and a table of what was sent and what was held
	@$(PYTEST) -m hostile -p tests.testkit.hostile_table $(PYTEST_ARGS)

kills: setup-dev peers ## kill a busy daemon 20 times on each database and look at what it left; KILLS=200 at night
	@KILL_ROUNDS=$(or $(KILLS),20) $(BIN)/python -m pytest -q -n0 tests/system/test_kill_under_load.py

mutants: setup-dev ## break the transaction tables in every way; each break must fail a test
	@$(BIN)/python tests/mutants/transactions.py

audit: $(AUDIT)/.installed ## ask the package index for known vulnerabilities of what is pinned for run time
	@$(AUDIT)/bin/pip-audit --require-hashes --disable-pip --progress-spinner off -r requirements/runtime.txt

wheel: setup-dev phone ## the whole as one file to install elsewhere, dist/dialplane-*.whl, the page of the phone included
	@$(BIN)/pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

sbom: ## write the bill of materials of a release, dist/dialplane.cdx.json (CycloneDX)
	@$(PYTHON) .ci/make-sbom

lock: setup-dev ## resolve requirements/ anew from pyproject.toml (needs uv)
	@for set in runtime "otel --extra otel" "dev --extra otel --group dev"; do set -- $$set; out=requirements/$$1.txt; shift; \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links pyproject.toml --group build "$$@" -o $$out || exit 1; done
	@for set in $(BESIDE); do \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links --no-deps --group $$set -o requirements/$$set.txt || exit 1; done
	@for set in fuzz audit; do \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links -c requirements/dev.txt --group $$set -o requirements/$$set.txt || exit 1; done

clean: ## remove what the targets above made, except var/ (your calls and recordings)
	@rm -rf $(VENV) $(PEERS) $(AUDIT) .fuzz phone/node_modules engine/http/phone_page .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	@find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@.ci/make-venv "$(PYTHON)" $(VENV)

# A stamp for each set of packages, and for the kernels: a change of the lock or of a kernel brings the step back.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "setup: installing the pinned packages (about a minute the first time)"
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.kernels: $(KERNELS) | $(VENV)/.runtime
	@$(BIN)/python -m media.plane.warm
	@touch $@

setup-dev: setup tools

tools: $(VENV)/.dev $(BESIDE:%=$(VENV)/.%)

# After the other packages: two pips in one environment would disturb each other.
$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "setup: installing the test tools"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(BESIDE:%=$(VENV)/.%): $(VENV)/.%: requirements/%.txt | $(VENV)/bin/python
	@rm -rf $(VENV)/$*
	@$(PIP) --no-binary pesq --require-hashes --no-deps --target $(VENV)/$* -r $< 2>/dev/null || \
	  { rm -rf $(VENV)/$*; echo "setup: $* cannot be had (its contract test is skipped)"; }
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.txt | $(VENV)/.dev
	@$(PIP) --require-hashes -r $<
	@touch $@

# An environment of its own: it brings a newer pip.
$(AUDIT)/.installed: requirements/audit.txt
	@.ci/make-venv "$(PYTHON)" $(AUDIT)
	@$(subst $(BIN),$(AUDIT)/bin,$(PIP)) --require-hashes -r $<
	@touch $@

# After the page: building it once more is then nothing, unless Node came only now.
peers: $(PEERS)/.installed page ## SIPp, baresip, pjsua2 and other outside programs for the system tests, installed when we may
	@.ci/install-peers
	@.ci/build-phone --if-needed

$(PEERS)/.installed: requirements/peers.txt
	@.ci/install-pjsua2 "$(PYTHON)" $(PEERS)
