package restore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
	"github.com/drillgres/drillgres/drill/work"
)

// adapt prepares the load of a dump that a new database does not take as it is, and
// reports what is changed. In a plain dump, the splices of inspect change the statements.
func (r *run) adapt(ctx context.Context) error {
	if r.dump.DropsWithoutIfExists {
		r.addFinding("drops_first", "dump with --clean --if-exists, or without --clean",
			"the dump drops objects that a new database does not have (pg_dump --clean without --if-exists): restored as if with IF EXISTS")
	}
	if r.dump.Public != nil {
		r.addFinding("public_schema_exists", "dump the whole database, without --schema=public, and with a current pg_dump",
			"the dump creates the schema public, which every new database has: restored without that statement")
	}
	if r.loaded || !r.plan.File {
		return nil
	}
	if err := r.prepareDatabase(ctx); err != nil {
		return err
	}
	return r.omitEntries(ctx)
}

// prepareDatabase sets in a new database what pg_restore sets with --create, or in an entry
// that is omitted.
func (r *run) prepareDatabase(ctx context.Context) error {
	if !r.plan.File {
		return nil
	}
	if err := r.setOwnParameters(ctx); err != nil {
		return err
	}
	return r.setPublicOwner(ctx)
}

// setOwnParameters sets the parameters of the application, such as app.tenant, that the
// database stores: a materialized view or an index may read one while it is restored.
// pg_restore --create sets all of the database's settings before the load. The others
// follow after it, because one such as default_transaction_read_only would prevent it.
func (r *run) setOwnParameters(ctx context.Context) error {
	statements, _ := splitStatements(r.server.Properties)
	statements = slices.DeleteFunc(statements, func(sql string) bool { return !setsOwnParameter(sql) })
	if len(statements) == 0 {
		return nil
	}
	conn, err := r.server.Session(ctx, r.server.Maintenance, provision.SessionOptions{})
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			if _, refused := pgerr.From(err); !refused { // it is reported when all settings are restored
				return fmt.Errorf("set a parameter of the database: %w", err)
			}
		}
	}
	return nil
}

// setsOwnParameter reports whether a statement is ALTER DATABASE … SET of a parameter
// whose name has a dot.
func setsOwnParameter(sql string) bool {
	tokens := sqltext.FirstStatement(sql, sqltext.Server)
	p := sqltext.Phrase{Tokens: tokens}
	if !p.Begins("alter database") {
		return false
	}
	for i, t := range tokens {
		if t.Kind == sqltext.Word && t.Text == "set" && i+2 < len(tokens) {
			return strings.Contains(tokens[i+1].Text, ".") || tokens[i+2].Is(".")
		}
	}
	return false
}

// setPublicOwner sets the owner that an archive's entry for the schema public states.
func (r *run) setPublicOwner(ctx context.Context) error {
	if r.dump.Public == nil || r.dump.Public.Owner == "" {
		return nil
	}
	conn, err := r.server.Session(ctx, r.server.Database, provision.SessionOptions{})
	if err != nil {
		return err
	}
	defer provision.Close(ctx, conn)
	if _, err = conn.Exec(ctx, "alter schema public owner to "+sqltext.Identifier(r.dump.Public.Owner)); err != nil {
		return fmt.Errorf("set the owner of schema public: %w", err)
	}
	return nil
}

// omitEntries has pg_restore leave out entries of the archive.
func (r *run) omitEntries(ctx context.Context) error {
	omitted := r.omitted()
	if len(omitted) == 0 {
		return nil
	}
	list, err := r.writeList(ctx, omitted)
	if err != nil || list == "" { // the load fails in the same way, and its failure is explained
		return err
	}
	r.plan.Args = append(slices.Clone(r.plan.Args), "--use-list="+list)
	return nil
}

// omitted returns the numbers of the entries that create the schema public, or that fill a
// view which may need another server.
func (r *run) omitted() (entries []int64) {
	if r.dump.Public != nil {
		entries = append(entries, r.dump.Public.Entry)
	}
	for _, v := range r.dump.Refreshes {
		entries = append(entries, v.Entry)
	}
	return entries
}

