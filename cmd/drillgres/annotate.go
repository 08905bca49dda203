package main

import (
	"path/filepath"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/report/actions"
)

// annotate adds annotations for the checks that failed, at their place in the config, or
// otherwise for the stage that failed, at its section; and for the findings.
func (s *step) annotate(cfg *config.Config, r outcome.Result) {
	annotated := false
	for _, c := range r.Checks {
		if c.Status != outcome.CheckFailed {
			continue
		}
		hint := ""
		if r.Failure != nil && r.Failure.Stage == c.Stage {
			hint = r.Failure.Hint
		}
		actions.Error(s.out, s.place(cfg, c.ConfigPath), r.Database+": "+c.Name, withHint(report.Contrast(c), hint))
		annotated = true
	}
	if r.Failure != nil && !annotated {
		s.annotateFailure(s.place(cfg, sectionOf(r.Database, r.Failure.Stage)), r.Database, *r.Failure)
	}
	for _, f := range r.Findings {
		at := s.place(cfg, sectionOf(r.Database, stageOf(f)))
		actions.Warning(s.out, at, r.Database+": "+f.Code, withHint(f.Message, f.Hint))
	}
}

// sectionOf returns the config path of a stage's section. Without a stage it is the path of
// the database.
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

// stageOf returns the stage that reports such a finding.
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

// place returns the location of a value in the config, or of the nearest section above.
func (s *step) place(cfg *config.Config, path string) actions.Place {
	return actions.Place{File: s.relative(cfg.File), Line: cfg.Line(path)}
}

// relative returns a file in the notation of annotations: relative to the root of the
// repository, with slashes. A file outside of it keeps its path.
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
