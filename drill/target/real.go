package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

	server provision.Server
	opened string   // the identity of the database that Open has checked
	needed []string // roles to create that the backup does not contain
}

// Plan is what a restore will do.
type Plan struct {
	Target    Target
	Version   string // of the server
	Superuser bool
	Steps     []restore.Step // in order
	Programs  string         // where psql and pg_restore are; empty: none is needed
	Owner     string         // that the database gets; empty: it keeps its own
	Roles     []string       // that the backup creates
	NewRoles  []string       // that are created without login, because the backup does not contain them
	KeptRoles []string       // that exist, and of which the backup's statements are left out
	Settings  int            // of the database itself
	Notes     []string
	Server    string // encoding and locale of the database
}

// connectWithin limits a connection to the server.
const connectWithin = 30 * time.Second

// session connects to the database.
func (r *Real) session(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectWithin,
		outcome.Fail(outcome.ConfigInvalid, "--to: the server did not answer within %s", words.Span(connectWithin)))
	defer cancel()
	s := provision.Server{Running: sandbox.Running{Pod: &pod{}}, Address: r.Address, User: r.User, Password: r.Password, Limited: true}
	conn, err := s.Session(ctx, r.Database, provision.SessionOptions{})
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
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(slices.Compact(lines), " ")
}

