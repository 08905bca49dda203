# The targets print themselves: a comment after ## is their help.
.DEFAULT_GOAL := help

# Google's storage client leaves out what only its gRPC API needs: 13 MB, and a tenth of all packages.
# With -trimpath everywhere, as in a release, lint, tests and the program share what is compiled.
export GOFLAGS := $(GOFLAGS) -tags=disable_grpc_modules -trimpath

BIN        := bin/drillgres
VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT     := $(shell git rev-parse HEAD 2>/dev/null)
DATE       := $(shell git log -1 --format=%cI 2>/dev/null)
LDFLAGS    := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
MAJORS     ?= 13 15 17 18
FUZZTIME   ?= 10m
FUZZ       := drill/layers:FuzzTar drill/layers/codec:FuzzReader drill/layers/agefile:FuzzOpen drill/layers/pgp:FuzzOpen drill/layers/opensslenc:FuzzOpen drill/layers/databasus:FuzzOpen drill/layers/zipfile:FuzzOpen drill/inspect:FuzzPlain drill/inspect:FuzzArchive drill/inspect:FuzzScan drill/inspect:FuzzWalk drill/inspect:FuzzPlaceOf drill/inspect:FuzzFiles \
              drill/config:FuzzConfig drill/config:FuzzUnits drill/migrate/watch:FuzzStatements drill/sqltext:FuzzLexer drill/sqltext:FuzzName drill/sqltext:FuzzSplitNames \
              drill/restore:FuzzBoundary

# The four packages that take longest start at once. The tests wait for the engine most of the
# time, so more packages than processors run at the same time.
LONGEST    := ./drill/restore ./test/drills ./test/corpus ./drill/migrate/...
OTHERS     ?= ./...

# What make race tests. CI on one machine takes fewer: .ci/concurrent.
RACED      ?= ./...
SCRIPTS    := $(wildcard .ci/*) install.sh .github/notes .github/pinned .github/cask $(wildcard .github/actions/*/*.sh) $(shell grep -lE '^\#!.*(bash|sh)$$' $$(git ls-files fixtures) 2>/dev/null)

TOOLS      := $(CURDIR)/bin/tools
GOLANGCI   := $(TOOLS)/golangci-lint
GOFUMPT    := $(TOOLS)/gofumpt
ACTIONLINT := $(TOOLS)/actionlint
ACT        := $(TOOLS)/act
GORELEASER := $(TOOLS)/goreleaser
GOVULNCHECK := $(TOOLS)/govulncheck

.PHONY: help
help: ## print the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/drillgres
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/drillgres

.PHONY: drill
drill: build ## make the sample shop's backup and drill it
	@fixtures/shop/drill $(BIN)

.PHONY: gate
gate: build ## may the sample shop's next release go out: four candidates, four answers
	@fixtures/shop/gate $(BIN)

.PHONY: prove
prove: build ## break copies of the sample shop's backup: each must fail
	@fixtures/shop/drill $(BIN) prove

# make lint vets the tests.
.PHONY: test
test: $(ACT) $(ACTIONLINT) ## run every test; the integration tests need a container engine
	@.ci/sshd
	CGO_ENABLED=0 .ci/gotest -count=1 -vet=off -timeout 40m -p 4 -parallel 4 $(LONGEST) $(OTHERS)

.PHONY: corpus
corpus: ## drill every backup of the corpus, or with MAJOR=15 those of one major; see docs/corpus.md
	.ci/gotest -timeout 1h -parallel 4 -count 1 -v -run '^TestCorpus$$' ./test/corpus -corpus all $(addprefix -major ,$(MAJOR))

.PHONY: majors
majors: ## run the tests of the servers on every major, or with MAJOR=15 on one; make test takes the oldest and the newest
	DRILLGRES_MAJORS="$(or $(MAJOR),all)" .ci/gotest -timeout 1h -parallel 4 -count 1 ./drill/fingerprint ./drill/migrate/watch ./drill/provision ./drill/restore

.PHONY: drills
drills: ## run whole drills in every variant; make test omits some
	.ci/gotest -timeout 1h -parallel 4 -count 1 ./test/drills -drills

.PHONY: fixtures
fixtures: ## write every backup of the corpus to fixtures/backups/<code>/<case>/
	go run ./fixtures/backups/make

.PHONY: unit
unit: $(ACTIONLINT) ## run the tests that need no container engine
	@.ci/sshd
	CGO_ENABLED=0 .ci/gotest -short -vet=off -shuffle=on -p 4 ./...

.PHONY: race
race: $(ACTIONLINT) ## run the same tests with the race detector, which needs a C compiler
	@.ci/sshd
	CGO_ENABLED=1 .ci/gotest -short -vet=off -ldflags='-s -w' -race -shuffle=on $(RACED)

