package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

const defaultConfig = "drillgres.yaml"

// configFlag adds --config to a command.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "read the config from `FILE`")
	completeFlag(cmd, "config", filesNamed("yaml", "yml"))
}

// formatFlag adds --format to a command.
func formatFlag(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", "text", "output format: text or json")
	completeFlag(cmd, "format", oneOfValues("text", "json"))
}

func checkFormat(format string) error { return oneOf("--format", format, "text", "json") }

func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return usage("%s: %q is not one of %s", flag, value, strings.Join(allowed, ", "))
}

// loadConfig reads the config. All of its problems are one Failure.
func loadConfig(e edges, path string) (*config.Config, error) {
	cfg, err := wiring.ConfigReader(e.getenv).Load(path)
	if err == nil {
		e.step.mask(cfg.Secrets())
		return cfg, nil
	}
	var problems config.Errors
	if errors.As(err, &problems) {
		return nil, outcome.Fail(outcome.ConfigInvalid, "%s in %s:\n%w", words.Count(len(problems), "problem"), path, problems).
			WithHint("correct the config, then run drillgres config validate")
	}
	return nil, outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("name the config with --config, or write one with drillgres init")
}

// optionalConfig reads the config. It returns nil if the default config does not exist.
func optionalConfig(e edges, path string) (*config.Config, error) {
	if _, err := os.Stat(path); path == defaultConfig && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return loadConfig(e, path)
}

// connectEngine connects to the container engine for a command that does not drill. It also
// returns the work root of the config, or the default of the user.
func connectEngine(ctx context.Context, e edges, cfg *config.Config) (engine *docker.Engine, root string, err error) {
	if root, err = wiring.WorkRoot(cfg); err != nil {
		return nil, "", err
	}
	engine, err = wiring.Connect(ctx, root, wiring.Options{Getenv: e.getenv})
	return engine, root, err
}

// loadDatabases reads the config, and returns it with the databases of these names.
func loadDatabases(e edges, path string, names []string) (*config.Config, []*config.Database, error) {
	cfg, err := loadConfig(e, path)
	if err != nil {
		return nil, nil, err
	}
	dbs, err := selectDatabases(cfg, names)
	return cfg, dbs, err
}

// selectDatabases returns the databases of these names, or all databases, sorted by
// name, if names is empty.
func selectDatabases(cfg *config.Config, names []string) ([]*config.Database, error) {
	if len(names) == 0 {
		names = cfg.Names()
	}
	var dbs []*config.Database
	for _, name := range names {
		db, ok := cfg.Databases[name]
		if !ok {
			return nil, outcome.Fail(outcome.ConfigInvalid, "no database %q in %s", name, cfg.File).
				WithHint("choose from: %s", strings.Join(cfg.Names(), ", "))
		}
		if slices.Contains(dbs, db) {
			return nil, usage("duplicate database %q", name)
		}
		dbs = append(dbs, db)
	}
	return dbs, nil
}
