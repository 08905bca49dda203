package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/report/actions"
)

// annotateDrill points to the checks that failed, where they stand in the
// config, or else to what it says of the stage that did, and to the findings.
func (s *step) annotateDrill(cfg *config.Config, r outcome.Result) {
	at := s.place(cfg, "databases", r.Database)
	pointed := false
	for _, c := range r.Checks {
		if c.Status != outcome.CheckFailed {
			continue
		}
		hint := ""
		if r.Failure != nil && r.Failure.Stage == c.Stage {
			hint = r.Failure.Hint
		}
		actions.Error(s.out, s.placeOf(cfg, r.Database, c), r.Database+": "+c.Name, hinted(report.Contrast(c), hint))
		pointed = true
	}
	if r.Failure != nil && !pointed {
		s.annotateFailure(s.place(cfg, "databases", r.Database, string(r.Failure.Stage)), r.Database, *r.Failure)
	}
	s.annotateFindings(at, r.Database, r.Findings)
}

func (s *step) annotateFailure(at actions.Place, of string, f outcome.FailureReport) {
	actions.Error(s.out, at, of+": "+string(f.Code), hinted(f.Message, f.Hint))
}

func hinted(message, hint string) string {
	if hint == "" {
		return message
	}
	return message + "\nhint: " + hint
}

func (s *step) annotateFindings(at actions.Place, database string, findings []outcome.Finding) {
	for _, f := range findings {
		actions.Warning(s.out, at, database+": "+f.Code, hinted(f.Message, f.Hint))
	}
}

// place is a value of the config, or what is nearest above it.
func (s *step) place(cfg *config.Config, keys ...any) actions.Place {
	return actions.Place{File: s.relative(cfg.File), Line: cfg.Line(keys...)}
}

// placeOf is where the config asks for a check. Some it does not ask for: they
// belong to the database's verify or app.
func (s *step) placeOf(cfg *config.Config, database string, c outcome.Check) actions.Place {
	keys := []any{"databases", database, string(c.Stage)}
	db := cfg.Database(database)
	switch {
	case db == nil:
	case c.Kind == "table":
		for name := range db.Verify.Tables {
			if c.Name == name || strings.HasPrefix(c.Name, name+" newest ") {
				keys = append(keys, "tables", name)
			}
		}
	case c.Kind == "query":
		keys = indexed(keys, "queries", slices.IndexFunc(db.Verify.Queries, func(q config.Query) bool { return q.Name == c.Name }))
	case c.Stage == outcome.App && db.App != nil && c.Kind != "builtin":
		keys = indexed(keys, "smoke", slices.IndexFunc(db.App.Smoke, func(t config.Smoke) bool { return t.Name == c.Name }))
	case c.Stage == outcome.App:
		keys = append(keys, "ready")
	}
	return s.place(cfg, keys...)
}

func indexed(keys []any, list string, i int) []any {
	if i < 0 {
		return keys
	}
	return append(keys, list, i)
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