.PHONY: cross
cross: ## check that the program and its tests compile on macOS and Windows; make test does it too
	.ci/gotest -count 1 -v -run '^TestOtherSystems$$' ./test/systems

.PHONY: lint
lint: $(GOLANGCI) $(GOFUMPT) $(ACTIONLINT) ## check style, the workflows and the scripts
	@test -z "$$($(GOFUMPT) -l .)" || { echo "not gofumpt-formatted:"; $(GOFUMPT) -l .; exit 1; }
	CGO_ENABLED=0 $(GOLANGCI) run ./...
	$(ACTIONLINT)
	@.ci/scripts $(SCRIPTS)
	go mod tidy -diff

.PHONY: vulncheck
vulncheck: $(GOVULNCHECK) ## look for known vulnerabilities in what the program calls
	@.ci/vulnerabilities $(GOVULNCHECK)

.PHONY: golden
golden: ## rewrite the golden files from what the program prints now
	go test ./drill/outcome ./drill/inspect ./drill/config ./drill/report/... ./cmd/drillgres ./fixtures/backups ./test/scripts -update

.PHONY: casts
casts: ## record the terminal sessions of the documentation again, where they differ
	go test ./test/drills -count 1 -run '^TestCasts$$' -update
	go test ./test/drills -count 1 -run '^TestCastsInPages$$' -update

.PHONY: images
images: ## make the Postgres images of the tests, where no registry has them
	@fixtures/images/ensure $(MAJORS) >/dev/null

.PHONY: extensions
extensions: ## install and create the extensions of docs/extensions.md on every major; needs a network
	.ci/gotest -timeout 1h -count 1 -v -run '^(TestTable|TestAskTheIndex)$$' ./drill/equip -table

.PHONY: fuzz
fuzz: ## fuzz what reads hostile or hand-written input, FUZZTIME each; see docs/faults.md
	@for target in $(FUZZ); do \
		go test -run '^$$' -fuzz "^$${target#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x ./$${target%:*} || exit 1; \
	done

.PHONY: chaos
chaos: ## kill, stop, fill and starve real drills at every stage; see docs/faults.md
	.ci/gotest -run '^TestChaos$$' -timeout 1h -parallel 4 -count 1 -v ./test/chaos -chaos all

.PHONY: act
act: $(ACT) ## run every workflow of the repository on real drills
	.ci/gotest -timeout 1h -count 1 -v ./test/act -act all

.PHONY: bench
bench: build ## measure the drill against what teams do today; see docs/performance.md
	go test -run '^$$' -bench . -benchtime 3x -timeout 1h -v ./fixtures/bench

# What this machine cannot do of a release: the bill of materials takes syft, the image buildx.
SKIP       := $(if $(shell command -v syft),,sbom) $(if $(shell docker buildx version 2>/dev/null),,docker)

.PHONY: man
man: build ## write the man pages to bin/man
	rm -rf bin/man
	$(BIN) man bin/man

.PHONY: completions
completions: build ## write the completions of shells to bin/completions
	@mkdir -p bin/completions
	$(BIN) completion bash >bin/completions/drillgres.bash
	$(BIN) completion zsh >bin/completions/_drillgres
	$(BIN) completion fish >bin/completions/drillgres.fish

.PHONY: snapshot
snapshot: $(GORELEASER) bin/ca-certificates.crt man completions ## check the release's config, and build a release without publishing it
	$(GORELEASER) check
	@for part in $(SKIP); do echo "snapshot: SKIPPED $$part: this machine has no $$(echo $$part | sed 's/sbom/syft/; s/docker/docker buildx/')"; done
	$(GORELEASER) release --snapshot --clean $(addprefix --skip=,$(SKIP))
	.ci/packages

.PHONY: release
release: $(GORELEASER) bin/ca-certificates.crt man completions ## build and publish the release of the tag that is checked out; for the workflow
	$(GORELEASER) release --clean

.PHONY: clean
clean: ## remove what was built, and what drills left on the engine
	-@test ! -x $(BIN) || $(BIN) clean
	rm -rf bin dist fixtures/shop/backups .drillgres
	find fixtures/backups -mindepth 1 -maxdepth 1 -type d ! -name make -exec rm -rf {} +

# For the image, which has nothing but the program: the certificates of whoever builds it.
bin/ca-certificates.crt:
	@mkdir -p bin
	cp $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem)) $@

$(GOLANGCI):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

$(GOFUMPT):
	GOBIN=$(TOOLS) go install mvdan.cc/gofumpt@v0.12.0

$(ACTIONLINT):
	GOBIN=$(TOOLS) go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

$(ACT):
	GOBIN=$(TOOLS) go install github.com/nektos/act@v0.2.89

$(GOVULNCHECK):
	GOBIN=$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@v1.9.0

# The last release that builds by the Go of go.mod.
$(GORELEASER):
	GOBIN=$(TOOLS) go install github.com/goreleaser/goreleaser/v2@v2.16.0
