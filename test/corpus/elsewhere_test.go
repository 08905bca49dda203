package corpus

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/backups"
)

// provoker is a test that provokes a code; dir is that of its package, from the
// root of the repository.
type provoker struct{ dir, test string }

const (
	command   = "cmd/drillgres"
	drills    = "test/drills"
	rehearsed = "drill/migrate"
)

// elsewhere holds the tests that provoke the codes which no backup alone can.
var elsewhere = map[outcome.Code]provoker{
	outcome.SourceDenied:        {drills, "TestS3Failures"},
	outcome.SourceUnreachable:   {drills, "TestS3Failures"},
	outcome.BackupArchived:      {drills, "TestS3Failures"},
	outcome.BackupChanged:       {drills, "TestS3Failures"},
	outcome.EngineUnreachable:   {drills, "TestEngineUnreachable"},
	outcome.ImageWrongMajor:     {drills, "TestImageOfAnotherMajor"},
	outcome.ImageOutdated:       {"drill/sandbox/docker", "TestRenew"},
	outcome.ClientTooOld:        {"test/corpus", "TestClientTooOld"},
	outcome.AppStartFailed:      {drills, "TestAppFailures"},
	outcome.AppNotReady:         {drills, "TestAppFailures"},
	outcome.SmokeFailed:         {drills, "TestAppFailures"},
	outcome.HistoryUnavailable:  {command, "TestUnreachableHistory"},
	outcome.EvidenceUnavailable: {command, "TestUnreachableEvidence"},
	outcome.WorkDirUnusable:     {command, "TestUnusableWorkDirectory"},
	outcome.ClockWrong:          {"drill/doctor", "TestSkewedClocks"},

	outcome.MigrationFailed:        {rehearsed, "TestRehearsals"},
	outcome.MigrationTimeout:       {rehearsed, "TestRehearsals"},
	outcome.MigrationNotRepeatable: {rehearsed, "TestRehearsals"},
	outcome.CandidateUnhealthy:     {rehearsed, "TestRehearsals"},
	outcome.RollbackBreaks:         {rehearsed, "TestRehearsals"},
	outcome.MigrationOverBudget:    {drills, "TestGateOfTheShop"},
	outcome.MigrationDropsData:     {drills, "TestGateOfTheShop"},
	outcome.CurrentBreaks:          {drills, "TestGateOfTheShop"},

	outcome.Interrupted:      {"test/chaos", "TestChaos"},
	outcome.ControlFailed:    {drills, "TestProve"},
	outcome.DrillMissing:     {command, "TestGateAnswersFromTheHistory"},
	outcome.LifecycleDeletes: {command, "TestCheckOfABucket"},
	outcome.LifecycleUnknown: {command, "TestCheckOfABucket"},
	outcome.BackupNotOffsite: {command, "TestCheckOfABucket"},
	outcome.OffsiteUnknown:   {command, "TestCheckOfABucket"},

	outcome.DrillOverdue: {command, "TestCheckOfAnOverdueDrill"},

	// No engine at hand gives a network to a container that asked for none.
	outcome.IsolationBroken: {"drill/sandbox/docker", "TestAContainerWithAnotherNetworkIsRefused"},
	// A bug cannot be provoked from outside.
	outcome.Internal: {"drill", "TestRunClassifies"},
}

// TestEveryCodeIsProvoked compares the catalogue with its fixtures and with the
// tests of elsewhere.
func TestEveryCodeIsProvoked(t *testing.T) {
	broken := backups.Broken()
	for _, e := range outcome.Catalogue {
		inCorpus := slices.ContainsFunc(broken, func(c backups.Case) bool { return c.Code == e.Code })
		by, here := elsewhere[e.Code]
		if inCorpus == here {
			t.Errorf("%s: provoked by the corpus: %t; by a test of its own: %t", e.Code, inCorpus, here)
		}
		if !here {
			continue
		}
		if err := by.provokes(e.Code); err != nil {
			t.Errorf("%s: %v", e.Code, err)
		}
	}
	for _, c := range broken {
		if !slices.ContainsFunc(outcome.Catalogue, func(e outcome.Entry) bool { return e.Code == c.Code }) {
			t.Errorf("%s is not in the catalogue", c.Code)
		}
	}
}

// TestAWrongProvokerIsNoticed: a renamed test, a wrong package and a test beside
// which nothing mentions the code.
func TestAWrongProvokerIsNoticed(t *testing.T) {
	for _, wrong := range []struct {
		code outcome.Code
		by   provoker
	}{
		{outcome.AppNotReady, provoker{drills, "TestAppFailure"}},
		{outcome.AppNotReady, provoker{rehearsed, "TestAppFailures"}},
		{outcome.AppNotReady, provoker{"drill/nowhere", "TestAppFailures"}},
		{outcome.RollbackBreaks, provoker{"drill/restore", "TestServerErrorsGetTheirCode"}},
	} {
		if err := wrong.by.provokes(wrong.code); err == nil {
			t.Errorf("%s in %s passes for a test of %s", wrong.by.test, wrong.by.dir, wrong.code)
		}
	}
}

// provokes fails where there is no such test, or where no test of its package
// mentions the code.
func (p provoker) provokes(code outcome.Code) error {
	root := filepath.Join("..", "..")
	constant, err := constantOf(code, filepath.Join(root, "drill", "outcome", "codes.go"))
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(root, p.dir, "*_test.go"))
	if err != nil {
		return err
	}
	exists, mentioned := false, false
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		exists = exists || declares(file, p.test)
		own := filepath.Base(name) == "elsewhere_test.go"
		mentioned = mentioned || !own && mentions(string(source), constant, code)
	}
	switch {
	case !exists:
		return fmt.Errorf("there is no %s in %s", p.test, p.dir)
	case !mentioned:
		return fmt.Errorf("no test in %s mentions the code, and so %s does not expect it", p.dir, p.test)
	}
	return nil
}

// mentions reports whether a test names a code by its constant or as a string.
func mentions(source, constant string, code outcome.Code) bool {
	return strings.Contains(source, "outcome."+constant) || strings.Contains(source, string(code))
}

// declares reports whether a file declares a test of that name.
func declares(file *ast.File, test string) bool {
	return slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && f.Name.Name == test
	})
}

// constantOf returns the name of the constant of a code in a file.
func constantOf(code outcome.Code, name string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	found := ""
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Value == strconv.Quote(string(code)) {
				found = spec.Names[0].Name
			}
		}
		return true
	})
	if found == "" {
		return "", fmt.Errorf("no constant in %s is %q", name, code)
	}
	return found, nil
}
