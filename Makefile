# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

PYTHONS = python3.13 python3.12 python3.11 python3
NOX = .venv/bin/nox

.PHONY: help test demo lint units coverage matrix oldest soak benchmark release clean

help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

test: .venv/ready ## Run everything that must pass
	@$(NOX)
	@echo "All sessions passed."

demo: .venv/ready ## Build, install and show the collection, against simulated services
	@$(NOX) -s demo

lint: .venv/ready ## Check style and types
	@$(NOX) -s lint

units: .venv/ready ## Run the unit tests
	@$(NOX) -s units

coverage: .venv/ready ## Run the unit tests and measure what they cover
	@$(NOX) -s coverage

matrix: .venv/ready ## Run the unit tests with every ansible-core and Python that fit
	@$(NOX) -s matrix

oldest: .venv/ready ## Run the modules' unit tests with the oldest requests that fits
	@$(NOX) -s oldest

soak: .venv/ready ## Run the tests that draw their cases with random seeds, for MINUTES (10)
	@$(NOX) -s soak -- --minutes $(or $(MINUTES),10)

benchmark: .venv/ready ## Measure how fast it is, for about 35 minutes
	@$(NOX) -s benchmark

release: .venv/ready ## Prepare the release VERSION in dist: changelog, artifact, checksums
	@$(NOX) -s release -- $(VERSION)

clean: ## Remove environments and caches
	rm -rf dist .venv .nox .ansible .hypothesis .mypy_cache .ruff_cache .pytest_cache tests/output

.venv/ready: tests/constraints.txt
	@for python in $(PYTHONS); do \
	    if $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
	        set -e; \
	        $$python -m venv --clear .venv; \
	        .venv/bin/pip install --quiet --disable-pip-version-check -c tests/constraints.txt nox antsibull-nox; \
	        touch $@; \
	        exit; \
	    fi; \
	done; \
	echo "Python 3.11 or newer with venv is needed, and none of these is one: $(PYTHONS)" >&2; \
	exit 1
