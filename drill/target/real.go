package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// Real is a restore into a real server.
type Real struct {
	Target
	Name      string // of the database in the config
	Config    config.Postgres
	Restorer  restore.Restorer
	RunID     string
	WithRoles bool // restore the roles of the backup too
	Now       func() time.Time
	// Container starts a container with the client programs of production's image, for a machine that
	// has none of the server's major; see sandbox.Programs.
	Container func(ctx context.Context, folders []string) (sandbox.Programs, error)

	Plan Plan // set by Open

	server     provision.Server
	opened     string   // the identity of the database that Open has checked
	production string   // the statement with the comment of production's database; empty: it has none
	needed     []string // roles to create that the backup does not contain
}

// Plan is what a restore will do.
type Plan struct {
	Target    Target
	Version   string // of the server
	Superuser bool
	Steps     []restore.Step // in order
	Before    int            // items of restore.before
	After     int            // items of restore.after
	Programs  string         // where psql and pg_restore are; empty: none is needed
	Owner     string         // that the database gets; empty: it keeps its own
	Roles     []string       // that the backup creates
	NewRoles  []string       // that are created without login, because the backup does not contain them
	KeptRoles []string       // that exist, and of which the backup's statements are left out
	Settings  int            // statements with settings and privileges of the database itself
	Notes     []string
	Server    string // encoding and locale of the database
}

// connectWithin limits a connection to the server.
const connectWithin = 30 * time.Second

// session connects to the database.
func (r *Real) session(ctx context.Context) (*pgx.Conn, error) {
	return r.connect(ctx, func(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
		return s.Session(ctx, r.Database, provision.SessionOptions{})
	})
}

// connect opens a session, and says what to do if it cannot.
func (r *Real) connect(ctx context.Context, open func(context.Context, provision.Server) (*pgx.Conn, error)) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectWithin,
		outcome.Fail(outcome.ConfigInvalid, "--to: the server did not answer within %s", words.Span(connectWithin)))
	defer cancel()
	s := provision.Server{Running: sandbox.Running{Pod: &pod{}}, Address: r.Address, ConnectTo: r.Database, User: r.User, Password: r.Password, Limited: true}
	conn, err := open(ctx, s)
	if err == nil || ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return conn, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	f := outcome.Fail(outcome.ConfigInvalid, "--to: %s", onceEach(err))
	switch pgerr.State(err) {
	case pgerrcode.InvalidPassword, pgerrcode.InvalidAuthorizationSpecification:
		return nil, f.WithHint("set the password of %q in PGPASSWORD or in a password file, and look into pg_hba.conf of the server", r.User)
	case pgerrcode.TooManyConnections:
		return nil, f.WithHint("end other sessions, or raise the limit: max_connections of the server, or CONNECTION LIMIT of the database or the role")
	case pgerrcode.InvalidCatalogName:
		return nil, f.WithHint("create the database first: createdb --template=template0 %s", words.Shell(r.Database))
	}
	return nil, f.WithHint("check the address of --to, that the server runs, and sslmode")
}

// onceEach returns the text of an error on one line, and each of its lines once: pgx lists every
// attempt, such as one with TLS and one without.
func onceEach(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); !strings.Contains(strings.Join(lines, " "), line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

// Check fails if the server or the database cannot be restored into, whatever the backup is.
func (r *Real) Check(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	if _, err = r.check(ctx, conn); err != nil {
		return err
	}
	return r.checkWritable(ctx)
}

// checkWritable fails if a client program could not write. Other sessions of drillgres override
// the setting.
func (r *Real) checkWritable(ctx context.Context) error {
	conn, err := r.connect(ctx, func(ctx context.Context, s provision.Server) (*pgx.Conn, error) { return s.ClientSession(ctx, nil) })
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	var readOnly bool
	if err := conn.QueryRow(ctx, "select current_setting('default_transaction_read_only')::bool").Scan(&readOnly); err != nil {
		return fmt.Errorf("ask whether the database can be written to: %w", pgerr.Redacted(err))
	}
	if !readOnly {
		return nil
	}
	return outcome.Fail(outcome.ConfigInvalid, "transactions of %q in database %q are read-only (default_transaction_read_only), so nothing could be loaded", r.User, r.Database).
		WithHint("find out who set it and why, such as a full disk; then reset it with ALTER DATABASE, ALTER ROLE or ALTER SYSTEM, or in the server's configuration")
}

func (r *Real) check(ctx context.Context, conn *pgx.Conn) (about, error) {
	a, err := read(ctx, conn)
	if err == nil {
		err = r.checkServer(a)
	}
	if err == nil {
		err = checkEmpty(ctx, conn, r.Target, a)
	}
	return a, pgerr.Redacted(err)
}

// Open checks that the server can take the backup, and opens what its restore needs. It writes
// nothing. It returns the server and the backup as it will be restored. The Pod of the server
// must be closed, unless it is nil.
//
// Failures: config_invalid, extension_unavailable, preload_missing, and those of sandbox.Programs.
func (r *Real) Open(ctx context.Context, needs inspect.Needs, dump restore.Dump) (provision.Server, restore.Dump, error) {
	conn, err := r.session(ctx)
	if err != nil {
		return provision.Server{}, dump, err
	}
	defer provision.Close(ctx, conn)
	r.pin(conn)
	a, err := r.check(ctx, conn)
	if err == nil {
		err = r.checkNeeds(a, needs)
	}
	r.opened = a.identity
	if err != nil {
		return provision.Server{}, dump, err
	}
	if dump, err = r.asRestored(dump, a, needs); err != nil {
		return provision.Server{}, dump, err
	}
	r.server = r.describe(a, needs)
	p := &pod{}
	r.server.Pod = p
	r.plan(a, needs)
	if err := r.openPrograms(ctx, p, dump); err != nil {
		return r.server, dump, err
	}
	r.Plan.Steps = r.Restorer.Steps(r.server, dump)
	return r.server, dump, r.checkSessions(a)
}

// pin has every later session of drillgres and of the client programs use the address of this one:
// the name of the host may stand for several servers, or for another one a minute later.
func (r *Real) pin(conn *pgx.Conn) {
	at, ok := conn.PgConn().Conn().RemoteAddr().(*net.TCPAddr)
	if !ok {
		return
	}
	ip := at.AddrPort().Addr().Unmap().String()
	pinned := provision.Address{Config: r.Address.Config.Copy(), Params: append(slices.Clone(r.Address.Params), provision.Param{Name: "hostaddr", Value: ip})}
	pinned.Config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{ip}, nil }
	r.Address = &pinned
}

