package restore

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
)

// plan describes how a dump is restored.
type plan struct {
	Tool string // psql or pg_restore
	Args []string
	Env  []string
	Jobs int
	// Unpack means that the archive is in a layer, or consists of several files, and must
	// be unpacked first: into a seekable file, or into a directory.
	Unpack bool
	// File means that Tool reads a file inside the sandbox, whose path becomes the
	// last argument. Otherwise it reads its standard input.
	File bool
	// Key is the key of psql's restricted mode, see boundary. It is empty if psql has
	// no such mode.
	Key string
}

// newPlan returns the plan for a dump. The restore is like a real recovery: it
// omits nothing of the dump (no --no-owner, no --no-privileges, no
// --no-tablespaces), and the first error ends it.
func newPlan(s provision.Server, source inspect.Source, jobs int) plan {
	switch source.Format {
	case inspect.Custom, inspect.Tar, inspect.Directory:
		return archivePlan(s, source, jobs)
	}
	return scriptPlan(s)
}

func scriptPlan(s provision.Server) plan {
	key := ""
	if canRestrict(clientVersion(s)) {
		key = newKey()
	}
	// With VERBOSITY=sqlstate, stderr contains no row of the dump. The cause of an
	// error is read from the server's log. That of a real server cannot be read, so stderr must
	// have the message too, and clientLog keeps only what may be shown.
	verbosity := "sqlstate"
	if !s.IsSandbox() {
		verbosity = "verbose"
	}
	args := []string{
		"psql", "--no-psqlrc", "--quiet", "--no-password",
		"--set=ON_ERROR_STOP=1", "--set=VERBOSITY=" + verbosity, "--dbname=" + s.Conninfo(s.ConnectTo),
	}
	if key != "" {
		args = append(args, `--command=\restrict `+key)
	}
	return plan{Tool: "psql", Args: append(args, "--file=-"), Env: clientEnv(s), Jobs: 1, Key: key}
}

func archivePlan(s provision.Server, source inspect.Source, jobs int) plan {
	jobs = jobsFor(s, jobs)
	if source.Format == inspect.Tar || needsOneJob(s) { // pg_restore reads a tar from its beginning to its end
		jobs = 1
	}
	args := []string{
		"pg_restore", "--exit-on-error", "--no-password",
		"--jobs=" + strconv.Itoa(jobs), "--dbname=" + s.Conninfo(s.ConnectTo),
	}
	return plan{Tool: "pg_restore", Args: args, Env: clientEnv(s), Jobs: jobs, Unpack: len(source.Layers) > 0 || source.Format == inspect.Directory, File: true}
}

// useOneJob has pg_restore load the entries of the archive one after the other.
func (p *plan) useOneJob() {
	p.Args = slices.Clone(p.Args)
	for i, arg := range p.Args {
		if strings.HasPrefix(arg, "--jobs=") {
			p.Args[i] = "--jobs=1"
		}
	}
	p.Jobs = 1
}

// jobsFor returns the number of jobs for restore.jobs of the config.
func jobsFor(s provision.Server, given int) int {
	return max(cmp.Or(given, s.DefaultJobs), 1)
}

// clientEnv returns the environment of the client. It makes messages English and
// overrides the variables of the image that psql and pg_restore would read.
func clientEnv(s provision.Server) []string {
	var options []string
	settings := loadSettings(s)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		options = append(options, "-c "+name+"="+settings[name])
	}
	env := []string{
		"PGPASSWORD=" + s.Password.Reveal(),
		"LC_ALL=C", "LANGUAGE=C",
		"PGOPTIONS=" + strings.Join(options, " "), "PGCLIENTENCODING=", "PGCONNECT_TIMEOUT=30",
	}
	if s.IsSandbox() {
		env = append(env, "PGSSLMODE=disable")
	}
	return env
}

// clientVersion returns the version of psql and pg_restore.
func clientVersion(s provision.Server) string { return cmp.Or(s.ClientVersion, s.Version) }

// loadSettings returns settings that override those which a dump has stored in its
// database: the server must log errors in full and in English, and must not end a
// session that waits for the dump's next bytes. The log of a real server is its operator's.
func loadSettings(s provision.Server) map[string]string {
	settings := map[string]string{}
	if s.IsSandbox() {
		settings = map[string]string{"log_error_verbosity": "verbose", "log_min_messages": "error", "log_min_error_statement": "error"}
	}
	if !s.Limited {
		settings["lc_messages"] = "C"
	}
	if s.Major >= 14 {
		settings["idle_session_timeout"] = "0"
	}
	return settings
}
