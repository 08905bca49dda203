package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/work"
)

func newHistoryAdd(e edges) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "add FILE",
		Short: "Record the result of a drill that could not be recorded when it ended",
		Long: "Records the results in the file that run --output or gate --output wrote, such as after exit\n" +
			"code 7. - is stdin. A result that is recorded already is left as it is.",
		Args: positional(cobra.ExactArgs(1)),

		ValidArgsFunction: firstOnly(filesNamed("json")),
		RunE:              func(cmd *cobra.Command, args []string) error { return runHistoryAdd(cmd.Context(), e, path, args[0]) },
	}
	configFlag(cmd, &path)
	return cmd
}

func runHistoryAdd(ctx context.Context, e edges, path, file string) error {
	cfg, err := loadConfig(e, path)
	if err != nil {
		return err
	}
	results, err := readResults(e, cfg, file)
	if err != nil {
		return err
	}
	h, err := wiring.OpenHistory(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	for _, r := range results {
		err := h.Tell(ctx, unrecorded(r))
		if errors.Is(err, record.ErrConflict) {
			return usage("run %s of %s: %w", r.RunID, r.Database, record.ErrConflict).WithHint("run drillgres history")
		}
		if err != nil {
			return err
		}
		text := fmt.Sprintf("recorded: run %s of %s, %s\n", r.RunID, r.Database, r.Verdict)
		if _, err := io.WriteString(e.stdout, report.Clean(text)); err != nil {
			return err
		}
	}
	return nil
}

// unrecorded returns a result as it was before it could not be recorded or sent.
func unrecorded(r outcome.Result) outcome.Result {
	r.TellErrors = nil
	if r.ExitCode == outcome.ExitNotRecorded {
		r.ExitCode = outcome.ExitPassed
	}
	return r
}

// maxResult bounds the size of a file with results, in bytes.
const maxResult = 256 << 20

// readResults reads the results of drills from a file that --output wrote. All of them
// must be of databases of the config.
func readResults(e edges, cfg *config.Config, file string) ([]outcome.Result, error) {
	document, err := readInput(e, file)
	if err != nil {
		return nil, usage("%w", err)
	}
	var doc struct {
		SchemaVersion int              `json:"schema_version"`
		Results       []outcome.Result `json:"results"`
		RunID         string           `json:"run_id"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, usage("%s is not a result of drillgres: %w", file, err)
	}
	if doc.RunID != "" {
		r, err := record.Decode(record.ID{RunID: doc.RunID}, document)
		if err != nil {
			return nil, usage("%w", err)
		}
		doc.Results = []outcome.Result{r}
	}
	if len(doc.Results) == 0 {
		return nil, usage("%s contains no result of a drill", file).WithHint("name a file that drillgres run --output or gate --output wrote")
	}
	for _, r := range doc.Results {
		if err := checkRecordable(cfg, r); err != nil {
			return nil, err
		}
	}
	return doc.Results, nil
}

func readInput(e edges, file string) ([]byte, error) {
	if file == standardOutput {
		return io.ReadAll(io.LimitReader(e.stdin, maxResult))
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxResult))
}

// checkRecordable returns an error for what a drill would not have recorded.
func checkRecordable(cfg *config.Config, r outcome.Result) error {
	switch {
	case r.SchemaVersion < 1 || r.SchemaVersion > outcome.SchemaVersion:
		return usage("run %s has a result of version %d; this drillgres knows %d", r.RunID, r.SchemaVersion, outcome.SchemaVersion).
			WithHint("use the drillgres that ran the drill")
	case !work.ValidID(r.RunID) || r.Verdict == "" || r.StartedAt.IsZero():
		return usage("the file contains a result without run id, verdict or start").WithHint("name a file that drillgres run --output or gate --output wrote")
	case r.Kind == outcome.KindCheck:
		return usage("run %s is a check, which is not recorded", r.RunID).WithHint("name the result of a drill")
	}
	_, err := selectDatabases(cfg, []string{r.Database})
	return err
}
