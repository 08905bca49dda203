package migrate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// way is a way up or down: SQL files, or a command in an image.
type way struct {
	files   []string // in the order in which they run; nil: there is a command
	image   string
	command []string // nil: the image's own
	err     error    // why the files cannot be told
}

// Files are the files of a pattern in name order; none is an error.
func Files(pattern string) ([]string, error) {
	files, err := filepath.Glob(pattern)
	if err == nil && len(files) == 0 {
		err = errors.New("no file matches")
	}
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "migrations %s: %w", pattern, err).
			WithHint("correct migrate.sql, which is relative to the config, or --migrations, which is relative to the working directory")
	}
	slices.Sort(files)
	return files, nil
}

func (r *run) wayUp() way {
	if r.Config.SQL == "" {
		return way{image: string(r.Config.Image), command: r.Config.Command}
	}
	files, err := Files(r.Config.SQL)
	return way{files: files, err: err}
}

func (r *run) wayDown() (way, bool) {
	down := r.Config.Down
	switch {
	case down == nil:
		return way{}, false
	case down.SQL == "":
		return way{image: string(r.Config.Image), command: down.Command}, true
	}
	files, err := Files(down.SQL)
	slices.Reverse(files)
	return way{files: files, err: err}, true
}

// exitError is a tool that ended by itself and did not succeed.
type exitError struct {
	exit  int
	where string // the file that it ended in; empty: there are none
	last  string // the last lines that it said, without secrets
}

func (e *exitError) Error() string {
	if e.where == "" {
		return fmt.Sprintf("ended with exit code %d", e.exit)
	}
	return fmt.Sprintf("ended with exit code %d in %s", e.exit, e.where)
}

// goes goes a way, to its end, and tells v as what and with which image.
func (r *run) goes(ctx context.Context, w way, v *went) error {
	if w.err != nil {
		return w.err
	}
	access, err := appcheck.LogIn(ctx, r.server, r.Config.Role, r.Redactor)
	if err != nil {
		return err
	}
	v.role = access.Role
	if w.files != nil {
		return r.goesBySQL(ctx, w, access)
	}
	return r.goesByCommand(ctx, w, access, v)
}

// goesByCommand runs the candidate's own tool, with the services that the
// application needs beside it.
func (r *run) goesByCommand(ctx context.Context, w way, access appcheck.Access, v *went) error {
	tool := r.tool()
	findings, err := tool.WithServices(ctx, r.server, access, func() error {
		return r.goesIn(ctx, tool, v, sandbox.Container{
			Name: "migration", Image: w.image, Command: w.command, Env: access.Env(tool.Config.Env),
		})
	})
	r.report.Findings = append(r.report.Findings, findings...)
	return err
}

// goesIn runs a container until it ends.
func (r *run) goesIn(ctx context.Context, tool appcheck.Checker, v *went, c sandbox.Container) (err error) {
	p, err := r.server.Start(ctx, c)
	if err != nil {
		return notStarted(err)
	}
	v.digest = p.Digest()
	defer func() {
		if failed := p.Remove(context.WithoutCancel(ctx)); err == nil {
			err = failed
		}
	}()
	select {
	case <-p.Done():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	exit, outOfMemory := p.Ended()
	switch {
	case outOfMemory:
		return outcome.Fail(outcome.SandboxOutOfMemory, "the migration was killed by the kernel for memory").
			WithHint("give the container engine more memory, or let the migration use less")
	case exit != 0:
		return &exitError{exit: exit, last: strings.Join(tool.LastLines(ctx, p), "\n")}
	}
	return nil
}

// notStarted is a tool whose container did not start: the release's own fault.
func notStarted(err error) error {
	var f *outcome.Failure
	if errors.As(err, &f) && f.Code == outcome.AppStartFailed {
		return outcome.Fail(outcome.MigrationFailed, "%w", f).WithHint("correct migrate.image and migrate.command")
	}
	return err
}

// tool is the migration as something that is run like an application.
func (r *run) tool() appcheck.Checker {
	app := &config.App{Env: map[string]config.Value{}}
	if r.App != nil {
		maps.Copy(app.Env, r.App.Env)
		app.Services = r.App.Services
	}
	maps.Copy(app.Env, r.Config.Env)
	return appcheck.Checker{Config: app, Redactor: r.Redactor}
}

// goesBySQL lets the sandbox's own psql run one file after the other.
func (r *run) goesBySQL(ctx context.Context, w way, access appcheck.Access) error {
	for _, file := range w.files {
		if err := r.runFile(ctx, file, access); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) runFile(ctx context.Context, file string, access appcheck.Access) error {
	sql, err := os.Open(file)
	if err != nil {
		return outcome.Fail(outcome.ConfigInvalid, "read migration: %w", err)
	}
	defer sql.Close()
	stderr := &tail{}
	exit, err := r.server.Exec(ctx, sandbox.Command{
		// With VERBOSITY=sqlstate no row is in what psql says; what was wrong
		// is in the server's log.
		Args: []string{
			"psql", "--no-psqlrc", "--quiet", "--no-password",
			"--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--file=-",
		},
		Env: psqlEnv(access), Stdin: sql, Stderr: stderr,
	})
	if err == nil && exit != 0 {
		err = &exitError{exit: exit, where: filepath.Base(file), last: r.Redactor.Text(stderr.lastLines())}
	}
	return err
}

// psqlEnv is the environment of the application, and makes psql speak English.
func psqlEnv(access appcheck.Access) []string {
	env := []string{"LC_ALL=C", "LANGUAGE=C", "PGOPTIONS=", "PGCLIENTENCODING=UTF8"}
	for name, value := range access.Env(nil) {
		env = append(env, name+"="+value)
	}
	return env
}
