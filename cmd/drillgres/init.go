package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/propose"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

type initOptions struct {
	backupFlags
	from   string // empty: not named
	output string
	major  int
	image  string
	head   bool
}

func newInit(e edges) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init [FROM]",
		Short: "Look at the backups and write a config that drills them",
		Long: "Lists a directory, a bucket such as s3://bucket/prefix or another source, recognises the backup tool,\n" +
			"reads the newest backup of each database, and writes a config with comments: the major version,\n" +
			"the largest tables with 80% of their rows, the columns that show how recent the rows are, and\n" +
			"how old a backup may be. The first drill with it passes if the backup restores.\n\n" +
			"It never replaces a file. On a terminal it asks what it cannot know, at most five questions.\n\n" + exitCodesHelp,
		Example:           "  drillgres init ./backups\n  drillgres init s3://acme-backups/prod/ --key age.key",
		Args:              positional(cobra.MaximumNArgs(1)),
		ValidArgsFunction: filesNamed(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.from = args[0]
			}
			return runInit(cmd.Context(), e, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", defaultConfig, "write the config to `FILE`; -: print it to stdout")
	f.IntVar(&o.major, "postgres", 0, "production's `MAJOR` version; without it, the one that the dump states")
	f.StringVar(&o.image, "image", "", "`IMAGE` of Postgres (default postgres:MAJOR)")
	f.BoolVar(&o.head, "head", false, "read only the beginning of each backup; the config of a larger one then has no tables")
	o.flags(cmd)
	completeFlag(cmd, "output", filesNamed("yaml", "yml"))
	return cmd
}

func runInit(ctx context.Context, e edges, o initOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	ask := newAsker(e)
	if o.from == "" {
		o.from = ask.text("Where are the backups: a directory, or a URL such as s3://bucket/prefix?", ".")
	}
	e.step.mask(redact.InURL(o.from))
	survey := survey{edges: e, initOptions: o, ask: ask}
	proposed, err := survey.propose(ctx)
	if err != nil {
		return withoutConfig(err)
	}
	text := proposed.Text()
	if _, err := wiring.ConfigReader(anyVariable).Parse(o.output, []byte(text)); err != nil {
		return fmt.Errorf("the proposed config is invalid: %w", err)
	}
	if err := writeNew(o.output, text, e.stdout); err != nil {
		return err
	}
	return survey.printNext(proposed)
}

// validate refuses to replace a file before anything is read.
func (o initOptions) validate() error {
	if o.from == standardInput {
		return usage("standard input cannot be drilled again").WithHint("name a file, a directory or a URL; drillgres run - drills standard input once")
	}
	if err := checkMajor(o.major); err != nil {
		return err
	}
	if o.output == standardOutput {
		return nil
	}
	if _, err := os.Lstat(o.output); err == nil {
		return exists(o.output)
	}
	return nil
}

func exists(path string) error {
	return usage("%s exists, and is never replaced", path).WithHint("write to another file with --output FILE, or print the config with --output -")
}

// anyVariable gives each environment variable a value: the references of a proposed config
// need none yet.
func anyVariable(string) (string, bool) { return "https://host/file", true }

// writeNew writes a file that must not exist, or stdout.
func writeNew(path, text string, stdout io.Writer) error {
	if path == standardOutput {
		_, err := io.WriteString(stdout, text)
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it has no secrets
	if errors.Is(err, fs.ErrExist) {
		return exists(path)
	}
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return outcome.Fail(outcome.ConfigInvalid, "write the config: %w", err).WithHint("set --output to a file that can be written")
	}
	return nil
}

// printNext says what was written, and what to do with it. With the config on stdout, that
// is on stderr.
func (s survey) printNext(c propose.Config) error {
	out := s.stdout
	what := "wrote " + s.output
	if s.output == standardOutput {
		out, what = s.stderr, "printed a config"
	}
	var names []string
	for _, db := range c.Databases {
		names = append(names, db.Name)
	}
	const most = 5
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s)\n", what, words.Count(len(names), "database"), words.List(names, most))
	for _, l := range c.LeftOut {
		fmt.Fprintf(&b, "left out: %s: %s\n", l.Name, l.Why)
	}
	text := c.Text()
	if strings.Contains(text, "${"+propose.PassphraseVariable+"}") {
		fmt.Fprintf(&b, "first: export %s=\"$(cat %s)\"\n", propose.PassphraseVariable, words.Shell(s.passphraseFile))
	}
	if strings.Contains(text, "${"+urlVariable+"}") {
		fmt.Fprintf(&b, "first: export %s='…' (the URL with its secret)\n", urlVariable)
	}
	next := "drillgres run"
	if s.output != defaultConfig && s.output != standardOutput {
		next += " --config " + words.Shell(s.output)
	}
	fmt.Fprintf(&b, "next: %s\n", next)
	_, err := io.WriteString(out, report.Clean(b.String()))
	return err
}
