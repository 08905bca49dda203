package restore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// misfits lists the SQLSTATEs of rows that do not fit the table of another version: of
// a table or a column that does not exist, a column too few or too many, a row that the
// extension itself has inserted, or a new constraint.
var misfits = []string{
	pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.BadCopyFileFormat, pgerrcode.GeneratedAlways,
	pgerrcode.NotNullViolation, pgerrcode.UniqueViolation, pgerrcode.CheckViolation, pgerrcode.ForeignKeyViolation,
}

// blameExtension replaces a failure about rows of a table that an extension creates. A
// dump contains such rows, but neither the table nor the version of the extension: the
// image may have another one, and the backup may be good.
func (r *run) blameExtension(ctx context.Context, f *outcome.Failure, first *serverlog.Entry) *outcome.Failure {
	if first == nil || !slices.Contains(misfits, f.SQLState) || first.ServerError().Raised() {
		return f
	}
	p := &sqltext.Phrase{Tokens: sqltext.FirstStatement(first.Statement, sqltext.Server)}
	if !p.Has("copy") && !p.Has("insert into") {
		return f
	}
	name, version := r.extensionOf(ctx, p.Name("public"))
	if name == "" {
		return f
	}
	blamed := *f
	blamed.Code = outcome.ExtensionUnavailable
	blamed.Err = fmt.Errorf("%w: the table belongs to extension %s, and image %s has version %s of it", f.Err, name, r.server.Image, version)
	blamed.Hint = fmt.Sprintf("set postgres.image to one with production's version of %s (extversion in pg_extension)", name)
	return &blamed
}

// extensionOf returns the extension that creates a table, and its version. A table that
// does not exist is looked for by its schema.
func (r *run) extensionOf(ctx context.Context, table sqltext.Name) (name, version string) {
	conn, err := r.server.Session(ctx, r.server.Database, provision.SessionOptions{ReadOnly: true})
	if err != nil {
		return "", ""
	}
	defer provision.Close(ctx, conn)
	err = conn.QueryRow(ctx, `
		select e.extname, e.extversion from pg_extension e
		join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
		where d.classid = 'pg_class'::regclass and d.objid = to_regclass($1)
		   or d.classid = 'pg_namespace'::regclass and d.objid = to_regnamespace($2) and to_regclass($1) is null
		limit 1`, sqltext.Identifier(table.Schema, table.Name), sqltext.Identifier(table.Schema)).Scan(&name, &version)
	if err != nil {
		return "", ""
	}
	return name, version
}
