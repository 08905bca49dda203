package restore

import (
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
)

// plan is how one dump will be restored.
type plan struct {
	Tool string // psql or pg_restore
	Args []string
	Env  []string
	Jobs int
	// Unpack: the archive is wrapped and must be a bare, seekable file first.
	Unpack bool
	// File: pg_restore reads a file inside the sandbox, whose path ends Args; psql reads its input.
	File bool
}

// mostJobs is the default's upper end: beyond it a restore gains little and
// takes much memory.
const mostJobs = 4

// newPlan decides how to restore a dump. It is done as in a real recovery:
// nothing of the dump is left out (no --no-owner, no --no-privileges, no
// --no-tablespaces), and the first error ends it.
func newPlan(s provision.Server, source inspect.Source, jobs int) plan {
	if source.Format == inspect.Custom {
		return archivePlan(s, source, jobs)
	}
	return scriptPlan(s)
}

func scriptPlan(s provision.Server) plan {
	// With VERBOSITY=sqlstate stderr carries no row of the dump; what was
	// wrong is read from the server's log.
	args := []string{
		"psql", "--no-psqlrc", "--quiet", "--no-password",
		"--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--dbname=" + conninfo(s), "--file=-",
	}
	return plan{Tool: "psql", Args: args, Env: clientEnv(s), Jobs: 1}
}

func archivePlan(s provision.Server, source inspect.Source, jobs int) plan {
	if jobs <= 0 {
		jobs = min(mostJobs, max(s.CPUs, 1))
	}
	args := []string{
		"pg_restore", "--exit-on-error", "--no-password",
		"--jobs=" + strconv.Itoa(jobs), "--dbname=" + conninfo(s),
	}
	return plan{Tool: "pg_restore", Args: args, Env: clientEnv(s), Jobs: jobs, Unpack: source.Compression != "", File: true}
}

// conninfo says where to connect to. A plain --dbname would be read as a
// connection string itself if the database's name looks like one.
func conninfo(s provision.Server) string {
	return "host=127.0.0.1 port=5432 user=" + conninfoValue(s.User) + " dbname=" + conninfoValue(s.ConnectTo)
}

func conninfoValue(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
}

// clientEnv makes the client speak English and take nothing from the image's
// environment. What psql and pg_restore are not told by their arguments they
// would read there.
func clientEnv(s provision.Server) []string {
	return []string{
		"PGPASSWORD=" + s.Password.Reveal(),
		"LC_ALL=C", "LANGUAGE=C",
		"PGOPTIONS=", "PGCLIENTENCODING=", "PGSSLMODE=disable", "PGCONNECT_TIMEOUT=30",
	}
}
