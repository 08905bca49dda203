package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// errReplace is the cause of a sandbox that was to be replaced by one with more extensions.
var errReplace = errors.New("the first sandbox, without the extensions, could not be removed")

// readExtensions reads which extensions the server has, and which libraries it has loaded.
func readExtensions(ctx context.Context, conn *pgx.Conn, s *Server) error {
	rows, err := conn.Query(ctx, "select name from pg_available_extensions")
	if err != nil {
		return fmt.Errorf("list the image's extensions: %w", err)
	}
	if s.available, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return fmt.Errorf("list the image's extensions: %w", err)
	}
	if err := conn.QueryRow(ctx, "show shared_preload_libraries").Scan(&s.Preloaded); err != nil {
		return fmt.Errorf("ask for shared_preload_libraries: %w", err)
	}
	return nil
}

// checkExtensions checks that the server has what is needed.
func (p *Provisioner) checkExtensions(s *Server, needed []string) error {
	if lacking := without(needed, s.available); len(lacking) > 0 {
		return p.Lacks(s.Image, lacking, s.Major)
	}
	if lacking := extension.Missing(needed, s.Preloaded); len(lacking) > 0 {
		return PreloadMissing(lacking, s.Preloaded)
	}
	return nil
}

// Lacks returns the failure for extensions that an image lacks.
func (p *Provisioner) Lacks(image string, lacking []string, major int) *outcome.Failure {
	f := outcome.Fail(outcome.ExtensionUnavailable, "image %s lacks %s %s", image, words.Noun(len(lacking), "extension", "extensions"), extension.Names(lacking))
	hint := extension.WhereToGet(lacking, major)
	if p.Config.Build.Off {
		hint += ", or set postgres.build to auto"
	}
	return f.WithHint("%s", hint)
}

// tryExtensions checks that each extension can be created, in the empty database if it exists. Otherwise
// it creates one of that name, because some extensions can only be created there, and drops it.
func tryExtensions(ctx context.Context, conn *pgx.Conn, s *Server, needed []string) error {
	if needed = without(needed, []string{"plpgsql"}); len(needed) == 0 {
		return nil
	}
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", s.Database).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %q: %w", s.Database, err)
	}
	if !exists {
		if _, err := conn.Exec(ctx, "create database "+sqltext.Identifier(s.Database)+" template template0"); err != nil {
			return fmt.Errorf("create an empty database: %w", err)
		}
	}
	err := createAndUndo(ctx, s, needed)
	if !exists {
		err = errors.Join(err, dropDatabase(ctx, conn, s))
	}
	return err
}

// createAndUndo creates extensions in one transaction, which it rolls back.
func createAndUndo(ctx context.Context, s *Server, needed []string) error {
	try, err := Connect(ctx, s, s.Database, s.User, s.Password)
	if err != nil {
		return err
	}
	defer Close(ctx, try)
	if _, err := try.Exec(ctx, "begin"); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	for _, name := range needed {
		if _, err := try.Exec(ctx, "create extension if not exists "+sqltext.Identifier(name)+" cascade"); err != nil {
			return s.notCreated(name, err)
		}
	}
	if _, err := try.Exec(ctx, "rollback"); err != nil { // before the restore begins
		return fmt.Errorf("undo the extensions: %w", err)
	}
	return nil
}

// notCreated returns the failure for an extension that cannot be created because of the
// image. It returns nil for any other error of the server: the dump may create first what
// the extension needs, such as a role or a schema.
func (s *Server) notCreated(name string, err error) error {
	said, refused := pgerr.From(err)
	switch {
	case !refused:
		return fmt.Errorf("create extension %s in an empty database: %w", extension.Names([]string{name}), err)
	case strings.Contains(said.Message+said.Hint, "shared_preload_libraries") || strings.Contains(said.Message+said.Hint, "preloaded"):
		f := PreloadMissing([]string{name}, s.Preloaded)
		f.Err = fmt.Errorf("%w: %s", f.Err, said.Error())
		return f
	case said.SQLState == pgerrcode.UndefinedFile || said.SQLState == pgerrcode.FeatureNotSupported:
		f := outcome.Fail(outcome.ExtensionUnavailable, "image %s has extension %s, but cannot create it: %s", s.Image, extension.Names([]string{name}), said.Error())
		f.SQLState = said.SQLState
		return f
	}
	return nil
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

// nounWithNames returns the names after their noun: role a, or roles a, b.
func nounWithNames(noun string, names []string) string {
	return words.Noun(len(names), noun, noun+"s") + " " + strings.Join(names, ", ")
}
