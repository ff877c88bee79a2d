# picam-stream: `make run` shows it, `make test` proves it, `make deb` packs it. Each target installs what it needs first.

PORT ?= 3333
ARCH ?= armhf
prefix ?= /usr
DESTDIR ?=

export CARGO_TARGET_DIR := $(CURDIR)/target
export SIGNING_KEY

help:
	@echo 'make run [PORT=3333]       a test card on that port, for any player; Ctrl-C ends it'
	@echo 'make test                  all tests, those of the packages in containers too'
	@echo 'make check                 formatting, lints, scripts'
	@echo 'make bench                 the figures'
	@echo 'make deb [ARCH=armhf]      dist/picam-stream_VERSION_ARCH.deb; also arm64 and amd64'
	@echo 'make repo [SIGNING_KEY=]   dist/apt, a signed apt repository of the packages in dist'
	@echo 'make install [DESTDIR=] [prefix=/usr]   without a package'
	@echo 'make clean                 removes target and dist'

run:
	@tests/setup.sh run
	@cargo build --release --locked
	@tests/run.sh $(PORT) target/release/picam-stream

# The tests of the library and the program, then what the packages are and what they do where they are installed.
test:
	@tests/setup.sh deb test
	cargo test --locked
	cargo test --locked -p fake-mmal
	tests/fuzz/run options 5
	tests/fuzz/run h264 5
	$(MAKE) deb ARCH=armhf
	$(MAKE) deb ARCH=arm64
	$(MAKE) deb ARCH=amd64
	$(MAKE) zero repo
	cargo test --locked --test mmal --test v4l2 --test package --test containers

check:
	@tests/setup.sh check
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	shellcheck tests/*.sh tests/fake-mmal/build.sh debian/*.sh debian/postinst debian/prerm .ci/run

bench:
	@tests/setup.sh bench deb test
	@$(MAKE) deb
	@$(MAKE) deb ARCH=amd64
	cargo bench --locked
	@$(MAKE) repo
	@debian/figures.sh
	cargo test --quiet --locked --test containers figures

deb:
	@tests/setup.sh deb
	@binary=$$(debian/cross.sh $(ARCH)) && debian/verify-binary.sh $(ARCH) "$$binary"
	@debian/package.sh $(ARCH)

# The same program for an emulated Raspberry Pi Zero: static, since there are no ARMv6 libraries to run it with.
zero:
	@tests/setup.sh deb
	@binary=$$(debian/cross.sh zero) && debian/verify-binary.sh zero "$$binary"
	@install -D -s --strip-program=arm-linux-gnueabihf-strip \
		target/cross/arm-unknown-linux-musleabihf/release/picam-stream target/zero/picam-stream

repo:
	@tests/setup.sh deb
	@debian/repository.sh

install:
	@tests/setup.sh run
	cargo build --release --locked
	debian/docs.sh
	install -D target/release/picam-stream $(DESTDIR)$(prefix)/bin/picam-stream
	install -D -m 644 target/deb/picam-stream.1 $(DESTDIR)$(prefix)/share/man/man1/picam-stream.1
	install -D -m 644 target/deb/picam-stream $(DESTDIR)$(prefix)/share/bash-completion/completions/picam-stream
	install -D -m 644 debian/raspivid.socket $(DESTDIR)$(prefix)/lib/systemd/system/raspivid.socket
	sed 's|/usr/bin/|$(prefix)/bin/|' debian/raspivid@.service >target/deb/raspivid@.service
	install -D -m 644 target/deb/raspivid@.service $(DESTDIR)$(prefix)/lib/systemd/system/raspivid@.service
	[ -e $(DESTDIR)/etc/default/raspivid ] || \
		install -D -m 644 assets/default/raspivid $(DESTDIR)/etc/default/raspivid

clean:
	rm -rf target dist

.PHONY: help run test check bench deb zero repo install clean
