package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
)

// version, commit and date are set by the linker for a release.
var version, commit, date string

// buildInfo describes what this binary was built from.
type buildInfo struct {
	SchemaVersion int    `json:"schema_version"`
	Version       string `json:"version"`
	Commit        string `json:"commit"` // full SHA; empty: unknown
	Date          string `json:"date"`   // of the commit, RFC 3339; empty: unknown
	Go            string `json:"go"`
	OS            string `json:"os"`
	Arch          string `json:"arch"`
}

// build returns the build information. It prefers what the linker set for a release to what
// the Go toolchain recorded: the commit of a checkout, or the version of the module after
// go install.
func build() buildInfo {
	b := buildInfo{outcome.SchemaVersion, version, commit, date, runtime.Version(), runtime.GOOS, runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "(devel)" {
			b.Version = cmp.Or(b.Version, v)
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = cmp.Or(b.Commit, s.Value)
			case "vcs.time":
				b.Date = cmp.Or(b.Date, s.Value)
			}
		}
	}
	b.Version = cmp.Or(b.Version, "dev")
	return b
}

// programVersion returns the version of the release, or dev.
func programVersion() string { return build().Version }

// versionLine describes this binary for a person.
func versionLine() string {
	b := build()
	return fmt.Sprintf("drillgres %s (commit %s, %s, %s, %s/%s)", b.Version,
		cmp.Or(b.Commit, "unknown"), cmp.Or(b.Date, "date unknown"), b.Go, b.OS, b.Arch)
}

func newVersion(e edges) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, its commit and date",
		Args:  positional(noArguments),
		RunE: func(*cobra.Command, []string) error {
			if err := checkFormat(format); err != nil {
				return err
			}
			if format == "json" {
				return report.Document(e.stdout, build())
			}
			_, err := fmt.Fprintln(e.stdout, versionLine())
			return err
		},
	}
	formatFlag(cmd, &format)
	return cmd
}
