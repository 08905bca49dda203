package drill_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/drillgres/drillgres/"

// TestImports checks the architecture: heavy dependencies stay in their leaf packages,
// the vocabulary needs only the standard library, and fixtures are for tests only.
func TestImports(t *testing.T) {
	heavy := []string{
		"github.com/moby/", "github.com/docker/", "github.com/aws/", "github.com/pkg/sftp", "github.com/Azure/", "github.com/AzureAD/",
		"cloud.google.com/", "github.com/googleapis/", "google.golang.org/api/", "google.golang.org/grpc",
	}
	core := []string{
		"drill", "drill/outcome", "drill/sqltext", "drill/redact", "drill/pgerr", "drill/companion", "drill/dumpfile", "drill/config", "drill/place", "drill/lifecycle", "drill/locate", "drill/locate/dir", "drill/locate/command", "drill/locate/stdin", "drill/locate/httpfile", "drill/locate/store", "drill/fetch",
		"drill/gate", "drill/layers", "drill/layers/agefile", "drill/layers/pgp", "drill/layers/source", "drill/layers/opensslenc", "drill/layers/databasus", "drill/layers/zipfile", "drill/producer", "drill/extension", "drill/equip", "drill/layers/codec", "drill/inspect", "drill/sandbox", "drill/provision", "drill/serverlog", "drill/restore", "drill/fingerprint", "drill/verify", "drill/migrate", "drill/migrate/watch",
		"drill/record", "drill/record/sqlite", "drill/record/postgres", "drill/notify", "drill/notify/channel",
		"drill/metrics", "drill/trace", "drill/report", "drill/report/actions", "drill/progress", "drill/fleet", "drill/page", "drill/serve", "drill/work", "drill/words", "drill/origin", "drill/evidence", "drill/evidence/dir", "drill/prove", "drill/lastgood", "drill/runbook", "drill/target", "appcheck",
	}
	for _, pkg := range core {
		deps := dependencies(t, pkg)
		for _, h := range append(heavy, module+"fixtures/", module+"cmd/") {
			forbid(t, pkg, deps, h)
		}
	}
	for _, name := range dependencies(t, "drill/lastgood") {
		if pkg, own := strings.CutPrefix(name, module); own && pkg != "drill/lastgood" && pkg != "drill/outcome" {
			t.Errorf("drill/lastgood depends on %s: the search needs only the vocabulary", name)
		}
	}
	for _, pkg := range []string{"drill/outcome", "drill/snapshot"} {
		for _, dep := range dependencies(t, pkg) {
			if strings.Contains(dep, ".") && dep != module+pkg && !strings.HasPrefix(dep, "vendor/") {
				t.Errorf("%s depends on %s: it may depend on the standard library only", pkg, dep)
			}
		}
	}
	forbid(t, "cmd/drillgres", dependencies(t, "cmd/drillgres"), module+"fixtures/")
	wired(t)
	forbid(t, "drill/migrate/watch", dependencies(t, "drill/migrate/watch"), module+"drill/verify")
	forbid(t, "drill/bucket", dependencies(t, "drill/bucket"), "github.com/moby/")
	forbid(t, "drill/sandbox/docker", dependencies(t, "drill/sandbox/docker"), "github.com/aws/")
	for pkg, own := range map[string][]string{
		"drill/locate/gcs":   {"cloud.google.com/", "github.com/googleapis/", "google.golang.org/api/", "google.golang.org/grpc"},
		"drill/locate/azure": {"github.com/Azure/", "github.com/AzureAD/"},
	} {
		deps := dependencies(t, pkg)
		for _, h := range heavy {
			if !slices.Contains(own, h) {
				forbid(t, pkg, deps, h)
			}
		}
	}
}

// wired checks that only package wiring imports every adapter.
func wired(t *testing.T) {
	t.Helper()
	adapters := []string{"drill/notify/channel", "drill/locate/dir", "drill/locate/command", "drill/locate/stdin", "drill/locate/s3", "drill/locate/sftp", "drill/locate/httpfile", "drill/locate/gcs", "drill/locate/azure", "drill/record/sqlite", "drill/record/postgres", "drill/record/s3", "drill/evidence/dir", "drill/evidence/s3", "drill/sandbox/docker"}
	may := map[string]string{
		"cmd/drillgres": "drill/sandbox/docker", // which names the sandboxes that --keep and clean are about
		"drill/prove":   "drill/locate/dir",     // where broken copies are drilled
		"drill/doctor":  "drill/sandbox/docker", // whose engine it examines
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"drill/...", module+"cmd/...", module+"appcheck/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		imports := strings.Fields(strings.ReplaceAll(line, module, ""))
		pkg := imports[0]
		for _, adapter := range adapters {
			known := slices.Contains(imports[1:], adapter)
			switch {
			case pkg == "drill/wiring" && !known:
				t.Errorf("drill/wiring does not know %s", adapter)
			case pkg != "drill/wiring" && known && may[pkg] != adapter:
				t.Errorf("%s imports %s: only drill/wiring knows every adapter", pkg, adapter)
			}
		}
	}
}

// TestArchitecturePageNamesEveryPackage checks that doc.go describes each package below
// drill.
func TestArchitecturePageNamesEveryPackage(t *testing.T) {
	page, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", module+"drill/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(page))
	for pkg := range strings.FieldsSeq(string(out)) {
		if name, found := strings.CutPrefix(pkg, module+"drill/"); found && !slices.Contains(words, name) {
			t.Errorf("doc.go does not name %s", name)
		}
	}
}

func forbid(t *testing.T, pkg string, deps []string, prefix string) {
	t.Helper()
	for _, dep := range deps {
		if strings.HasPrefix(dep, prefix) {
			t.Errorf("%s depends on %s", pkg, dep)
			return
		}
	}
}

// dependencies returns all packages that a package needs, without its tests.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}
