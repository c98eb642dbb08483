# crun-sharp: `make run` and `make test` are all the set-up there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export MSBUILDDISABLENODEREUSE := 1

OUT := out
RID := linux-$(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))
EXECUTABLES := $(OUT)/crun-sharp $(OUT)/crun-sharp-oci
SOURCES := Directory.Build.props Directory.Packages.props $(shell find src native -name bin -prune -o -name obj -prune -o -type f -print)

.PHONY: build help install native run test unit host-test uml-test check security reproducible bench bench-vm images publish clean

build: native ## everything but the published executables
	dotnet build Runtime.sln -v q --nologo

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## the Debian packages that are missing (sudo when not root)
	tools/install.sh build run test bench

native: ## the stage and the launch library: out/native
	@tools/install.sh build
	$(MAKE) -C native
	@$(MAKE) -s -C tests/payload

run: ## a container, pulled and started: a shell on a terminal, a line elsewhere
	@tools/install.sh build run
	@$(MAKE) publish
	@tools/first-run.sh

unit: native ## tests that need no privilege and no network: under a minute
	dotnet build Runtime.sln -v q --nologo
	tools/unit-test.sh

host-test: publish images ## tests that need the kernel: as root when started as root, and as ordinary users
	dotnet build Runtime.sln -v q --nologo
	tools/host-test.sh

uml-test: publish images ## tests that need cgroup v2, in user-mode-linux
	dotnet build Runtime.sln -v q --nologo
	tools/uml-test.sh

check: native ## format, analyzers, both compilers, sanitizers
	dotnet format Runtime.sln --verify-no-changes --no-restore
	$(MAKE) -C native check

security: ## docs/security.md: the attacks, their tests and what the last runs showed
	tools/security.sh

reproducible: publish ## crun-sharp-oci and the C half once more, elsewhere: the same bytes
	RID=$(RID) tools/reproducible.sh

publish: $(EXECUTABLES) ## native executables: out/crun-sharp and out/crun-sharp-oci

# One executable at a time: both compile the same rooms, and two MSBuilds in one obj directory are a race.
$(OUT)/crun-sharp: $(SOURCES) | native
	tools/publish.sh src/CrunSharp.Cli $@ $(RID)
$(OUT)/crun-sharp-oci: $(SOURCES) $(OUT)/crun-sharp | native
	tools/publish.sh src/CrunSharp.OciCli $@ $(RID)

images: ## OCI layouts in out/images, pushed once to a registry on loopback
	@tools/install.sh build run
	images/make.sh

bench: publish images ## figures against crun, runc, podman and docker; CRUN=PATH names a crun
	@tools/install.sh bench
	bench/run.sh

bench-vm: publish images ## one report over processes, containers and virtual machines: out/bench-vm/report.html
	@tools/install.sh bench vm
	bench/vm.sh

test: ## everything that CI runs: installs what is missing first
	@tools/install.sh build run test
	@tools/test-all.sh

clean: ## removes what was built
	rm -rf $(OUT)
	find src tests images \( -name bin -o -name obj \) -prune -exec rm -rf {} +
