package inspect

import (
	"strconv"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Sequence is the state to which the dump sets a sequence. Its next value is after
// Last if Called is set, and Last otherwise.
type Sequence struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"` // false: the sequence has never been used
}

// addSequence reads the arguments of setval('schema.name', 42, true). A sequence
// that the dump sets several times is added several times, in that order.
func (k *catalog) addSequence(p *sqltext.Phrase) {
	if !p.Has("(") || p.Peek().Kind != sqltext.String {
		return
	}
	n, err := sqltext.ParseName(p.Take().Text, "")
	if err != nil || !p.Has(",") {
		return
	}
	n = k.find(n, []Kind{KindSequence})
	sign := ""
	if p.Has("-") {
		sign = "-"
	}
	last, err := strconv.ParseInt(sign+p.Take().Text, 10, 64)
	if err != nil || !k.reserve(n.Schema, n.Name) {
		return
	}
	called := true // the default of the third argument
	if p.Has(",") {
		called = p.Has("true")
	}
	k.c.Sequences = append(k.c.Sequences, Sequence{Schema: n.Schema, Name: n.Name, Last: last, Called: called})
}
