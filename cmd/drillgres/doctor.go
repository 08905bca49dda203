package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/doctor"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

func newDoctor(e edges) *cobra.Command {
	var path, format string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine can drill: container engine, disks, clocks, sources, keys, images",
		Long: "Checks everything that a drill needs, without drilling, and says what to do about it: the container\n" +
			"engine, the work directory, the history and the clocks; and for each database of the config the\n" +
			"newest backup, whether a key opens it, the images, the extensions, and whether memory and disks\n" +
			"suffice for that backup. Without a config, it checks the machine. ok: fine; note: good to know, a\n" +
			"drill is possible; WRONG: a drill would fail. The exit code is that of the first WRONG.\n\n" + exitCodesHelp,
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			load := optionalConfig
			if cmd.Flags().Changed("config") {
				load = loadConfig
			}
			cfg, err := load(e, path)
			if err != nil {
				return err
			}
			return runDoctor(cmd.Context(), e, cfg, format)
		},
	}
	configFlag(cmd, &path)
	formatFlag(cmd, &format)
	return cmd
}

func runDoctor(ctx context.Context, e edges, cfg *config.Config, format string) error {
	o := doctor.Options{Config: cfg, Options: wiring.Options{Getenv: e.getenv, Now: e.now, Version: programVersion()}}
	var groups []doctor.Group
	for g := range doctor.Examine(ctx, o) {
		groups = append(groups, g)
		if format == "text" {
			if err := printGroup(e.stdout, g); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	exit := doctor.FirstExit(groups)
	if err := printDoctor(e.stdout, format, exit, groups); err != nil || exit == outcome.ExitPassed {
		return err
	}
	return exited(exit)
}

// printGroup prints the findings about the machine or about a database, each with its hint
// below it.
func printGroup(out io.Writer, g doctor.Group) error {
	name := "machine"
	if g.Database != "" {
		name = "database " + g.Database
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range g.Answers {
		saw, mark := f.Saw, string(f.Status)
		if f.Status == doctor.Wrong {
			saw, mark = string(f.Code)+": "+saw, "WRONG"
		}
		_, _ = fmt.Fprintf(tw, "  %s\t%s\t%s\n", mark, f.What, strings.ReplaceAll(strings.TrimSpace(report.Clean(saw)), "\n", "\n  \t\t"))
		if f.Hint != "" {
			_, _ = fmt.Fprintf(tw, "  \t\thint: %s\n", report.Clean(f.Hint))
		}
	}
	_ = tw.Flush() // to memory
	_, err := fmt.Fprintf(out, "%s\n%s\n", name, b.String())
	return err
}

// doctorDocument is the JSON document of doctor.
type doctorDocument struct {
	SchemaVersion int            `json:"schema_version"`
	ExitCode      int            `json:"exit_code"`
	Groups        []doctor.Group `json:"groups"` // the machine, then each database
}

// printDoctor prints the conclusion, or the whole document.
func printDoctor(out io.Writer, format string, exit int, groups []doctor.Group) error {
	if format == "json" {
		return report.Document(out, doctorDocument{outcome.SchemaVersion, exit, groups})
	}
	wrong := 0
	for _, g := range groups {
		for _, f := range g.Answers {
			if f.Status == doctor.Wrong {
				wrong++
			}
		}
	}
	text := "this machine can drill"
	if wrong > 0 {
		text = words.CountOf(wrong, "thing is", "things are") + " WRONG; drillgres explain CODE says more about a code"
	}
	_, err := fmt.Fprintln(out, text)
	return err
}
