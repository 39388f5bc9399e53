SWIFT ?= swift
export SWIFT

.PHONY: help setup build demo test test-release chaos clean

help:
	@echo 'make demo   installs what is missing, builds, compiles the example program and prints the result'
	@echo 'make test   installs what is missing, builds, runs every test'
	@echo 'make test-release  runs the tests of whole processes on the release build: optimised code fails in ways of its own'
	@echo 'make chaos  kills, freezes and cuts off whatever takes part in a study, for a quarter of an hour'
	@echo 'make build  builds nightshift and simlm for release'
	@echo 'make setup  installs what is missing (Debian packages)'
	@echo 'make clean  removes what was built and the demo'"'"'s data'

setup:
	scripts/install-packages

build: setup
	$(SWIFT) build -c release --static-swift-stdlib --product nightshift
	$(SWIFT) build -c release --static-swift-stdlib --product simlm

demo: setup
	scripts/demo

test: setup
	scripts/test

test-release: build
	$(SWIFT) build --build-tests
	NIGHTSHIFT_PRODUCTS=$(CURDIR)/.build/release $(SWIFT) test --skip-build --disable-xctest --filter '^IntegrationTests\.(Cache|Crash|Gateway|GEPA|Limit|Money|Recording|Team)Tests'

chaos: setup
	$(SWIFT) build --build-tests
	NIGHTSHIFT_CHAOS=long $(SWIFT) test --skip-build --disable-xctest --filter '^IntegrationTests\.(ChaosTests|LeadershipTests)'

clean:
	$(SWIFT) package clean
	rm -rf .nightshift/demo
