# picam-stream: `make run` shows it, `make test` proves it, `make deb` packs it. Each target installs what it needs first.

PORT ?= 3333
ARCH ?= armhf
prefix ?= /usr
DESTDIR ?=

export CARGO_TARGET_DIR := $(CURDIR)/target

help:
	@echo 'make run [PORT=3333]     a test card on that port, for any player; Ctrl-C ends it'
	@echo 'make test                everything that can be tested here, packages and containers too'
	@echo 'make check               formatting, lints, scripts'
	@echo 'make bench               the figures'
	@echo 'make deb [ARCH=armhf]    dist/picam-stream_VERSION_ARCH.deb; also arm64, amd64'
	@echo 'make repo [SIGNING_KEY=] a signed apt repository of the packages in dist, in dist/apt'
	@echo 'make install [DESTDIR= prefix=/usr]   without a package: program, units, options'
	@echo 'make clean               removes target and dist'

deb:
	@tests/setup.sh deb
	@debian/verify-binary.sh $(ARCH) $$(debian/cross.sh $(ARCH))
	@debian/package.sh $(ARCH)

zero:
	@tests/setup.sh deb
	@debian/verify-binary.sh zero $$(debian/cross.sh zero)
	@mkdir -p target/zero
	@arm-linux-gnueabihf-strip -o target/zero/picam-stream target/cross/arm-unknown-linux-musleabihf/release/picam-stream

clean:
	rm -rf target dist

.PHONY: help deb zero clean
