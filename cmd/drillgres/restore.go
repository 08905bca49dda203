package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/progress"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/target"
	"github.com/drillgres/drillgres/drill/wiring"
)

type restoreOptions struct {
	config    string
	database  string
	to        string
	backup    string
	withRoles bool
	dryRun    bool
	yes       bool
	loader    string
	jobs      int
	progress  string
	results   resultOptions
}

func (o restoreOptions) validate() error {
	errs := []error{o.results.validate(), checkProgress(o.progress)}
	if o.to == "" {
		errs = append(errs, usage("restore: --to names no server").WithHint("write --to postgres://user@host:5432/database"))
	}
	if o.loader != "" {
		errs = append(errs, oneOf("--loader", o.loader, restore.LoaderAuto, restore.LoaderParallel, restore.LoaderClient))
	}
	if o.jobs < 0 {
		errs = append(errs, usage("--jobs: %d is not a number of sessions", o.jobs))
	}
	return errors.Join(errs...)
}

func newRestore(e edges) *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore DATABASE --to URL",
		Short: "Restore a backup into a real server, as the drills do",
		Long: "Restores the newest backup of a database, or the one that --backup names, into an empty database of\n" +
			"a real server: keys, roles, hooks and the loader are those of the drills. Then it compares the\n" +
			"database with what the backup promises and with the last verified drill. It shows what it will do\n" +
			"and asks for the database's name; --yes answers for scripts, and --dry-run writes nothing.\n\n" +
			"The server must run production's major, and the database must be empty. While the restore runs, and\n" +
			"after one that failed, the comment of the database says so. Nothing is resumed: drop the database,\n" +
			"create it again, and start over. The restore is neither recorded nor sent.\n\n" +
			"The password is read from PGPASSWORD, from the password file of libpq, or from the terminal.\n\n" + exitCodesHelp,
		Example: "  drillgres restore shop --to postgres://admin@db.internal:5432/shop --dry-run\n" +
			"  drillgres restore shop --to postgres://admin@db.internal:5432/shop --with-roles",
		Args:              positional(cobra.ExactArgs(1)),
		ValidArgsFunction: databaseNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.database = args[0]
			return runRestore(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	o.results.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "`URL` of the empty database to restore into: postgres://user@host:5432/database")
	f.StringVar(&o.backup, "backup", "latest", "the backup to restore: latest, a `KEY` at the source, or the path of a local file")
	f.BoolVar(&o.withRoles, "with-roles", false, "also restore the roles of the backup; roles that exist stay as they are")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and write nothing")
	f.BoolVar(&o.yes, "yes", false, "do not ask for the database's name")
	f.StringVar(&o.loader, "loader", "", "instead of restore.loader: auto, parallel or client")
	f.IntVar(&o.jobs, "jobs", 0, "instead of restore.jobs: load with `N` sessions")
	progressFlag(cmd, &o.progress)
	completeFlag(cmd, "backup", cobra.FixedCompletions([]string{"latest"}, cobra.ShellCompDirectiveDefault))
	completeFlag(cmd, "loader", oneOfValues(restore.LoaderAuto, restore.LoaderParallel, restore.LoaderClient))
	return cmd
}

