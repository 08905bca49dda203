// Package fingerprint computes fingerprints of a database's schema. Two
// restores of one dump have the same fingerprints on servers of one major.
package fingerprint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
)

// version is the version of the fingerprint's content. Raise it with every
// change to the queries of this package: the fingerprints of two versions differ
// even if the schemas do not.
const version = "v1"

// Comparable reports whether a fingerprint was made by this version.
func Comparable(fingerprint string) bool { return strings.HasPrefix(fingerprint, version+":") }

// Schema holds the fingerprints of everything in a database except its rows.
type Schema struct {
	Whole  outcome.Schema
	Tables map[string]string // by quoted name, without the tables of extensions
}

// Read returns the fingerprints of the database's schema. The connection's
// search_path must be empty.
func Read(ctx context.Context, conn *pgx.Conn) (Schema, error) {
	tables, parts := groups{}, groups{}
	err := eachDefinition(ctx, conn, func(d Definition, _ string) {
		parts.add(d.Part, d.Digest)
		if d.table {
			tables.add(d.Relation, d.Digest)
		}
	})
	if err != nil {
		return Schema{}, fmt.Errorf("read the schema: %w", err)
	}
	s := Schema{Tables: tables.fingerprints(), Whole: outcome.Schema{Parts: parts.fingerprints()}}
	s.Whole.Fingerprint = overall(s.Whole.Parts)
	return s, nil
}

// Definition is one definition in a schema, such as a column or a function.
type Definition struct {
	Relation string // quoted schema.table that contains it; empty: not part of a relation
	Part     string // the kind of object, as in a schema's fingerprint: columns, indexes, functions …
	Name     string // within Relation, or the full name; empty: Relation itself
	Digest   [sha256.Size]byte

	table bool // Relation is a table and does not belong to an extension
}

// Definitions returns the definitions of a database. The digest of a column
// does not depend on its position, because dropping a column moves those after
// it. The connection's search_path must be empty.
func Definitions(ctx context.Context, conn *pgx.Conn) ([]Definition, error) {
	var all []Definition
	err := eachDefinition(ctx, conn, func(d Definition, definition string) {
		if d.Part == "columns" {
			_, definition, _ = strings.Cut(definition, ",") // the position comes first
			definition = strings.ReplaceAll(definition, conn.Config().User, ownRole)
			d.Digest = digest(d.Relation, d.Part, d.Name, definition)
		}
		all = append(all, d)
	})
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return all, nil
}

// ownRole replaces the name of the session's role, the sandbox's superuser, which
// differs between drills. It owns and grants what has no owner in the dump.
const ownRole = "drillgres"

func eachDefinition(ctx context.Context, conn *pgx.Conn, yield func(d Definition, definition string)) error {
	// Compiling a query with so many branches takes longer than running it.
	if _, err := conn.Exec(ctx, "set jit = off"); err != nil {
		return err
	}
	var d Definition
	var definition string
	for _, sql := range []string{relationDefinitionsSQL, objectDefinitionsSQL} {
		rows, err := conn.Query(ctx, sql, pgx.QueryExecModeExec)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, []any{&d.Relation, &d.table, &d.Part, &d.Name, &definition}, func() error {
			definition = strings.ReplaceAll(definition, conn.Config().User, ownRole)
			d.Digest = digest(d.Relation, d.Part, d.Name, definition)
			yield(d, definition)
			return nil
		})
		if err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, "reset jit")
	return err
}

// groups holds digests of definitions by table or by kind of object, in any
// order.
type groups map[string][][sha256.Size]byte

func (g groups) add(key string, d [sha256.Size]byte) { g[key] = append(g[key], d) }

func (g groups) fingerprints() map[string]string {
	all := make(map[string]string, len(g))
	for key, digests := range g {
		all[key] = fingerprint(digests)
	}
	return all
}

// overall returns the fingerprint of all parts together.
func overall(parts map[string]string) string {
	var digests [][sha256.Size]byte
	for part, f := range parts {
		digests = append(digests, digest(part, f))
	}
	return fingerprint(digests)
}

// digest returns the digest of the fields. A zero byte separates them, because
// Postgres allows none in a text.
func digest(fields ...string) (d [sha256.Size]byte) {
	h := sha256.New()
	for _, f := range fields {
		h.Write(append([]byte(f), 0))
	}
	h.Sum(d[:0])
	return d
}

func fingerprint(digests [][sha256.Size]byte) string {
	slices.SortFunc(digests, func(a, b [sha256.Size]byte) int { return slices.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, d := range digests {
		h.Write(d[:])
	}
	const length = 16 // bytes: enough to make a collision by accident impossible in practice
	return version + ":" + hex.EncodeToString(h.Sum(nil)[:length])
}
