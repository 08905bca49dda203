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
	"github.com/drillgres/drillgres/drill/words"
)

// script migrates up or down: SQL files, or a command in an image.
type script struct {
	files   []string // in the order in which they run; nil: a command runs
	image   string
	command []string // nil: the default of the image
	err     error    // why the files cannot be listed
}

// Files returns the files that match a pattern, in name order. It returns
// config_invalid if there are none.
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

func (r *run) upScript() script {
	if r.Config.SQL == "" {
		return script{image: string(r.Config.Image), command: r.Config.Command}
	}
	files, err := Files(r.Config.SQL)
	return script{files: files, err: err}
}

// downScript returns the script of the rollback. It returns false if none is
// configured.
func (r *run) downScript() (script, bool) {
	down := r.Config.Down
	switch {
	case down == nil:
		return script{}, false
	case down.SQL == "":
		return script{image: string(r.Config.Image), command: down.Command}, true
	}
	files, err := Files(down.SQL)
	slices.Reverse(files)
	return script{files: files, err: err}, true
}

// exitError reports a tool that ended with an exit code other than 0.
type exitError struct {
	exit  int
	where string // the SQL file; empty: a command ran
	last  string // the last lines of its output, without secrets
}

func (e *exitError) Error() string {
	if e.where == "" {
		return fmt.Sprintf("ended with exit code %d", e.exit)
	}
	return fmt.Sprintf("ended with exit code %d in %s", e.exit, e.where)
}

// runScript runs a script to its end. It sets the role and the digest of a.
func (r *run) runScript(ctx context.Context, s script, a *attempt) error {
	if s.err != nil {
		return s.err
	}
	access, err := appcheck.LogIn(ctx, r.server, r.Config.Role, r.Redactor)
	if err != nil {
		return err
	}
	a.role = access.Role
	if s.files != nil {
		return r.runFiles(ctx, s, access)
	}
	return r.runCommand(ctx, s, access, a)
}

// runCommand runs a command in its image, together with the services of the
// application.
func (r *run) runCommand(ctx context.Context, s script, access appcheck.Access, a *attempt) error {
	tool := r.tool()
	findings, err := tool.WithServices(ctx, r.server, access, func() error {
		return r.runContainer(ctx, tool, a, sandbox.Container{
			Name: "migration", Image: s.image, Command: s.command, Env: access.Env(tool.Config.Env),
		})
	})
	r.report.Findings = append(r.report.Findings, findings...)
	return err
}

// runContainer runs a container until it ends.
func (r *run) runContainer(ctx context.Context, tool appcheck.Checker, a *attempt, c sandbox.Container) (err error) {
	p, err := r.server.Start(ctx, c)
	if err != nil {
		return startFailure(err)
	}
	a.digest = p.Digest()
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
			WithHint("raise app.memory, or make the migration use less")
	case exit != 0:
		return &exitError{exit: exit, last: strings.Join(tool.LastLines(ctx, p), "\n")}
	}
	return nil
}

// startFailure returns the failure of a container that did not start. If the
// command is at fault, it is migration_failed.
func startFailure(err error) error {
	var f *outcome.Failure
	if errors.As(err, &f) && f.Code == outcome.AppStartFailed {
		return outcome.Fail(outcome.MigrationFailed, "%w", f).WithHint("correct migrate.image and migrate.command")
	}
	return err
}

// tool returns the checker that runs the migration like an application.
func (r *run) tool() appcheck.Checker {
	app := &config.App{Env: map[string]config.Value{}}
	if r.App != nil {
		maps.Copy(app.Env, r.App.Env)
		app.Services = r.App.Services
	}
	maps.Copy(app.Env, r.Config.Env)
	return appcheck.Checker{Config: app, Redactor: r.Redactor}
}

// runFiles runs the SQL files one after the other with the sandbox's psql.
func (r *run) runFiles(ctx context.Context, s script, access appcheck.Access) error {
	for _, file := range s.files {
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
	stderr := &words.Tail{Size: tailBytes}
	exit, err := r.server.Exec(ctx, sandbox.Command{
		// With VERBOSITY=sqlstate the output of psql contains no rows. The
		// message of an error is read from the server's log.
		Args: []string{
			"psql", "--no-psqlrc", "--quiet", "--no-password",
			"--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--file=-",
		},
		Env: psqlEnv(access), Stdin: sql, WholeInput: true, Stderr: stderr,
	})
	if err == nil && exit != 0 {
		err = &exitError{exit: exit, where: filepath.Base(file), last: r.Redactor.Text(lastLines(stderr.String()))}
	}
	return err
}

// psqlEnv returns the environment of the application, with English messages.
func psqlEnv(access appcheck.Access) []string {
	env := []string{"LC_ALL=C", "LANGUAGE=C", "PGOPTIONS=", "PGCLIENTENCODING=UTF8"}
	for name, value := range access.Env(nil) {
		env = append(env, name+"="+value)
	}
	return env
}
