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

	server provision.Server
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
		return nil, f.WithHint("create the database first: createdb --template=template0 %s", r.Database)
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
	a, err := r.check(ctx, conn)
	if err == nil {
		err = r.checkNeeds(a, needs)
	}
	if err != nil {
		return provision.Server{}, dump, err
	}
	dump = r.withoutRoles(dump, a, needs)
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

// forDatabase returns statements ALTER DATABASE … for another database: that of the target may
// have another name than production's.
func forDatabase(statements, database string) string {
	var b strings.Builder
	lexer, copied, words := sqltext.LexText(statements, sqltext.Server), int64(0), 0
	for {
		t := lexer.Next()
		switch t.Kind {
		case sqltext.EOF, sqltext.Open:
			b.WriteString(statements[copied:])
			return b.String()
		case sqltext.End:
			words = 0
			continue
		}
		if words++; words == 3 {
			b.WriteString(statements[copied:lexer.Start()] + sqltext.Identifier(database))
			copied = lexer.End()
		}
	}
}

// withoutRoles returns the backup as it is restored: without the statements about roles that
// exist, or without any about roles.
func (r *Real) withoutRoles(dump restore.Dump, a about, needs inspect.Needs) restore.Dump {
	leftOut := needs.CreatedRoles
	if r.WithRoles {
		leftOut = a.roles
	}
	dump.Source = dump.WithoutRoles(leftOut)
	before := dump.Before
	dump.Before = nil
	for _, part := range before {
		if part.Role == "globals" && !r.WithRoles {
			continue
		}
		part.Source = part.WithoutRoles(leftOut)
		dump.Before = append(dump.Before, part)
	}
	return dump
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

// markPrefix begins the comment of a database in which a restore has begun.
const markPrefix = "drillgres: restore "

func (r *Real) mark() string {
	return fmt.Sprintf("%s%s began %s and has not ended", markPrefix, r.RunID, r.Now().UTC().Format(time.RFC3339))
}

// Begin marks the database in its comment, and creates the roles that the backup does not contain.
// It sets the owner, unless the backup creates it: what the owner may do in the schema public depends
// on that.
func (r *Real) Begin(ctx context.Context) error {
	sql := []string{r.comment(sqltext.Literal(r.mark()))}
	for _, name := range r.needed {
		sql = append(sql, "create role "+sqltext.Identifier(name)+" nologin")
	}
	if owner := r.server.Owner; owner != "" && !slices.Contains(r.Plan.Roles, owner) {
		sql = append(sql, "alter database "+sqltext.Identifier(r.Database)+" owner to "+sqltext.Identifier(owner))
	}
	return r.run(ctx, sql)
}

// End removes the mark, unless the backup has set a comment of its own.
func (r *Real) End(ctx context.Context) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	a, err := read(ctx, conn)
	provision.Close(ctx, conn)
	if err != nil || !strings.HasPrefix(a.comment, markPrefix) {
		return err
	}
	return r.run(ctx, []string{r.comment("null")})
}

func (r *Real) comment(text string) string {
	return "comment on database " + sqltext.Identifier(r.Database) + " is " + text
}

func (r *Real) run(ctx context.Context, statements []string) error {
	conn, err := r.session(ctx)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	for _, sql := range statements {
		_, err := conn.Exec(ctx, sql)
		if said, refused := pgerr.From(err); refused {
			f := outcome.Fail(outcome.RestoreFailed, "%s: %s", firstWords(sql), said.Error()).
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
func firstWords(sql string) string { return strings.Join(strings.Fields(sql)[:3], " ") }

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
