package restore

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// evidence holds what is known after psql or pg_restore has failed.
type evidence struct {
	Tool                string // psql or pg_restore
	ExitCode            int
	Stderr              []string          // the lines with errors, in order
	Context             string            // of the first error of the server in the client's output, if there is no log
	Log                 []serverlog.Entry // of the server since the start of Tool
	NoneKilledForMemory bool              // the kernel has killed no process of the container for memory

	User        string // the role of Tool's session
	Image       string
	DumpMajor   int // of the pg_dump that made the dump; 0: unknown
	ServerMajor int
	MadeRoles   []string // created by the drill, without their memberships
	Preloaded   string   // shared_preload_libraries
}

// classify returns the failure for the first cause. The server's log comes before
// the client's output. Only the client reports a damaged archive.
func classify(e evidence) *outcome.Failure {
	first, cascades := firstError(e.Log, e.User)
	if c := findCrash(e.Log); c != nil && (first == nil || first.ServerError().Shutdown()) {
		return crashFailure(c, e.NoneKilledForMemory)
	}
	if first == nil {
		return fromClient(e)
	}
	said := first.ServerError()
	f := fromServer(e, said, copyPlace(first))
	fillIn(f, said, cmp.Or(first.Statement, first.Query))
	f.Object = inspect.Subject(first.Statement)
	f.Cascades = cascades
	return f
}

// fillIn adds what is known about the statement and the function in which the error
// happened.
func fillIn(f *outcome.Failure, said pgerr.Error, statement string) {
	f.SQLState = said.SQLState
	f.Statement, f.Object = redact.SQL(statement), inspect.Subject(statement)
	if !said.OfSandbox() { // an error of the sandbox has nothing to do with the function
		f.Function = said.Function()
	}
}

var signal = regexp.MustCompile(`terminated by signal (\d+)`)

// crashFailure returns the failure for a crashed server process. Signal 9 comes from
// the kernel's memory limit, unless the kernel has counted no such kill.
func crashFailure(c *serverlog.Entry, spared bool) *outcome.Failure {
	code := outcome.SandboxLost
	if m := signal.FindStringSubmatch(c.Message); m != nil && m[1] == "9" && !spared {
		code = outcome.SandboxOutOfMemory
	}
	f := outcome.Fail(code, "the server crashed: %s", c.Message)
	_, running, _ := strings.Cut(c.Detail, "was running: ")
	f.Statement, f.Object = redact.SQL(running), inspect.Subject(running)
	return f
}

// fromServer returns the failure for an error of the server. place is the row of
// a COPY at which it happened, or "".
func fromServer(e evidence, first pgerr.Error, place string) *outcome.Failure {
	if f := missingPreload(e, first, place); f != nil {
		return f
	}
	if f := searchPathDependency(first, place); f != nil {
		return f
	}
	if fault, ok := first.Fault(); ok {
		f := outcome.Fail(fault.Code, "%s", describeError(first, place))
		f.Hint = fault.Hint
		return f
	}
	return byCircumstances(e, first, place)
}

// unknownTimeZone matches the server's message about the name of a time zone. In a row
// it may be damage, in a statement the image lacks the zone.
var unknownTimeZone = regexp.MustCompile(`^time zone "[^"]*" not recognized$`)

// byCircumstances returns the failure for an error that no rule of pgerr matches.
func byCircumstances(e evidence, first pgerr.Error, place string) *outcome.Failure {
	said := describeError(first, place)
	switch {
	case place != "" && first.Raised():
		return outcome.Fail(outcome.RestoreFailed, "%s", said).
			WithHint("move what the function checks from the CHECK constraint to a trigger or a foreign key, in production: a restore checks rows before the other tables have theirs")
	case place == "" && first.SQLState == pgerrcode.InvalidParameterValue && unknownTimeZone.MatchString(first.Message):
		return outcome.Fail(outcome.LibraryMissing, "%s", said).
			WithHint("set postgres.image to one that has production's time zones: names such as US/Pacific are in the package tzdata-legacy of newer Debian")
	case place != "" && first.InClass(pgerr.Data, pgerr.Unsupported):
		return outcome.Fail(outcome.CopyFailed, "%s", said)
	case first.SQLState == pgerrcode.InsufficientPrivilege && len(e.MadeRoles) > 0:
		return outcome.Fail(outcome.RoleMissing, "%s: the backup does not contain the memberships of roles", said).
			WithHint("back up the roles too (pg_dumpall --globals-only)")
	case first.InClass(pgerr.Syntax) && e.DumpMajor > e.ServerMajor && e.ServerMajor > 0:
		return outcome.Fail(outcome.VersionSkew, "%s: made by pg_dump %d, restored into Postgres %d", said, e.DumpMajor, e.ServerMajor)
	}
	return outcome.Fail(outcome.RestoreFailed, "%s", said)
}