// Check fails if the server or the database cannot be restored into, whatever the backup is.
func (r *Real) Check(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	_, err = r.check(ctx, conn)
	return err
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
	return r.server, dump, nil
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

// jobs is how many sessions load at the same time unless the config says so: how many processors
// the server has is not known.
const jobs = 4

// describe returns the server for the restore.
func (r *Real) describe(a about, needs inspect.Needs) provision.Server {
	s := provision.Server{
		Version: a.version, Major: a.major, Database: r.Database, ConnectTo: r.Database, Maintenance: r.Database,
		User: r.User, Password: r.Password, Address: r.Address, Limited: !a.superuser, CPUs: jobs, Preloaded: a.preloaded,
	}
	for _, e := range needs.Extensions {
		s.NeededExtensions = append(s.NeededExtensions, e.Name)
	}
	if owner := r.owner(needs); a.superuser || a.createdb && slices.Contains(a.member, owner) {
		s.Owner = owner
	}
	s.Properties = forDatabase(needs.Properties, r.Database)
	return s
}

// forDatabase returns the statements ALTER DATABASE name …, ALTER ROLE … IN DATABASE name … and
// GRANT … ON DATABASE name … for another database: that of the target may have another name than production's.
func forDatabase(statements, database string) string {
	var b strings.Builder
	lexer, copied := sqltext.LexText(statements, sqltext.Server), int64(0)
	named, renamed := false, false // DATABASE came; the name after it was replaced
	var before sqltext.Token
	for {
		t := lexer.Next()
		switch {
		case t.Kind == sqltext.EOF, t.Kind == sqltext.Open:
			b.WriteString(statements[copied:])
			return b.String()
		case t.Kind == sqltext.End:
			named, renamed = false, false
		case renamed:
		case named:
			b.WriteString(statements[copied:lexer.Start()] + sqltext.Identifier(database))
			copied, renamed = lexer.End(), true
		default: // a role may have the name database
			named = t.Is("database") && (before.Is("alter") || before.Is("in") || before.Is("on"))
		}
		before = t
	}
}

// asRestored returns the backup as it is restored: without the statements about roles that exist,
// or without any about roles, without those about tablespaces, which the server has, and with those
// about its database as a whole for the target. It fails if another statement changes more than the
// database: the server may have other ones.
func (r *Real) asRestored(dump restore.Dump, a about, needs inspect.Needs) (restore.Dump, error) {
	before := dump.Before
	dump.Before = nil
	for _, part := range slices.Concat(before, []restore.Dump{dump}) {
		if part.Role == "globals" && !r.WithRoles {
			continue
		}
		leftOut, reaches := append(slices.Clone(a.roles), "all"), []inspect.Reach{inspect.OfTablespaces}
		if !r.WithRoles {
			leftOut, reaches = slices.Collect(maps.Keys(part.RoleStatements)), append(reaches, inspect.OfRoles)
		}
		part.Source = part.Without(leftOut, reaches...)
		if what := r.redirect(&part.Source, needs.Database.Name); what != "" {
			return dump, outcome.Fail(outcome.ConfigInvalid, "the backup contains %s, which changes more than the database: a server may have others", what).
				WithHint("restore into a server of its own by hand: drillgres runbook %s has the commands", r.Name)
		}
		dump.Before = append(dump.Before, part)
	}
	last := dump.Before[len(dump.Before)-1]
	last.Before = dump.Before[:len(dump.Before)-1]
	return last, nil
}

// redirect leads what a plain dump does with its own database as a whole to the target, whatever
// its name. The target exists, has its owner, and its comment is the mark. It returns the first
// statement that changes more than the database and cannot be left out; empty: there is none.
func (r *Real) redirect(s *inspect.Source, own string) (reaching string) {
	s.Splices = slices.Clone(s.Splices)
	for i, c := range s.Splices {
		switch {
		case c.Database == "":
		case c.Database != own:
			return `\connect`
		default:
			s.Splices[i].Database = r.Database
		}
	}
	var statements []inspect.Splice
	for _, b := range s.Beyond {
		switch {
		case b.Splice.Length == 0, b.Reach == inspect.OfServer, b.Reach == inspect.OfDatabase && (own == "" || b.Database != own || b.SQL == ""):
			return b.What
		case b.Reach != inspect.OfDatabase: // it is left out, or wanted
			continue
		}
		replaced := b.Splice
		statement := sqltext.Phrase{Tokens: sqltext.FirstStatement(b.SQL, sqltext.Server)}
		if !slices.Contains([]string{"CREATE DATABASE", "DROP DATABASE", "COMMENT ON DATABASE"}, b.What) && !statement.Contains("owner to") {
			replaced.SQL = forDatabase(b.SQL, r.Database)
		}
		statements = append(statements, replaced)
	}
	*s = s.Replacing(statements)
	return ""
}

// plan notes what the restore will do.
func (r *Real) plan(a about, needs inspect.Needs) {
	p := Plan{Target: r.Target, Version: a.version, Superuser: a.superuser, Owner: r.server.Owner, Settings: strings.Count(r.server.Properties, ";")}
	p.Server = a.encoding + ", " + a.collate
	if r.WithRoles {
		p.Roles = without(needs.CreatedRoles, a.roles)
		p.KeptRoles = without(needs.CreatedRoles, p.Roles)
		r.needed = without(provision.NamedRoles(needs, r.server.Owner), append(slices.Clone(a.roles), needs.CreatedRoles...))
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
		if step.Tool != "" && !slices.Contains(tools, step.Tool) {
			tools = append(tools, step.Tool)
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

// markPrefix begins the comment of a database in which a restore has begun.
const markPrefix = "drillgres: restore "

func (r *Real) mark() string {
	return fmt.Sprintf("%s%s began %s and has not ended", markPrefix, r.RunID, r.Now().UTC().Format(time.RFC3339))
}

// Begin marks the database in its comment, and creates the roles that the backup does not contain.
// It sets the owner, unless the backup creates it: what the owner may do in the schema public depends
// on that. It checks again that the database is the one of Open, and still empty: somebody has read
// the plan meanwhile, and may have begun another restore.
func (r *Real) Begin(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	sql := []string{r.comment(sqltext.Literal(r.mark()))}
	for _, name := range r.needed {
		sql = append(sql, "create role "+sqltext.Identifier(name)+" nologin")
	}
	if owner := r.server.Owner; owner != "" && !slices.Contains(r.Plan.Roles, owner) {
		sql = append(sql, "alter database "+sqltext.Identifier(r.Database)+" owner to "+sqltext.Identifier(owner))
	}
	if err := run(ctx, conn, outcome.ConfigInvalid, []string{"begin transaction", "set local lock_timeout = '30s'", "select pg_catalog.pg_advisory_xact_lock(" + beginLock + ")"}); err != nil {
		return err
	}
	a, err := r.check(ctx, conn)
	switch {
	case err != nil:
		return err
	case a.identity != r.opened:
		return outcome.Fail(outcome.ConfigInvalid, "the server was restarted, or another one answers at its address, since the plan was made").
			WithHint("run the command again")
	}
	return run(ctx, conn, outcome.ConfigInvalid, append(sql, "commit transaction"))
}

// beginLock is a lock in the database under which a restore looks whether another has begun.
const beginLock = "7274726578"

// End removes the mark, unless the backup has set a comment of its own.
func (r *Real) End(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	a, err := read(ctx, conn)
	if err != nil || !strings.HasPrefix(a.comment, markPrefix) {
		return err
	}
	return run(ctx, conn, outcome.RestoreFailed, []string{r.comment("null")})
}

// Remark sets the mark again, unless the database has it.
func (r *Real) Remark(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	a, err := read(ctx, conn)
	if err != nil || strings.HasPrefix(a.comment, markPrefix) {
		return err
	}
	return run(ctx, conn, outcome.RestoreFailed, []string{r.comment(sqltext.Literal(r.mark()))})
}

func (r *Real) comment(text string) string {
	return "comment on database " + sqltext.Identifier(r.Database) + " is " + text
}

// run runs statements. One that the server refuses is a failure with this code.
func run(ctx context.Context, conn *pgx.Conn, code outcome.Code, statements []string) error {
	for _, sql := range statements {
		_, err := conn.Exec(ctx, sql)
		if said, refused := pgerr.From(err); refused {
			f := outcome.Fail(code, "%s: %s", firstWords(sql), said.Error()).
				WithHint("connect as the owner of the database or as a superuser")
			f.SQLState = said.SQLState
			return f
		}
		if err != nil {
			return fmt.Errorf("%s: %w", firstWords(sql), err)
		}
	}
	return nil
}

// firstWords returns the kind of a statement, for an error.
func firstWords(sql string) string {
	fields := strings.Fields(sql)
	return strings.Join(fields[:min(len(fields), 3)], " ")
}

// pod stands for a sandbox, with the client programs outside of it.
type pod struct {
	programs sandbox.Programs // nil: none is needed
}

var _ sandbox.Pod = (*pod)(nil)

// Exec runs a client program.
func (p *pod) Exec(ctx context.Context, c sandbox.Command) (int, error) {
	if p.programs == nil {
		return 0, fmt.Errorf("run %s: no client programs were opened", strings.Join(c.Args[:1], ""))
	}
	return p.programs.Exec(ctx, c)
}

// Dial connects to an address on the network.
func (p *pod) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// Place returns the path itself: the client programs see the files of this machine.
func (p *pod) Place(_ context.Context, path string) (string, error) { return filepath.Abs(path) }

// Start is for the application, which a restore does not start.
func (p *pod) Start(context.Context, sandbox.Container) (sandbox.Process, error) {
	return nil, errors.New("a real server starts no other container")
}

// Lost never reports anything: an error of a session does.
func (p *pod) Lost() <-chan struct{} { return nil }

// Cause returns nil.
func (p *pod) Cause() error { return nil }

// Health returns nil: nothing is known of the machine of the server.
func (p *pod) Health(context.Context) error { return nil }

// Close removes the container of the client programs.
func (p *pod) Close(ctx context.Context) []string {
	if p.programs == nil {
		return nil
	}
	return p.programs.Close(ctx)
}
