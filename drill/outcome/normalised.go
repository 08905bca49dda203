package outcome

import "slices"

// Normalised returns a copy of r in which nil lists and maps are empty ones, so
// that its JSON never contains null where a script expects a list.
func (r Result) Normalised() Result {
	r.Findings = emptyIfNil(r.Findings)
	r.Tables = emptyIfNil(r.Tables)
	r.Checks = emptyIfNil(r.Checks)
	r.Leftovers = emptyIfNil(r.Leftovers)
	r.TellErrors = emptyIfNil(r.TellErrors)
	r.Integrity.Unreached = emptyIfNil(r.Integrity.Unreached)
	r.Integrity.NotProved = emptyIfNil(r.Integrity.NotProved)
	if r.Schema.Parts == nil {
		r.Schema.Parts = map[string]string{}
	}
	r.Isolation.Interfaces = emptyIfNil(r.Isolation.Interfaces)
	if r.Postgres.Extensions == nil {
		r.Postgres.Extensions = map[string]string{}
	}
	if r.Migration != nil {
		m := r.Migration.normalised()
		r.Migration = &m
	}
	if r.Posture != nil {
		r.Posture = &Posture{Facts: emptyIfNil(r.Posture.Facts), Lifecycle: emptyIfNil(r.Posture.Lifecycle)}
	}
	r.Stages = emptyIfNil(slices.Clone(r.Stages))
	for i := range r.Stages {
		if r.Stages[i].Details == nil {
			r.Stages[i].Details = map[string]any{}
		}
	}
	return r
}

func (m Migration) normalised() Migration {
	m.Command, m.Files = emptyIfNil(m.Command), emptyIfNil(m.Files)
	m.Rewritten, m.Dropped, m.Left = emptyIfNil(m.Rewritten), emptyIfNil(m.Dropped), emptyIfNil(m.Left)
	m.Schema, m.Allowed = emptyIfNil(m.Schema), emptyIfNil(m.Allowed)
	m.Checks, m.Findings = emptyIfNil(m.Checks), emptyIfNil(m.Findings)
	m.Statements = emptyIfNil(slices.Clone(m.Statements))
	for i := range m.Statements {
		m.Statements[i].Locks = emptyIfNil(m.Statements[i].Locks)
	}
	return m
}

func emptyIfNil[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
