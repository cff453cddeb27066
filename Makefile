# make test is the one command that proves a checkout; the others are its parts.
SHELL := /bin/bash
.DEFAULT_GOAL := test
GO ?= go
# Time of fuzzing for each target in a test run; make fuzz FUZZTIME=10m for more.
FUZZTIME ?= 20s

# Schedules of make chaos, and its first seed (0: drawn and told).
CHAOS ?= 2000
SEED ?= 0

# Data of each kind that make recall plants, and messages for make findspeed.
RECALL ?= 3
FINDSPEED ?= 100000

.PHONY: hostile recall findspeed beside residue resurrection crash-erase test machine generated format lint vulnerable unit fuzz chaos build clean

test: machine generated format lint vulnerable unit fuzz build
	@echo "make test: all passed"

# The tests want a real Dovecot and a real Chromium. As root they are installed;
# else the missing ones are named, and their tests say that they were left out.
machine:
	@./machine.sh

# Generated code is committed: what the generators write now must be what stands here.
generated:
	@before=$$(git status --porcelain; git diff | sha256sum); \
	$(GO) generate ./...; \
	after=$$(git status --porcelain; git diff | sha256sum); \
	test "$$before" = "$$after" || { echo "generated code is not current: commit what 'go generate ./...' wrote"; git status --short; exit 1; }

format:
	@out=$$(gofmt -l .); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }

lint:
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# The vulnerability database is on the net; a machine without it says so and goes on.
vulnerable:
	@if timeout 60 $(GO) tool govulncheck ./... >/tmp/govulncheck.$$$$ 2>&1; then echo "govulncheck: nothing found"; \
	elif grep -qE 'dial tcp|no such host|proxyconnect|connection refused|i/o timeout|Forbidden|fetching vulnerabilities' /tmp/govulncheck.$$$$ || ! grep -q 'Vulnerability #' /tmp/govulncheck.$$$$; then echo "govulncheck: LEFT OUT, its database is not reachable from here"; \
	else cat /tmp/govulncheck.$$$$; exit 1; fi; rm -f /tmp/govulncheck.$$$$

# 50 persons in every place that can hold text, erased, and no byte of them found anywhere;
# then data of every kind in every place of a mail.
residue:
	POSTOLKA_RESIDUE=full $(GO) test -run TestResidue -count=1 -v -timeout 60m .
	POSTOLKA_RESIDUE=full $(GO) test -run TestErasureReachesEveryPlace -count=1 -v -timeout 60m ./privacy

# 200 erased messages, and every way back: sync, import, other clients, 30 snapshots.
resurrection:
	POSTOLKA_RESURRECTION=full $(GO) test -run TestResurrection -count=1 -v -timeout 60m .

# RECALL data of every kind in every form and place, found; what resembles is not.
recall:
	POSTOLKA_RECALL=$(RECALL) $(GO) test -run 'TestRecall$$' -count=1 -v -timeout 60m ./privacy

# A complete find of five data beside rg over the same raw mail (apt-get install ripgrep).
findspeed:
	POSTOLKA_FIND=$(FINDSPEED) $(GO) test -run 'TestFindBesideGrep$$' -count=1 -v -timeout 60m ./privacy

# An erasure killed over 500 times, and as often with a full and with a broken disk.
crash-erase:
	POSTOLKA_FAULTS=2100 $(GO) test -run TestEraseThroughFaults -count=1 -v -timeout 60m ./privacy

# HOSTILE messages that are made to hurt, half of them cut at a multiple of 64 bytes.
HOSTILE ?= 5000
hostile:
	POSTOLKA_HOSTILE=$(HOSTILE) $(GO) test -run 'TestHostile$$' -count=1 -v -timeout 120m ./mail

# Thousands of real mails, read one after the other, and mails of 50 MB: nothing races there, and the race
# detector makes minutes of it. They run without.
ALONE = ^(TestCorpus|TestThreads(Agree|DontDependOnOrder)|TestSampleThreads|TestSnapshotOfRealMail|TestParseHostile|TestLargeMail|TestFirstSyncRate)
unit:
	@# The first run compiles the PDF reader for all later ones; the detector makes that slow.
	$(GO) test -run TestPDFReader ./attach
	@# The race detector lets every process sleep a second at its end; the tests start hundreds.
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=20 $(GO) test -race -shuffle=on -skip '$(ALONE)' -timeout 40m ./...
	$(GO) test -shuffle=on -run '$(ALONE)' -timeout 20m ./attach ./backup ./demo ./desk ./imapsync ./mail ./privacy

# A short run of every fuzz target, two at a time with a worker each; what one finds
# becomes a file in its testdata.
fuzz:
	@set -eo pipefail; for pkg in $$($(GO) list ./...); do \
	  $(GO) test -list '^Fuzz' $$pkg | sed -n "s|^Fuzz.*|$$pkg &|p"; \
	done | xargs -P 2 -L 1 sh -c 'echo "fuzz $$0 $$1"; $(GO) test -run "^$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -parallel 1 $$0'

# Sync through a storm, with the client killed; make unit runs a few schedules of it.
chaos:
	$(GO) test -run 'TestChaos$$' -count=1 -timeout 0 -v ./imapsync -chaos $(CHAOS) -chaos-seed $(SEED)

# First sync and a sync without news beside mbsync (apt-get install isync), as ratios.
BESIDE ?= 10000
beside:
	POSTOLKA_BESIDE=$(BESIDE) $(GO) test -run TestBesideMbsync -count=1 -timeout 0 -v .

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o postolka .
	@ls -l postolka | awk '{print "postolka:", $$5, "bytes"}'

clean:
	rm -f postolka
