package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
)

func newClean(e edges) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove what dead runs left, and the sandboxes that --keep kept",
		Long:  "Removes containers, volumes and files that carry drillgres's label and belong to no\nliving run. What belongs to a drill that is running is left alone, and listed.",
		Args:  positional(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := optionalConfig(e, path)
			if err != nil {
				return err
			}
			return runClean(cmd.Context(), e, cfg)
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func runClean(ctx context.Context, e edges, cfg *config.Config) error {
	root, err := workRoot(cfg)
	if err != nil {
		return err
	}
	engine, err := docker.Connect(ctx, docker.Options{Root: root})
	if err != nil {
		return err
	}
	defer engine.Close()
	removed, kept, err := sweep(ctx, engine, root, docker.SweepOptions{Kept: true})
	for _, r := range removed {
		_, _ = fmt.Fprintf(e.stdout, "removed %s\n", r)
	}
	for _, k := range kept {
		_, _ = fmt.Fprintf(e.stdout, "left alone %s\n", k)
	}
	if err != nil {
		return outcome.Fail(outcome.SandboxLost, "clean: %w", err).WithHint("remove by hand what docker ps -a --filter label=io.drillgres.run lists")
	}
	if len(removed)+len(kept) == 0 {
		_, _ = fmt.Fprintln(e.stdout, "nothing to remove")
	}
	return nil
}

// sweep removes what dead runs left on the engine and in the work directory.
func sweep(ctx context.Context, engine *docker.Engine, root string, o docker.SweepOptions) (removed, kept []string, err error) {
	removed, kept, engineErr := engine.Sweep(ctx, o)
	files, filesErr := work.Sweep(root)
	return append(removed, files...), kept, errors.Join(engineErr, filesErr)
}

// sweepWithin bounds the sweep before a drill: an engine can hang on a
// leftover that it cannot remove.
const sweepWithin = time.Minute

// sweepBefore is the sweep at the start of a drill: what it cannot remove is a
// warning, no reason not to drill.
func sweepBefore(ctx context.Context, engine *docker.Engine, root string, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	removed, _, err := sweep(ctx, engine, root, docker.SweepOptions{})
	for _, r := range removed {
		log.Info("removed what a dead run left", "what", r)
	}
	if err != nil {
		log.Warn("could not remove all that dead runs left", "err", err)
	}
}
