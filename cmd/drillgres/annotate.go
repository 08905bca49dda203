package main

import (
	"path/filepath"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/report/actions"
)

// annotate points to the checks that failed, where the config asks for them, or
// else to what the config says of the stage that failed, and to the findings.
func (s *step) annotate(cfg *config.Config, r outcome.Result) {
	pointed := false
	for _, c := range r.Checks {
		if c.Status != outcome.CheckFailed {
			continue
		}
		hint := ""
		if r.Failure != nil && r.Failure.Stage == c.Stage {
			hint = r.Failure.Hint
		}
		actions.Error(s.out, s.place(cfg, c.ConfigPath), r.Database+": "+c.Name, withHint(report.Contrast(c), hint))
		pointed = true
	}
	if r.Failure != nil && !pointed {
		s.annotateFailure(s.place(cfg, sectionOf(r.Database, r.Failure.Stage)), r.Database, *r.Failure)
	}
	for _, f := range r.Findings {
		at := s.place(cfg, sectionOf(r.Database, stageOf(f)))
		actions.Warning(s.out, at, r.Database+": "+f.Code, withHint(f.Message, f.Hint))
	}
}

// sectionOf is the path of what the config says of a stage. With no stage it is
// the database's own.
func sectionOf(database string, s outcome.Stage) string {
	section := string(s)
	switch s {
	case outcome.Locate, outcome.Fetch, outcome.Inspect:
		section = "backup"
	case outcome.Provision:
		section = "postgres"
	case "":
		return config.Path("databases", database)
	}
	return config.Path("databases", database, section)
}

// stageOf is the stage that reports such a finding.
func stageOf(f outcome.Finding) outcome.Stage {
	i := slices.IndexFunc(outcome.Findings, func(e outcome.FindingEntry) bool { return e.Code == f.Code })
	if i < 0 {
		return ""
	}
	return outcome.Findings[i].Stage
}

func (s *step) annotateFailure(at actions.Place, of string, f outcome.FailureReport) {
	actions.Error(s.out, at, of+": "+string(f.Code), withHint(f.Message, f.Hint))
}

func withHint(message, hint string) string {
	if hint == "" {
		return message
	}
	return message + "\nhint: " + hint
}

// place is a value of the config, or what is nearest above it.
func (s *step) place(cfg *config.Config, path string) actions.Place {
	return actions.Place{File: s.relative(cfg.File), Line: cfg.Line(path)}
}

// relative is a file as annotations name it: from the repository's root, with
// slashes. One outside of it stays as it is.
func (s *step) relative(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil || s.workspace == "" {
		return filepath.ToSlash(file)
	}
	within, err := filepath.Rel(s.workspace, abs)
	if err != nil || !filepath.IsLocal(within) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(within)
}
