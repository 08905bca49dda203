package inspect

import (
	"strconv"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Sequence is where the dump sets a sequence to go on: behind Last if it was
// Called, else at Last itself.
type Sequence struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"` // false: the sequence has never been used
}

// setval reads the arguments of setval('schema.name', 42, true). A sequence
// that the dump sets more than once stands more than once, the last one last.
func (k *catalog) addSequence(p *sqltext.Phrase) {
	if !p.Has("(") || p.Peek().Kind != sqltext.String {
		return
	}
	n, err := sqltext.ParseName(p.Take().Text, k.searchPath)
	if err != nil || !p.Has(",") {
		return
	}
	sign := ""
	if p.Has("-") {
		sign = "-"
	}
	last, err := strconv.ParseInt(sign+p.Take().Text, 10, 64)
	if err != nil || !k.reserve(n.Schema, n.Name) {
		return
	}
	called := true // so it is where the third argument is left out
	if p.Has(",") {
		called = p.Has("true")
	}
	k.c.Sequences = append(k.c.Sequences, Sequence{Schema: n.Schema, Name: n.Name, Last: last, Called: called})
}
