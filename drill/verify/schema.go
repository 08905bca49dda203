package verify

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// schema holds the fingerprints of the database's schema.
type schema struct {
	fingerprint.Schema
	unreadable string // why the schema could not be read; empty: it was
}

// readSchema reads the schema. A definition that cannot be read does not end the
// drill: the report says that the schema is unknown.
func readSchema(ctx context.Context, conn *pgx.Conn) (schema, error) {
	s, err := fingerprint.Read(ctx, conn)
	switch {
	case err != nil && endsStage(ctx, conn, err):
		return schema{}, err
	case err != nil:
		return schema{unreadable: pgerr.Describe(err)}, nil
	}
	return schema{Schema: s}, nil
}

// fill writes the fingerprints into the report.
func (s schema) fill(r *Report) {
	r.Schema = s.Whole
	for i := range r.Tables {
		r.Tables[i].Fingerprint = s.Tables[r.Tables[i].Name]
	}
}