// jobs is how many sessions load at the same time unless the config says so. How many processors
// the server has, and how much memory, is not known.
const jobs = 4

// sessionsFor returns how many sessions load and verify unless the config says so.
func sessionsFor(a about) int { return max(min(jobs, a.sessions-1), 1) }

// describe returns the server for the restore.
func (r *Real) describe(a about, needs inspect.Needs) provision.Server {
	s := provision.Server{
		Version: a.version, Major: a.major, Database: r.Database, ConnectTo: r.Database, Maintenance: r.Database,
		User: r.User, Password: r.Password, Address: r.Address, Limited: !a.superuser, CPUs: sessionsFor(a), DefaultJobs: sessionsFor(a), Preloaded: a.preloaded,
	}
	for _, e := range needs.Extensions {
		s.NeededExtensions = append(s.NeededExtensions, e.Name)
	}
	if owner := r.owner(needs); a.superuser || a.createdb && slices.Contains(a.member, owner) {
		s.Owner = owner
	}
	s.Properties = forDatabase(needs.Properties+"\n"+needs.Privileges, r.Database)
	if needs.Comment != "" {
		r.keepComment(needs.Comment)
	}
	return s
}

// plan notes what the restore will do.
func (r *Real) plan(a about, needs inspect.Needs) {
	p := Plan{Target: r.Target, Version: a.version, Superuser: a.superuser, Owner: r.server.Owner, Settings: len(sqltext.Statements(r.server.Properties, sqltext.Server))}
	p.Server = a.encoding + ", " + a.collate
	p.Before, p.After = len(r.Restorer.Config.Before), len(r.Restorer.Config.After)
	if r.WithRoles {
		p.Roles = without(needs.CreatedRoles, a.roles)
		p.KeptRoles = without(needs.CreatedRoles, p.Roles)
		r.needed = without(provision.NamedRoles(needs, append(slices.Clone(needs.Grantees), r.server.Owner)...), append(slices.Clone(a.roles), needs.CreatedRoles...))
		p.NewRoles = r.needed
	}
	note := func(format string, args ...any) { p.Notes = append(p.Notes, fmt.Sprintf(format, args...)) }
	if !a.superuser {
		note("%q is not a superuser: what needs one fails, such as extensions that are not trusted, event triggers, and objects of roles of which it is not a member or that may not create in their schema", r.User)
	}
	if owner := r.owner(needs); owner != "" && r.server.Owner == "" {
		note("the database keeps its owner %q: %q is not a member of %q, or may not create databases", a.owner, r.User, owner)
	}
	if want := needs.Database.Encoding; want != "" && !strings.EqualFold(strings.ReplaceAll(want, "-", ""), strings.ReplaceAll(a.encoding, "-", "")) {
		note("the database has encoding %s, and the dump %s", a.encoding, want)
	}
	if want := needs.Database.Collate; want != "" && want != a.collate {
		note("the database has LC_COLLATE %s, and production %s: text may sort in another order", a.collate, want)
	}
	r.Plan = p
}

// openPrograms finds the client programs that the restore needs: those of this machine if they
// are of the server's major, or else those in a container of production's image.
func (r *Real) openPrograms(ctx context.Context, p *pod, dump restore.Dump) error {
	var tools []string
	for _, step := range r.Restorer.Steps(r.server, dump) {
		if step.Program != "" && !slices.Contains(tools, step.Program) {
			tools = append(tools, step.Program)
		}
	}
	if len(tools) == 0 {
		return nil
	}
	if found, version, ok := findLocal(ctx, tools, r.server.Major); ok {
		p.programs, r.server.ClientVersion = found, version
		r.Plan.Programs = strings.Join(tools, " and ") + " " + version + " of this machine"
		return nil
	}
	container, err := r.Container(ctx, append(r.folders(), r.foldersOf(dump)...))
	if err != nil {
		return r.withoutPrograms(tools, err)
	}
	p.programs = container
	version, err := versionOf(ctx, container, tools[0])
	if err != nil {
		return r.withoutPrograms(tools, err)
	}
	r.server.ClientVersion = version
	r.Plan.Programs = strings.Join(tools, " and ") + " " + version + " in a container of production's image"
	return nil
}

// withoutPrograms returns the failure of client programs that could not be opened.
func (r *Real) withoutPrograms(tools []string, err error) error {
	f := *outcome.AsFailure(err)
	f.Err = fmt.Errorf("this machine has no %s of Postgres %d, and no container has them: %w", strings.Join(tools, " and "), r.server.Major, f.Err)
	return f.WithHint("install the client programs of Postgres %d on this machine, or start the container engine", r.server.Major)
}

// foldersOf returns the folders with the files of a backup, and that of the run.
func (r *Real) foldersOf(dump restore.Dump) (folders []string) {
	for _, part := range append(slices.Clone(dump.Before), dump) {
		if path, err := filepath.Abs(part.Path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	return append(folders, r.Restorer.WorkDir)
}
