package report

import "github.com/drillgres/drillgres/drill/outcome"

// Description is a drill in the words of Text, for another form of report. Its texts are
// not cleaned.
type Description struct {
	Word     string // the verdict in capitals, or OK
	Sentence string // what the verdict means
	Failure  []Fact // where the failure is, besides its message
	Facts    []Fact // what was drilled, into which server, and how long it took
	Stages   []StageLine
	Tally    string // the checks, counted by status
	Release  []Fact // what a release's migrations did; empty if none was rehearsed
	Answer   []Fact // what a gate was asked; empty if none was
}

// Fact is a label and its text. Without a label it belongs to the fact before it.
type Fact struct{ Label, Text string }

// StageLine is one row of the table of stages.
type StageLine struct {
	Stage, Status, Time, Detail string
}

// Describe returns a drill in words.
func Describe(r outcome.Result) Description {
	d := Description{Word: headWord(r), Sentence: sentence(r), Facts: exported(factsOf(r)), Tally: tally(r.Checks, "")}
	if r.Failure != nil {
		d.Failure = exported(detailsOf(*r.Failure))
	}
	for _, s := range r.Stages {
		d.Stages = append(d.Stages, StageLine{string(s.Stage), statusWord(s.Status), stageTime(s), detail(r, s)})
	}
	if r.Migration != nil {
		d.Release = exported(migrationFacts(r.Migration))
	}
	if r.Gate != nil {
		d.Answer = exported(append([]fact{{"answer", decision(r.Gate.Decision) + ": " + r.Gate.Why}}, answerFacts(*r.Gate)...))
	}
	return d
}

func exported(facts []fact) []Fact {
	list := make([]Fact, len(facts))
	for i, f := range facts {
		list[i] = Fact{f.label, f.text}
	}
	return list
}
