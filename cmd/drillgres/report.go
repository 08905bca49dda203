package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/page"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
)

type reportOptions struct {
	config   string
	run      string
	database string
	format   string
	html     string
	badges   string
	controls bool
	days     int
	quiet    bool // a file was asked for, and no format
}

func (o reportOptions) validate() error {
	if o.days < 1 || o.days > maxReportDays {
		return usage("--days: %d is not between 1 and %d", o.days, maxReportDays)
	}
	if o.badges != "" && o.run != "" {
		return usage("--badges: a badge is about a database, not about one run").WithHint("omit the run id")
	}
	if o.database != "" && o.run == "" {
		return usage("--database selects the drill of a run, but no run is named").WithHint("run drillgres report RUN --database %s", o.database)
	}
	return oneOf("--format", o.format, reportFormats...)
}

// maxReportDays is ten years.
const maxReportDays = 3660

var reportFormats = []string{"text", "markdown", "json"}

func newReport(e edges) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Show the state of all databases, or one drill, also as one HTML file",
		Long: "Shows for each database whether its backups are known to restore, the worst first: the age of\n" +
			"the last verified backup and the last recovery time, each compared with what the config allows\n" +
			"(backup.max_age and budget), the last thirty drills, and when the next one is due. --html adds\n" +
			"the trends and the last drill of each database, whole.\n\n" +
			"RUN is the id of a drill, or the beginning of that id: the report is then about that drill.\n\n" +
			"The HTML file needs no script and loads nothing. Its size is at most 300 kB for all databases;\n" +
			"it says what is omitted. With --html or --badges, stdout is empty unless --format is set.",
		Example: "  drillgres report\n  drillgres report --html report.html --days 90\n  drillgres report 20261123-0200 --html drill.html",
		Args:    positional(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if o.run = args[0]; o.run == "" {
					return usage("report: the run id is empty")
				}
			}
			if o.controls {
				return reportControls(cmd, e, o)
			}
			o.quiet = (o.html != "" || o.badges != "") && !cmd.Flags().Changed("format")
			return runReport(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "output format: text, markdown or json")
	f.StringVar(&o.html, "html", "", "write the report as HTML to `FILE`; -: stdout")
	f.StringVar(&o.badges, "badges", "", "write an SVG badge per database to `DIR`, which must exist")
	f.BoolVar(&o.controls, "controls", false, "show the matrix of evidence.controls instead, as drillgres evidence controls does")
	f.IntVar(&o.days, "days", 90, "list the drills of this many `DAYS`")
	f.StringVar(&o.database, "database", "", "`DATABASE` of the run, if several databases share its id")
	completeFlag(cmd, "format", oneOfValues(reportFormats...))
	completeFlag(cmd, "html", filesNamed("html"))
	completeFlag(cmd, "database", databaseNames)
	return cmd
}

// reportControls is evidence controls, whose days are more unless they are given.
func reportControls(cmd *cobra.Command, e edges, o reportOptions) error {
	if o.run != "" || o.html != "" || o.badges != "" {
		return usage("--controls shows a matrix of all drills").WithHint("omit RUN, --html and --badges")
	}
	c := evidenceControlsOptions{config: o.config, format: o.format, days: controlsDays}
	if cmd.Flags().Changed("days") {
		c.days = o.days
	}
	return runEvidenceControls(cmd.Context(), e, c)
}

func runReport(ctx context.Context, e edges, o reportOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, h, err := openHistory(ctx, e, o.config)
	if err != nil {
		return err
	}
	defer h.Close()
	f, err := fleet.Read(ctx, h, fleet.TargetsIn(cfg), o.days, e.now())
	if err != nil {
		return err
	}
	if o.run != "" {
		return reportRun(ctx, e, h, f, o)
	}
	if o.html != "" || o.format == "json" {
		if err := f.LoadTrends(ctx, h); err != nil {
			return err
		}
	}
	if o.html != "" {
		if err := writeHTML(e, o.html, func(w io.Writer) error { return writeDashboard(ctx, w, h, f) }); err != nil {
			return err
		}
	}
	if o.badges != "" {
		if err := writeBadges(o.badges, f); err != nil {
			return err
		}
	}
	return printFleet(e, f, o)
}

func printFleet(e edges, f fleet.Fleet, o reportOptions) error {
	switch {
	case o.quiet || o.html == standardOutput:
		return nil
	case o.format == "json":
		return report.Document(e.stdout, f)
	case o.format == "markdown":
		return report.WallMarkdown(e.stdout, f)
	default:
		return report.Wall(e.stdout, f, textOptions(e))
	}
}

func writeDashboard(ctx context.Context, w io.Writer, h *record.History, f fleet.Fleet) error {
	results, err := h.Results(ctx, page.Wanted(append(f.Databases, f.Former...)...))
	if err != nil {
		return err
	}
	return page.File(w, f, page.DetailsOf(results))
}

func writeDrill(ctx context.Context, w io.Writer, h *record.History, f fleet.Fleet, r outcome.Result) error {
	results := []outcome.Result{r}
	earlier, err := h.Results(ctx, page.WantedBefore(f, results))
	if err != nil {
		return err
	}
	return page.DrillPage(w, f, results, page.DetailsOf(earlier), false)
}

// writeHTML writes a page to a file or to stdout.
func writeHTML(e edges, path string, write func(io.Writer) error) error {
	if path == standardOutput {
		return write(e.stdout)
	}
	return writeFile("--html", path, write)
}

// reportRun reports one drill.
func reportRun(ctx context.Context, e edges, h *record.History, f fleet.Fleet, o reportOptions) error {
	r, err := findRun(ctx, h, o.run, o.database)
	if err != nil {
		return err
	}
	if o.html != "" {
		if err := writeHTML(e, o.html, func(w io.Writer) error { return writeDrill(ctx, w, h, f, r) }); err != nil {
			return err
		}
	}
	switch {
	case o.quiet || o.html == standardOutput:
		return nil
	case o.format == "json":
		return report.JSON(e.stdout, []outcome.Result{r})
	case o.format == "markdown":
		return report.Markdown(e.stdout, []outcome.Result{r}, 0)
	default:
		return report.Text(e.stdout, r, textOptions(e))
	}
}

// findRun returns the only drill whose run id is run, or begins with it.
func findRun(ctx context.Context, h *record.History, run, database string) (outcome.Result, error) {
	found, err := h.List(ctx, record.Filter{Run: run, Database: database, Limit: maxMatches})
	if err != nil {
		return outcome.Result{}, err
	}
	found = exactly(run, found)
	switch {
	case len(found) == 0:
		return outcome.Result{}, usage("no recorded run begins with %q", run).WithHint("run drillgres history, which lists them")
	case len(found) > 1:
		return outcome.Result{}, usage("%q matches several drills: %s", run, formatRuns(found)).WithHint("enter the whole run id, and the database with --database")
	}
	return found[0], nil
}

// maxMatches is how many drills are read of those that a beginning of a run id matches.
const maxMatches = 100

// writeBadges writes a badge per database of the config. Others may read it, such as a web
// server.
func writeBadges(dir string, f fleet.Fleet) error {
	for _, d := range f.Databases {
		var badge bytes.Buffer
		err := page.Badge(&badge, d, f.At, false)
		if err == nil {
			err = maybe.WriteFile(filepath.Join(dir, page.BadgeName(d.Name)), badge.Bytes(), 0o644)
		}
		if err != nil {
			return outcome.Fail(outcome.ConfigInvalid, "write the badges: %w", err).WithHint("set --badges to a directory that exists and can be written")
		}
	}
	return nil
}