// describeError returns the server's message without values, with the row of a COPY or
// the function that raised it, and with the SQLSTATE.
func describeError(first pgerr.Error, place string) string {
	switch name := first.Function(); {
	case place != "":
		return place + ": " + first.Error()
	case name != "" && first.Raised():
		return fmt.Sprintf("%s: %s (SQLSTATE %s)", first.Text(), name, first.SQLState)
	}
	return first.Error()
}

var (
	parameter = regexp.MustCompile(`unrecognized configuration parameter "([^"]+)"`)
	// labelProvider matches the library that handles SECURITY LABEL FOR.
	labelProvider = regexp.MustCompile(`^security label provider "([^"]+)" is not loaded$`)
	libraryFor    = regexp.MustCompile(`(?i)^"?(\w+)"? (?:can only be loaded|must be (?:pre)?loaded|is not in shared_preload)|extension "(\w+)" must be preloaded|\bthe (\w+) (?:library|extension) (?:via|has been)`)
)

// missingPreload returns the failure for a library that the server should have
// loaded when it started, or nil. Without the library its parameters are unknown.
// They have a prefix, unlike the unknown parameters of a newer Postgres.
func missingPreload(e evidence, first pgerr.Error, place string) *outcome.Failure {
	name := ""
	if m := labelProvider.FindStringSubmatch(first.Message); m != nil {
		name = cmp.Or(map[string]string{"selinux": "sepgsql"}[m[1]], m[1])
	} else if m := parameter.FindStringSubmatch(first.Message); m != nil {
		prefix, _, dotted := strings.Cut(m[1], ".")
		if !dotted {
			return nil
		}
		name = cmp.Or(map[string]string{"cron": "pg_cron"}[prefix], prefix)
	} else if text := first.Message + "\n" + first.Hint; strings.Contains(text, "shared_preload_libraries") || strings.Contains(text, "preloaded") {
		name = preloadedLibrary(first)
	}
	if name == "" {
		return nil
	}
	f := provision.PreloadMissing([]string{name}, e.Preloaded)
	f.Err = fmt.Errorf("%w: %s", f.Err, describeError(first, place))
	return f
}

func preloadedLibrary(first pgerr.Error) string {
	for _, text := range []string{first.Message, first.Hint} {
		if m := libraryFor.FindStringSubmatch(text); m != nil {
			return strings.ToLower(cmp.Or(m[1], m[2], m[3]))
		}
	}
	return "the extension's library"
}

// unresolved matches the name that the server could not resolve.
var unresolved = regexp.MustCompile(`^(?:function|procedure|relation|type|collation|text search \w+|operator class|operator) "?([^"(]*)"?.*does not exist|^(operator does not exist)`)

var withoutOperator = regexp.MustCompile(`^operator does not exist: (.+) (=|<>) (.+)$`)

// hiddenOperator returns the failure for an operator that SQL uses without writing it,
// as IS DISTINCT FROM, NULLIF, CASE, IN and JOIN USING use =, or nil. A dump writes
// every other operator with its schema. The type is in a schema that the empty
// search_path of a restore does not have, such as an extension's: its name is qualified.
func hiddenOperator(first pgerr.Error, place string) *outcome.Failure {
	m := withoutOperator.FindStringSubmatch(first.Message)
	if m == nil || first.SQLState != pgerrcode.UndefinedFunction || first.Function() != "" {
		return nil
	}
	kind := m[1]
	if !strings.Contains(kind, ".") {
		kind = m[3]
	}
	if !strings.Contains(kind, ".") {
		return nil
	}
	return outcome.Fail(outcome.SearchPathDependency, "operator %s of %s is used without its schema: %s", m[2], kind, describeError(first, place)).
		WithHint("write the comparison of %s with OPERATOR(schema.%s) in production: IS DISTINCT FROM, NULLIF, CASE, IN and JOIN … USING look the operator up by search_path", kind, m[2])
}

var notFound = []string{pgerrcode.UndefinedFunction, pgerrcode.UndefinedTable, pgerrcode.UndefinedObject}

// searchPathDependency returns the failure for a function that names an object
// without its schema, or nil. A dump is restored with an empty search_path.
func searchPathDependency(first pgerr.Error, place string) *outcome.Failure {
	if f := hiddenOperator(first, place); f != nil {
		return f
	}
	name := first.Function()
	if name == "" || !slices.Contains(notFound, first.SQLState) {
		return nil
	}
	m := unresolved.FindStringSubmatch(first.Message)
	if m == nil || strings.Contains(m[1], ".") {
		return nil // a qualified name: the object does not exist (yet)
	}
	return outcome.Fail(outcome.SearchPathDependency, "function %s relies on search_path: %s", name, describeError(first, place)).
		WithHint("qualify the names in function %s, or ALTER FUNCTION … SET search_path, in production", name)
}