// writeList writes the list of the archive's entries without some of them, and returns its path
// in the sandbox. The path is empty if pg_restore cannot list the archive.
func (r *run) writeList(ctx context.Context, omitted []int64) (inside string, err error) {
	var list bytes.Buffer
	code, err := r.server.Exec(ctx, sandbox.Command{Args: []string{r.plan.Tool, "--list", r.archive}, Stdout: &list})
	if err != nil {
		return "", asFailure(err, "list the archive")
	}
	if code != 0 {
		return "", nil
	}
	file, err := os.CreateTemp(r.WorkDir, "entries-*.list")
	if err != nil {
		return "", work.WriteFailure("list the archive", err)
	}
	_, err = file.WriteString(withoutEntries(list.String(), omitted))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", work.WriteFailure("list the archive", err)
	}
	if inside, err = r.server.Place(ctx, file.Name()); err != nil {
		return "", asFailure(err, "place the list of entries in the sandbox")
	}
	return inside, nil
}

// withoutEntries returns a list of pg_restore --list without the entries of these
// numbers, with which their lines begin.
func withoutEntries(list string, numbers []int64) string {
	omitted := map[int64]bool{}
	for _, n := range numbers {
		omitted[n] = true
	}
	var b strings.Builder
	for line := range strings.Lines(list) {
		number, _, _ := strings.Cut(line, ";")
		if n, err := strconv.ParseInt(number, 10, 64); err != nil || !omitted[n] {
			b.WriteString(line)
		}
	}
	return b.String()
}

// fillViews fills the materialized views that may need another server. pg_dump fills
// them last too. A view whose server cannot be reached stays without rows, and so do
// the views that read it.
func (r *run) fillViews(ctx context.Context) error {
	if len(r.dump.Refreshes) == 0 {
		return nil
	}
	var unfilled []string
	for views := r.dump.Refreshes; len(views) > 0; {
		database := views[0].Database
		n := slices.IndexFunc(views, func(v inspect.View) bool { return v.Database != database })
		if n < 0 {
			n = len(views)
		}
		left, err := r.fillViewsOf(ctx, cmp.Or(database, r.server.Database), views[:n])
		if err != nil {
			return err
		}
		unfilled, views = append(unfilled, left...), views[n:]
	}
	if len(unfilled) > 0 {
		const most = 3
		r.addFinding("view_not_filled", "expect it to be empty in a recovery until the other server can be reached",
			"restored without rows, because they come from another server: "+words.Series(unfilled, most))
	}
	return nil
}

// fillViewsOf fills the views of one database, and returns those that it could not fill.
func (r *run) fillViewsOf(ctx context.Context, database string, views []inspect.View) (unfilled []string, err error) {
	conn, err := r.server.Session(ctx, database, provision.SessionOptions{})
	if err != nil {
		return nil, explainNoSession(err)
	}
	defer provision.Close(ctx, conn)
	for _, v := range views {
		view := sqltext.Identifier(v.Schema, v.Name)
		filled, err := r.fillView(ctx, conn, view, len(unfilled) > 0)
		if err != nil {
			return unfilled, err
		}
		if !filled {
			unfilled = append(unfilled, view)
		}
	}
	return unfilled, nil
}

// fillView fills one view. It returns false if a server that the view needs cannot be
// reached, or, if others are unfilled, if the view reads one of them.
func (r *run) fillView(ctx context.Context, conn *pgx.Conn, view string, others bool) (filled bool, err error) {
	statement := "REFRESH MATERIALIZED VIEW " + view
	_, err = conn.Exec(ctx, statement)
	said, ok := pgerr.From(err)
	switch {
	case !ok:
		return true, err
	case said.Unreachable(), said.SQLState == pgerrcode.UndefinedFile && !said.Raised(): // file_fdw
		return false, nil
	case others && said.SQLState == pgerrcode.ObjectNotInPrerequisiteState:
		return false, nil
	}
	return false, r.explainStatement(said, statement)
}

// explainStatement returns the failure for an error of a statement that the drill itself
// runs in the restored database.
func (r *run) explainStatement(said pgerr.Error, statement string) *outcome.Failure {
	f := fromServer(evidence{
		ServerMajor: r.server.Major, DumpMajor: provision.Major(r.dump.DumpVersion), Preloaded: r.server.Preloaded, MadeRoles: r.server.MadeRoles,
	}, said, "")
	fillIn(f, said, statement)
	return f
}
