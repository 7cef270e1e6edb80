# Every public command. A fresh machine needs Python 3.11-3.13 with venv, and make; nothing else.
PYTHON ?= python3
TORCH_INDEX ?=
BIN := .venv/bin

# uv does not read pip's folders of local wheels; hand them over.
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null))
# Byte code is compiled once here: many commands start a fresh interpreter, some where writing it is forbidden.
INSTALL := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --override overrides.txt
# Two processes share the tests, a module each at a time: half of them wait for a browser.
PYTEST := $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile
CHECKED := earshot explainer study analysis fixtures benchmarks tests manage.py

.PHONY: install demo test webkit study-only check bench docs messages browser postgres node clean force

install: .venv/for-running

.venv/bin/uv: constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	touch $@

.venv/for-running: .venv/bin/uv pyproject.toml constraints.txt overrides.txt $(if $(TORCH_INDEX),force)
ifneq ($(TORCH_INDEX),)
	$(INSTALL) --index-url $(TORCH_INDEX) torch torchvision
endif
	$(INSTALL) --editable '.[study,explainer,analysis]'
	touch $@

.venv/for-developing: .venv/for-running
	$(INSTALL) --editable '.[study,explainer,analysis,dev]'
	touch $@

demo: install
	$(BIN)/python manage.py demo $(if $(PORT),--port $(PORT))

# Everything on SQLite, then whatever reads or writes a database on a PostgreSQL server of its own.
test: .venv/for-developing browser postgres node
	$(PYTEST)
	$(BIN)/python -m tests.postgres $(PYTEST) tests/study

# The participant's way in a WebKit browser, and what browsers really play, on a screen and a sound card of the tests' own.
WEBKIT_PACKAGES := webkit2gtk-driver xvfb pulseaudio pulseaudio-utils gstreamer1.0-plugins-base gstreamer1.0-plugins-good
webkit: .venv/for-developing browser
	@missing=; for package in $(WEBKIT_PACKAGES); do \
	  dpkg-query --show --showformat '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	else echo "missing for 'make webkit', which needs Debian:$$missing; install them as root, or run it as root" >&2; exit 1; fi
	$(BIN)/python -m pytest tests/webkit

check: .venv/for-developing node
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/tsc --noEmit --project tsconfig.json
	$(BIN)/python manage.py makemigrations --check --dry-run

# The study program alone, in an environment of its own: no torch, no pandas.
study-only: .venv/bin/uv
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv/study-only
	$(BIN)/uv pip install --quiet --python .venv/study-only/bin/python --constraint constraints.txt --override overrides.txt --editable '.[study]'
	.venv/study-only/bin/python fixtures/walk_through.py

bench: .venv/for-developing browser postgres node
	failed=; for script in benchmarks/*.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python $$script || failed="$$failed $$script"; done; \
	test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

# The catalogues of participants' sentences, brought up to what templates and modules mark, and compiled.
messages: .venv/for-developing
	$(BIN)/python -m fixtures.messages

docs: .venv/for-developing
	$(BIN)/python -m pytest tests/test_docs.py

# Debian's Chromium where we may install it, the browser driver's own download elsewhere.
browser: .venv/for-developing
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; \
	else $(BIN)/playwright install chromium; fi

postgres:
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y postgresql >/dev/null; \
	else echo "initdb is missing; install PostgreSQL 14 or newer for 'make test' and 'make bench'" >&2; exit 1; fi

node: node_modules/.bin/tsc

node_modules/.bin/tsc: package.json
	@if command -v npm >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y nodejs npm >/dev/null; \
	else echo "npm is missing; install Node.js 18 or newer for 'make check'" >&2; exit 1; fi
	npm install --no-audit --no-fund --loglevel=error
	touch $@

clean:
	rm -rf .venv node_modules var .mypy_cache .ruff_cache .pytest_cache
