# picam-stream: `make run` shows it, `make test` proves it, `make deb` packs it. Each target installs what it needs first.

PORT ?= 3333
ARCH ?= armhf
MINUTES ?= 10
prefix ?= /usr
DESTDIR ?=

# The suites that any user can run. They wait more than they compute: more of their tests at once than there are cores.
QUICK := generated doctor webcam rpicam stream serve http
WAITING := 8
# The suites that need what `make deb` makes, or much time: a plain `cargo test` leaves them out, and clippy too.
BY_NAME := mmal v4l2 package players containers web rtsp soak

# A signal that is ignored when the program starts stays ignored, and a shell that starts make in the background has it
# ignore SIGINT: the tests start as from a terminal.
CARGO_TEST := env --default-signal=HUP,INT,QUIT,TERM cargo test --locked

export CARGO_TARGET_DIR := $(CURDIR)/target
export SIGNING_KEY
export DESTDIR
export prefix

help:
	@echo 'make run [PORT=3333]       a test card on that port, for any player, and several at once; Ctrl-C ends it'
	@echo 'make quick                 the tests that need no root, no network and no container: two minutes once it is built'
	@echo 'make test                  all tests, those of the packages in containers too: most of an hour'
	@echo 'make test-one SUITE= [NAME=]   one suite (lib: the unit tests), or those of its tests that have NAME in their names'
	@echo 'make soak [MINUTES=10]     the test card streamed for so long, before a release'
	@echo 'make fuzz [MINUTES=10]     any bytes into every parser of bytes from outside, each for so long'
	@echo 'make check                 formatting, lints, scripts'
	@echo 'make bench                 the figures'
	@echo 'make deb [ARCH=armhf]      dist/picam-stream_VERSION_ARCH.deb; of tests/packaging/architectures.tsv'
	@echo 'make repo [SIGNING_KEY=]   dist/apt, a signed apt repository of the packages in dist'
	@echo 'make install [DESTDIR=] [prefix=/usr]   without a package: builds as you, installs as root (sudo)'
	@echo 'make uninstall             takes that away again, but for your options'
	@echo 'make clean                 removes target and dist'

run:
	@tests/setup.sh run
	@cargo build --release --locked
	@tests/run.sh $(PORT) target/release/picam-stream

# Those that any user can run on any machine with ffmpeg and systemd.
quick:
	RUST_TEST_THREADS=$(WAITING) $(CARGO_TEST) --lib --bins $(QUICK:%=--test %)

# What a suite needs to be built, its own errors say.
test-one:
	@test -n '$(SUITE)' || { echo 'usage: make test-one SUITE=lib|stream|... [NAME=part_of_a_name]' >&2; exit 64; }
	$(CARGO_TEST) $(if $(filter lib,$(SUITE)),--lib,--test $(SUITE)) -- $(NAME)

# The tests of the library and the program, then what the packages are and what they do where they are installed.
test:
	@tests/setup.sh deb test
	@$(MAKE) quick
	$(CARGO_TEST) --test lines
	$(CARGO_TEST) -p fake-mmal
	tests/fuzz/run 5
	set -e; for arch in $$(tests/packaging/architecture.sh packages); do $(MAKE) deb ARCH=$$arch; done
	$(MAKE) zero repo
	$(CARGO_TEST) --no-fail-fast --test web --test rtsp --test mmal --test v4l2 --test package --test players --test containers

fuzz:
	@tests/setup.sh run
	tests/fuzz/run $$(($(MINUTES) * 60))

soak:
	@tests/setup.sh run
	cargo build --release --locked
	MINUTES=$(MINUTES) $(CARGO_TEST) --test soak
	MINUTES=$(MINUTES) $(CARGO_TEST) --test rtsp thirty_viewers

check:
	@tests/setup.sh check
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked $(BY_NAME:%=--test %) -- -D warnings
	cargo clippy --locked --manifest-path tests/fuzz/Cargo.toml --target-dir target -- -D warnings
	cargo clippy --locked --manifest-path tests/rtsp/retina/Cargo.toml --target-dir target/retina -- -D warnings
	tests/packaging/lint-arm.sh
	shellcheck tests/*.sh tests/fuzz/run tests/packaging/*.sh tests/fake-mmal/build.sh debian/postinst debian/prerm .ci/run

bench:
	@tests/setup.sh bench deb test
	@$(MAKE) deb
	@$(MAKE) deb ARCH=amd64
	cargo bench --locked
	@$(MAKE) repo
	@tests/packaging/figures.sh
	$(CARGO_TEST) --quiet --test containers figures
	$(CARGO_TEST) --quiet --test web figures

deb:
	@echo 'deb: looking for what is needed' >&2
	@tests/setup.sh deb
	@echo 'deb: building the program for $(ARCH), minutes the first time' >&2
	@binary=$$(tests/packaging/cross.sh $(ARCH)) && tests/packaging/verify-binary.sh $(ARCH) "$$binary"
	@echo 'deb: packing it' >&2
	@tests/packaging/package.sh $(ARCH)

# The same program for an emulated Raspberry Pi Zero: static, since there are no ARMv6 libraries to run it with.
zero:
	@tests/setup.sh deb
	@binary=$$(tests/packaging/cross.sh zero) && tests/packaging/verify-binary.sh zero "$$binary"
	@install -D -s --strip-program=$$(tests/packaging/architecture.sh zero binutils)-strip \
		target/cross/$$(tests/packaging/architecture.sh zero triple)/release/picam-stream target/zero/picam-stream

repo:
	@tests/setup.sh deb
	@tests/packaging/repository.sh

install:
	@tests/packaging/install.sh install

uninstall:
	@tests/packaging/install.sh uninstall

clean:
	rm -rf target dist

.PHONY: help run quick test test-one soak fuzz check bench deb zero repo install uninstall clean
