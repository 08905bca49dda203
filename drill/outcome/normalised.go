package outcome

import "slices"

// Normalised is the result with empty lists and maps where it had none, so
// that its JSON never has null where a script expects a list.
func (r Result) Normalised() Result {
	r.Findings = list(r.Findings)
	r.Tables = list(r.Tables)
	r.Checks = list(r.Checks)
	r.Leftovers = list(r.Leftovers)
	r.TellErrors = list(r.TellErrors)
	r.Integrity.Unreached = list(r.Integrity.Unreached)
	r.Integrity.NotProved = list(r.Integrity.NotProved)
	if r.Schema.Parts == nil {
		r.Schema.Parts = map[string]string{}
	}
	r.Isolation.Interfaces = list(r.Isolation.Interfaces)
	if r.Postgres.Extensions == nil {
		r.Postgres.Extensions = map[string]string{}
	}
	if r.Migration != nil {
		m := r.Migration.normalised()
		r.Migration = &m
	}
	r.Stages = list(slices.Clone(r.Stages))
	for i := range r.Stages {
		if r.Stages[i].Details == nil {
			r.Stages[i].Details = map[string]any{}
		}
	}
	return r
}

func (m Migration) normalised() Migration {
	m.Command, m.Files = list(m.Command), list(m.Files)
	m.Rewritten, m.Dropped, m.Left = list(m.Rewritten), list(m.Dropped), list(m.Left)
	m.Schema, m.Allowed = list(m.Schema), list(m.Allowed)
	m.Statements = list(slices.Clone(m.Statements))
	for i := range m.Statements {
		m.Statements[i].Locks = list(m.Statements[i].Locks)
	}
	return m
}

func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
