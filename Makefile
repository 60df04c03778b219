# What people type. Each target installs what it needs first (tools/install.sh says what and why) and is quick when there is
# nothing to do. Tried on Debian 12, and `make run` on a bare Debian 13 and Ubuntu 24.04.
# macOS and Windows are untried: cargo alone builds the programs there, `cargo run -p cometcam`, with nokhwa as the way to the
# camera; needed are Apple's command line tools, or Microsoft's C++ build tools with LLVM, and nasm on x86.

export PATH := $(HOME)/.cargo/bin:$(PATH)
cargo := cargo --locked

# For the program, as in: make run ARGS="--channel door --fps 5"
ARGS ?=
# For the tests, as in: make test TESTS=longpoll
TESTS ?=

.DEFAULT_GOAL := help
.PHONY: run build test lint lint-web bench soak-display pictures package clean help

run: build ## Installs what is missing, builds, and opens the window (or runs headless, where there is no display)
	@tools/install.sh window
	@tools/run.sh $(ARGS)

build: ## Builds cometcam and cometcam-server into target/debug
	@tools/rust.sh
	@tools/install.sh compile
	@test -e target/debug/cometcam || echo "Building: the first time takes 5 to 10 minutes, later a few seconds."
	@$(cargo) build --package cometcam --package cometcam-server

lint: ## Checks formatting, clippy's rules and the web client's, all warnings being errors
	@tools/rust.sh rustfmt clippy
	@tools/install.sh compile web
	cargo fmt --check
	$(cargo) clippy --workspace --all-targets -- --deny warnings
	@$(MAKE) --no-print-directory lint-web

# Installs the web client's tools again only when their lock file changed.
web-client/node_modules/.package-lock.json: web-client/package-lock.json
	cd web-client && npm ci --no-audit --no-fund
	@touch $@

lint-web: web-client/node_modules/.package-lock.json
	cd web-client && npm run lint

test: lint ## Runs every test: all crates, the web client, the programs over the wire, browsers, cameras (under 30 minutes)
	@tools/install.sh window browser desktop display disk network bus package bare
	@# The tests that need what it can't set up fail for themselves, the others run.
	@tests/camera/setup.sh || true
	cd web-client && npm test
	$(cargo) build --workspace --all-targets
	@# The programs alone must ask the same features of every crate, or `make run` would build them all again.
	@told=$$($(cargo) build --package cometcam --package cometcam-server 2>&1) || { echo "$$told"; exit 1; }; \
	  ! echo "$$told" | grep Compiling
	$(cargo) test --workspace --no-fail-fast -- $(TESTS)

bench: ## Measures: start to first picture, capture to painted, CPU and memory, the first minute; prints tables for the docs
	@tools/rust.sh
	@tools/install.sh compile window browser desktop network bus
	$(cargo) build --workspace --all-targets
	$(cargo) test --package cometcam-tests --bench measure
	$(cargo) test --package cometcam-tests --bench first_minute

soak-display: ## Feeds the page of a display 100,000 pictures and looks whether it grew (10 to 20 minutes)
	@tools/rust.sh
	@tools/install.sh compile browser
	$(cargo) build --workspace --all-targets
	COMETCAM_PICTURES=100000 $(cargo) test --package cometcam-tests --test wire -- a_display_is_as_small --nocapture

pictures: ## Makes the documents' pictures anew (assets/pictures): needs root, takes 2 minutes
	@tools/rust.sh
	@tools/install.sh compile window browser desktop network bus pictures
	$(cargo) build --package cometcam --package cometcam-server --bins
	$(cargo) test --package cometcam-tests --bench pictures

package: ## Makes a Debian package and a tarball of the optimized programs, with checksums, in target/package
	@tools/rust.sh
	@tools/install.sh compile package
	@echo "Building: the first time takes about 10 minutes."
	@$(cargo) build --release --package cometcam --package cometcam-server
	@tools/package.sh target/release

clean: ## Removes what was built
	cargo clean
	rm -rf web-client/node_modules tests/out

help: ## Says what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