func runRestore(ctx context.Context, e edges, o restoreOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	if !o.yes && !o.dryRun && !isTerminal(e.stdin) {
		return usage("restore: nobody can be asked for the database's name, because stdin is not a terminal").
			WithHint("look at what --dry-run shows, then add --yes")
	}
	cfg, dbs, err := loadDatabases(e, o.config, []string{o.database})
	if err != nil {
		return err
	}
	to, err := target.Parse(o.to)
	if err != nil {
		return err
	}
	if err := askPassword(ctx, e, &to); err != nil {
		return err
	}
	display, e := withProgress(e, o.progress, []string{o.database})
	defer display.Close()
	if u, err := url.Parse(o.to); err == nil {
		if _, given := u.User.Password(); given {
			newLogger(e).Warn("other users of this machine can read the password in --to: use PGPASSWORD or a password file")
		}
	}
	result, err := wiring.Recover(ctx, cfg, dbs[0], wiring.Options{Getenv: e.getenv, Now: e.now, Log: newLogger(e), Version: programVersion()}, wiring.RecoverOptions{
		To: to, Backup: o.backup, WithRoles: o.withRoles, Loader: o.loader, Jobs: o.jobs,
		Observer: func(d drill.Drill) drill.Observer {
			if shown := display.Begin(progress.Drill{RunID: d.RunID, Database: d.Database}); shown != nil {
				return shown
			}
			return nil
		},
		Confirm: func(r drill.Recovery, p target.Plan) (bool, error) { return confirmRestore(ctx, e, o, r, p) },
	})
	if err != nil || result.RunID == "" {
		return err
	}
	display.Close()
	return o.results.conclude(e, cfg, []outcome.Result{result}, nil)
}

// askPassword asks for the password at a terminal, if nothing else has it. It does not wait for an
// answer after a signal.
func askPassword(ctx context.Context, e edges, to *target.Target) error {
	stdin, ok := e.stdin.(*os.File)
	if to.Password != "" || !ok || !term.IsTerminal(int(stdin.Fd())) {
		return nil
	}
	shown, err := term.GetState(int(stdin.Fd()))
	if err != nil {
		return usage("read the password: %w", err).WithHint("set PGPASSWORD, or write a password file")
	}
	_, _ = fmt.Fprintf(e.stderr, "Password of %s (Enter: none): ", report.Clean(to.User))
	type answer struct {
		password []byte
		err      error
	}
	answered := make(chan answer, 1)
	go func() {
		password, err := term.ReadPassword(int(stdin.Fd()))
		answered <- answer{password, err}
	}()
	select {
	case a := <-answered:
		_, _ = fmt.Fprintln(e.stderr)
		if a.err != nil {
			return usage("read the password: %w", a.err).WithHint("set PGPASSWORD, or write a password file")
		}
		to.Password = redact.Secret(a.password)
		return nil
	case <-ctx.Done():
		_ = term.Restore(int(stdin.Fd()), shown) // the terminal shows what is typed again
		_, _ = fmt.Fprintln(e.stderr)
		return outcome.Fail(outcome.Interrupted, "interrupted before anything was written")
	}
}

// confirmRestore shows what a restore will do, and reports whether to do it.
func confirmRestore(ctx context.Context, e edges, o restoreOptions, r drill.Recovery, p target.Plan) (bool, error) {
	if block, live := e.stderr.(*progress.Block); live {
		block.Pause()
		defer block.Resume()
	}
	if o.dryRun {
		if err := report.Plan(e.stdout, r, p, textOptions(e)); err != nil {
			return false, err
		}
		_, err := fmt.Fprintln(e.stdout, "\nnothing was written (--dry-run)")
		return false, err
	}
	if err := report.Plan(e.stderr, r, p, textOptions(e)); err != nil {
		return false, err
	}
	if o.yes {
		return true, nil
	}
	return askName(ctx, e.stdin, e.stderr, p.Target.Database)
}

// askName asks for the name of the database that is written to. It does not wait for an answer
// after a signal.
func askName(ctx context.Context, in io.Reader, out io.Writer, name string) (bool, error) {
	_, _ = fmt.Fprintf(out, "\nType the name of the database to restore into it: ")
	answered := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(in).ReadString('\n') // at the end of the input, what was typed counts
		answered <- strings.TrimRight(answer, "\r\n")
	}()
	select {
	case answer := <-answered:
		if answer == name {
			return true, nil
		}
		return false, usage("nothing was restored: the answer is not the name of the database").WithHint("run the command again, and type %s", name)
	case <-ctx.Done():
		return false, outcome.Fail(outcome.Interrupted, "interrupted before anything was written")
	}
}
