package restore

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
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
	if c := crash(e.Log); c != nil && (first == nil || strings.HasPrefix(first.SQLState, "57P")) {
		return crashed(c, e.Spared)
	}
	if first == nil {
		return fromClient(e)
	}
	f := fromServer(e, first)
	f.SQLState = first.SQLState
	f.Statement = cmp.Or(redact.SQL(first.Statement), redact.SQL(first.Query))
	f.Object = inspect.Subject(first.Statement)
	if !ofSandbox(first.SQLState) { // which strikes where it likes
		f.Function = function(first.Context)
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
// causes share a SQLSTATE, else by the SQLSTATE.
func fromServer(e evidence, first *serverlog.Entry) *outcome.Failure {
	if f := preloadMissing(e, first); f != nil {
		return f
	}
	if f := searchPath(first); f != nil {
		return f
	}
	for _, r := range serverRules {
		if r.matches(first) {
			return r.failure(first)
		}
	}
	return unnamed(e, first)
}

// unnamed is about errors that no rule knows, but the circumstances explain.
func unnamed(e evidence, first *serverlog.Entry) *outcome.Failure {
	said := told(first)
	switch {
	case copyPlace(first) != "" && slices.Contains([]string{"22", "0A"}, first.SQLState[:2]):
		return outcome.Fail(outcome.CopyFailed, "%s", said)
	case first.SQLState == "42501" && len(e.MadeRoles) > 0:
		return outcome.Fail(outcome.RoleMissing, "%s: the backup does not bring the roles' memberships", said).
			WithHint("back up the roles too (pg_dumpall --globals-only)")
	case strings.HasPrefix(first.SQLState, "42") && e.DumpMajor > e.ServerMajor && e.ServerMajor > 0:
		return outcome.Fail(outcome.VersionSkew, "%s: made by pg_dump %d, restored into Postgres %d", said, e.DumpMajor, e.ServerMajor)
	}
	return outcome.Fail(outcome.RestoreFailed, "%s", said)
}

// told is the server's message as it can be shown: with the place in the data
// or the function, with the SQLSTATE, and without values.
func told(first *serverlog.Entry) string {
	state := first.SQLState
	if raised(first) {
		state = "P0001"
	}
	message := redact.Message(state, first.Message)
	if place := copyPlace(first); place != "" {
		message = place + ": " + message
	} else if name := function(first.Context); name != "" && state == "P0001" {
		message += ": " + name
	}
	return fmt.Sprintf("%s (SQLSTATE %s)", message, first.SQLState)
}

// raised tells exceptions of functions, whose words may hold values: those of
// RAISE, which may claim any SQLSTATE, of ASSERT, and of other languages (class 38).
func raised(e *serverlog.Entry) bool {
	return e.SQLState == "P0001" || e.SQLState == "P0004" || strings.HasPrefix(e.SQLState, "38") ||
		strings.Contains(e.Context, " at RAISE")
}

var (
	parameter  = regexp.MustCompile(`unrecognized configuration parameter "([^"]+)"`)
	libraryFor = regexp.MustCompile(`(?i)^"?(\w+)"? (?:can only be loaded|must be (?:pre)?loaded|is not in shared_preload)|extension "(\w+)" must be preloaded|\bthe (\w+) (?:library|extension) (?:via|has been)`)
)

// preloadMissing is about libraries that the server had to load when it
// started. Their parameters are unknown too, but carry a prefix, which the
// parameters of a newer Postgres do not.
func preloadMissing(e evidence, first *serverlog.Entry) *outcome.Failure {
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
	f.Err = fmt.Errorf("%w: %s", f.Err, told(first))
	return f
}

func preloadName(first *serverlog.Entry) string {
	for _, text := range []string{first.Message, first.Hint} {
		if m := libraryFor.FindStringSubmatch(text); m != nil {
			return strings.ToLower(cmp.Or(m[1], m[2], m[3]))
		}
	}
	return "the extension's library"
}

var (
	inFunction = regexp.MustCompile(`(?m)^(?:compilation of )?(?:SQL|PL/\w+) function (.+?)(?: (?:near )?(?:line|statement) \d+.*| (?:during|while) .*)?$`)
	missing    = regexp.MustCompile(`^(?:function|procedure|relation|type|collation|text search \w+|operator class|operator) "?([^"(]*)"?.*does not exist|^(operator does not exist)`)
)

// function is the innermost function that the server was in.
func function(context string) string {
	m := inFunction.FindStringSubmatch(context)
	if m == nil || strings.HasPrefix(m[1], "inline_code_block") {
		return ""
	}
	return redact.OneLine(strings.Trim(m[1], `"`))
}

// searchPath is about functions that name something without its schema: a
// dump is restored with an empty search_path.
func searchPath(first *serverlog.Entry) *outcome.Failure {
	name := function(first.Context)
	if name == "" || !slices.Contains([]string{"42883", "42P01", "42704"}, first.SQLState) {
		return nil
	}
	m := missing.FindStringSubmatch(first.Message)
	if m == nil || strings.Contains(m[1], ".") {
		return nil // with its schema: it really is not there (yet)
	}
	return outcome.Fail(outcome.SearchPathDependency, "function %s relies on search_path: %s", name, told(first)).
		WithHint("qualify the names in function %s, or ALTER FUNCTION … SET search_path, in production", name)
}
