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

// evidence is what is known after psql or pg_restore has failed.
type evidence struct {
	Tool     string            // psql or pg_restore
	ExitCode int               // of it
	Stderr   []string          // its lines that tell of errors, first to last
	Log      []serverlog.Entry // of the server, from when it was started
	Spared   bool              // the kernel says that it has killed nothing in the container for memory

	User        string // that it restored as
	Image       string
	DumpMajor   int // of the pg_dump that made the dump; 0: not known
	ServerMajor int
	MadeRoles   []string // made by the drill, with none of their memberships
	Preloaded   string   // shared_preload_libraries
}

// classify names the first cause. What the server said counts before what the
// client said; of a damaged archive only the client knows.
func classify(e evidence) *outcome.Failure {
	first, cascades := firstError(e.Log, e.User)
	if c := crash(e.Log); c != nil && (first == nil || first.ServerError().Shutdown()) {
		return crashed(c, e.Spared)
	}
	if first == nil {
		return fromClient(e)
	}
	said := first.ServerError()
	f := fromServer(e, said, copyPlace(first))
	f.SQLState = first.SQLState
	f.Statement = cmp.Or(redact.SQL(first.Statement), redact.SQL(first.Query))
	f.Object = inspect.Subject(first.Statement)
	if !said.OfSandbox() { // which strikes where it likes
		f.Function = said.Function()
	}
	f.Cascades = cascades
	return f
}

var signal = regexp.MustCompile(`terminated by signal (\d+)`)

// crashed is about a server process that ended in the middle. Signal 9 is of the
// kernel's memory limit, unless the kernel denies it.
func crashed(c *serverlog.Entry, spared bool) *outcome.Failure {
	code := outcome.SandboxLost
	if m := signal.FindStringSubmatch(c.Message); m != nil && m[1] == "9" && !spared {
		code = outcome.SandboxOutOfMemory
	}
	f := outcome.Fail(code, "the server crashed: %s", c.Message)
	_, running, _ := strings.Cut(c.Detail, "was running: ")
	f.Statement, f.Object = redact.SQL(running), inspect.Subject(running)
	return f
}

// fromServer names an error of the server: by what it says where several
// causes share a SQLSTATE, else by the SQLSTATE. place is the row of a COPY at
// which it happened, or "".
func fromServer(e evidence, first pgerr.Error, place string) *outcome.Failure {
	if f := preloadMissing(e, first, place); f != nil {
		return f
	}
	if f := searchPath(first, place); f != nil {
		return f
	}
	if fault, ok := first.Fault(); ok {
		f := outcome.Fail(fault.Code, "%s", shown(first, place))
		f.Hint = fault.Hint
		return f
	}
	return unnamed(e, first, place)
}

// unnamed is about errors that no rule knows, but the circumstances explain.
func unnamed(e evidence, first pgerr.Error, place string) *outcome.Failure {
	said := shown(first, place)
	switch {
	case place != "" && first.InClass(pgerr.Data, pgerr.Unsupported):
		return outcome.Fail(outcome.CopyFailed, "%s", said)
	case first.SQLState == pgerrcode.InsufficientPrivilege && len(e.MadeRoles) > 0:
		return outcome.Fail(outcome.RoleMissing, "%s: the backup does not bring the roles' memberships", said).
			WithHint("back up the roles too (pg_dumpall --globals-only)")
	case first.InClass(pgerr.Syntax) && e.DumpMajor > e.ServerMajor && e.ServerMajor > 0:
		return outcome.Fail(outcome.VersionSkew, "%s: made by pg_dump %d, restored into Postgres %d", said, e.DumpMajor, e.ServerMajor)
	}
	return outcome.Fail(outcome.RestoreFailed, "%s", said)
}

// shown is the server's message as it can be shown, with the row of a COPY or
// the function that raised it, and with the SQLSTATE.
func shown(first pgerr.Error, place string) string {
	switch name := first.Function(); {
	case place != "":
		return place + ": " + first.Error()
	case name != "" && first.Raised():
		return fmt.Sprintf("%s: %s (SQLSTATE %s)", first.Text(), name, first.SQLState)
	}
	return first.Error()
}

var (
	parameter  = regexp.MustCompile(`unrecognized configuration parameter "([^"]+)"`)
	libraryFor = regexp.MustCompile(`(?i)^"?(\w+)"? (?:can only be loaded|must be (?:pre)?loaded|is not in shared_preload)|extension "(\w+)" must be preloaded|\bthe (\w+) (?:library|extension) (?:via|has been)`)
)

// preloadMissing is about libraries that the server had to load when it
// started. Their parameters are unknown too, but carry a prefix, which the
// parameters of a newer Postgres do not.
func preloadMissing(e evidence, first pgerr.Error, place string) *outcome.Failure {
	name := ""
	if m := parameter.FindStringSubmatch(first.Message); m != nil {
		prefix, _, dotted := strings.Cut(m[1], ".")
		if !dotted {
			return nil
		}
		name = cmp.Or(map[string]string{"cron": "pg_cron"}[prefix], prefix)
	} else if text := first.Message + "\n" + first.Hint; strings.Contains(text, "shared_preload_libraries") || strings.Contains(text, "preloaded") {
		name = preloadName(first)
	}
	if name == "" {
		return nil
	}
	f := provision.PreloadMissing([]string{name}, e.Preloaded)
	f.Err = fmt.Errorf("%w: %s", f.Err, shown(first, place))
	return f
}

func preloadName(first pgerr.Error) string {
	for _, text := range []string{first.Message, first.Hint} {
		if m := libraryFor.FindStringSubmatch(text); m != nil {
			return strings.ToLower(cmp.Or(m[1], m[2], m[3]))
		}
	}
	return "the extension's library"
}

// missing finds the name that the server did not find.
var missing = regexp.MustCompile(`^(?:function|procedure|relation|type|collation|text search \w+|operator class|operator) "?([^"(]*)"?.*does not exist|^(operator does not exist)`)

var notFound = []string{pgerrcode.UndefinedFunction, pgerrcode.UndefinedTable, pgerrcode.UndefinedObject}

// searchPath is about functions that name something without its schema: a
// dump is restored with an empty search_path.
func searchPath(first pgerr.Error, place string) *outcome.Failure {
	name := first.Function()
	if name == "" || !slices.Contains(notFound, first.SQLState) {
		return nil
	}
	m := missing.FindStringSubmatch(first.Message)
	if m == nil || strings.Contains(m[1], ".") {
		return nil // with its schema: it really is not there (yet)
	}
	return outcome.Fail(outcome.SearchPathDependency, "function %s relies on search_path: %s", name, shown(first, place)).
		WithHint("qualify the names in function %s, or ALTER FUNCTION … SET search_path, in production", name)
}
