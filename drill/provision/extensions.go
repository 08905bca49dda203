package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// preloads maps extensions to the library that the server must load at its start.
// Without it, CREATE EXTENSION or the first use fails. Source: the errors in their
// source code.
var preloads = map[string]string{
	"citus":          "citus",
	"pg_cron":        "pg_cron",
	"pg_net":         "pg_net",
	"pg_stat_kcache": "pg_stat_kcache",
	"pg_tle":         "pg_tle",
	"pgaudit":        "pgaudit",
	"pglogical":      "pglogical",
	"timescaledb":    "timescaledb",
	"vchord":         "vchord",
	"vectors":        "vectors",
}

// checkExtensions checks that the image has the extensions that the dump and the
// config need.
func (p *Provisioner) checkExtensions(ctx context.Context, conn *pgx.Conn, s *Server, needs inspect.Needs) error {
	needed := slices.Clone(p.Config.Extensions)
	for _, e := range needs.Extensions {
		needed = append(needed, e.Name)
	}
	slices.Sort(needed)
	needed = slices.Compact(needed)

	rows, err := conn.Query(ctx, "select name from pg_available_extensions")
	if err != nil {
		return fmt.Errorf("list the image's extensions: %w", err)
	}
	available, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list the image's extensions: %w", err)
	}
	if lacking := without(needed, available); len(lacking) > 0 {
		return outcome.Fail(outcome.ExtensionUnavailable, "image %s lacks %s", s.Image, nounWithNames("extension", lacking)).
			WithHint("%s", whereToGet(lacking, s.Major))
	}
	return checkPreloads(ctx, conn, s, needed)
}

func checkPreloads(ctx context.Context, conn *pgx.Conn, s *Server, needed []string) error {
	if err := conn.QueryRow(ctx, "show shared_preload_libraries").Scan(&s.Preloaded); err != nil {
		return fmt.Errorf("ask for shared_preload_libraries: %w", err)
	}
	if lacking := missingPreloads(needed, s.Preloaded); len(lacking) > 0 {
		return PreloadMissing(lacking, s.Preloaded)
	}
	return nil
}

func missingPreloads(needed []string, loaded string) []string {
	var lacking []string
	for _, name := range needed {
		if library := preloads[name]; library != "" && !listsLibrary(loaded, library) {
			lacking = append(lacking, library)
		}
	}
	return lacking
}

// PreloadMissing returns the failure for libraries that the server has not loaded.
// Its hint is the setting with the loaded and the missing libraries.
func PreloadMissing(lacking []string, loaded string) *outcome.Failure {
	all := lacking
	if loaded != "" {
		all = append([]string{loaded}, lacking...)
	}
	return outcome.Fail(outcome.PreloadMissing, "%s must be in shared_preload_libraries, which is %q",
		strings.Join(lacking, ", "), loaded).
		WithHint("set postgres.settings to {shared_preload_libraries: %q}", strings.Join(all, ","))
}

// without returns the elements of a that are not in b, without duplicates.
func without(a, b []string) []string {
	var remaining []string
	for _, v := range a {
		if !slices.Contains(b, v) && !slices.Contains(remaining, v) {
			remaining = append(remaining, v)
		}
	}
	return remaining
}

// nounWithNames returns the names after their noun: extension a, or extensions a, b.
func nounWithNames(noun string, names []string) string {
	return words.Noun(len(names), noun, noun+"s") + " " + strings.Join(names, ", ")
}
