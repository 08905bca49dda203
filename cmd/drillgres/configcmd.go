package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/words"
)

func newConfig(e edges) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Validate the config, or print its databases or its schema",
		Args:  positional(noArguments),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigValidate(e), newConfigDatabases(e), newConfigSchema(e))
	return cmd
}

func newConfigValidate(e edges) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Report all problems of the config at once",
		Args:  positional(noArguments),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := loadConfig(e, path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.stdout, "%s is valid: %s\n", cfg.File, words.Count(len(cfg.Databases), "database"))
			return err
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func newConfigDatabases(e edges) *cobra.Command {
	var path, format string
	cmd := &cobra.Command{
		Use:   "databases",
		Short: "Print the names of the databases, one per line or as a JSON array",
		Args:  positional(noArguments),
		RunE: func(*cobra.Command, []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			cfg, err := loadConfig(e, path)
			if err != nil {
				return err
			}
			if format == "json" {
				return json.NewEncoder(e.stdout).Encode(cfg.Names())
			}
			_, err = fmt.Fprintln(e.stdout, strings.Join(cfg.Names(), "\n"))
			return err
		},
	}
	configFlag(cmd, &path)
	formatFlag(cmd, &format)
	return cmd
}

func newConfigSchema(e edges) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of the config, for editors",
		Args:  positional(noArguments),
		RunE: func(*cobra.Command, []string) error {
			_, err := e.stdout.Write(config.Schema())
			return err
		},
	}
}
