package verify

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// schema is the database's schema, as far as it could be read.
type schema struct {
	fingerprint.Schema
	trouble string // why it is not known; empty: it is
}

// readSchema reads the schema. Where a definition cannot be read, that is no
// reason to end the drill: the schema is not known then, and the report says so.
func readSchema(ctx context.Context, conn *pgx.Conn) (schema, error) {
	s, err := fingerprint.Read(ctx, conn)
	switch {
	case err != nil && ends(ctx, conn, err):
		return schema{}, err
	case err != nil:
		return schema{trouble: pgerr.Describe(err)}, nil
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
