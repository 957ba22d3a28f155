# SPDX-License-Identifier: GPL-2.0
#
# For people: `make help`.  What is compiled into the modules, and how, is in
# the Kbuild files; this file only calls kbuild, on a mirror of the sources
# below build/, and the scripts in tools/ and tests/.

suite	:= $(CURDIR)
build	:= $(suite)/build

# The kernel to build against: the running one, or else the newest that has
# headers installed.  KDIR= names another kernel's build directory.
kernels	:= $(wildcard /lib/modules/*/build)
KDIR	?= $(or $(filter /lib/modules/$(shell uname -r)/build,$(kernels)),\
	$(lastword $(shell printf '%s\n' $(kernels) | sort -V)))
release	:= $(shell sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null)
stage	:= $(or $(OUT),$(build)/modules/$(release)$(if $(filter um,$(ARCH)),-um))

# One build at a time in one place.
kbuild	 = flock $(stage).lock $(MAKE) -C $(KDIR) M=$(stage) W=1 $(if $(ARCH),ARCH=$(ARCH))

.PHONY: all modules modules_install modules_uninstall tools tools_install tools_uninstall \
	test-tools check bench demo shell kernels setup lint docs clean help headers

all: modules

headers:
	@mkdir -p $(dir $(stage))
	@test -n "$(release)" || { \
		echo "No kernel headers found$(if $(KDIR), in $(KDIR))."; \
		echo "Run 'make setup' to install them, or name a kernel's build directory: make KDIR=..."; \
		exit 1; } >&2

modules: headers
	@flock $(stage).lock tools/stage $(stage)
	+@$(kbuild) modules
	@echo "modules are in $(stage)"

# depmod prefers updates/ to the kernel's own modules of the same name.  It is not
# on an ordinary user's path.
updates	 = $(INSTALL_MOD_PATH)/lib/modules/$(release)/updates
depmod	 = PATH="$$PATH:/usr/sbin:/sbin" depmod \
	$(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) -a $(release)

modules_install: modules
	+$(kbuild) INSTALL_MOD_DIR=updates modules_install
	$(depmod)

# Others may have modules in updates/, too.  (A kernel may want them compressed.)
installed := rdmavt/rdmavt rdmavt/roce/rvt_roce 9p_rdma/9pnet_rdma xprtrdma/rpcrdma \
	srpt/ib_srpt rds/rds rds/rds_rdma tests/kunit/*_kunit tests/kunit/*_test
modules_uninstall: headers
	rm -f $(foreach module,$(installed),$(updates)/$(module).ko $(updates)/$(module).ko.*)
	@for dir in rdmavt/roce rdmavt 9p_rdma xprtrdma srpt rds tests/kunit tests; do \
		rmdir $(updates)/$$dir 2>/dev/null || :; \
	done
	$(depmod)

# User-space programs.  Each lives in a directory whose Makefile adds it to
# $(programs), or, if only tests want it, to `test-tools`.
CFLAGS	?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -I$(suite)/include/uapi
user-cflags := -std=gnu11 -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes \
	-Wshadow -Werror

PREFIX	?= /usr/local
bindir	 = $(DESTDIR)$(PREFIX)/bin
man1dir	 = $(DESTDIR)$(PREFIX)/share/man/man1

include $(wildcard tests/*/Makefile tools/*/Makefile)
tools: $(programs)
test-tools:

tools_install: tools
	install -d $(bindir) $(man1dir)
	install -m 755 $(programs) $(bindir)
	install -m 644 $(manuals) $(man1dir)

tools_uninstall:
	rm -f $(addprefix $(bindir)/,$(notdir $(programs))) \
		$(addprefix $(man1dir)/,$(notdir $(manuals)))

setup:
	@tools/setup

kernels: setup
	@tests/kernel/build uml >/dev/null
	@tests/kernel/build uml-kasan >/dev/null
	@tests/kernel/build uml-leak >/dev/null

check: setup
	@T="$(T)" K="$(K)" tests/check

bench:
	@tools/setup --bench
	@B="$(B)" tests/bench/run

demo: setup
	@tests/demo/demo

shell: setup
	@tests/demo/demo --shell

lint: setup
	@tools/lint

docs: setup
	@tools/docs

clean:
	rm -rf $(build)

help:
	@cat tools/help.txt
