package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Explained is a document that explains codes and findings.
type Explained struct {
	SchemaVersion int                    `json:"schema_version"`
	Codes         []ExplainedCode        `json:"codes"`
	Findings      []outcome.FindingEntry `json:"findings"`
}

// ExplainedCode is an entry of the catalogue with the verdict and the exit code of
// its class.
type ExplainedCode struct {
	outcome.Entry
	Verdict  outcome.Verdict `json:"verdict"`
	ExitCode int             `json:"exit_code"`
}

// Explain returns a document of entries. Its JSON has no null in place of a list.
func Explain(codes []outcome.Entry, findings []outcome.FindingEntry) Explained {
	x := Explained{
		SchemaVersion: outcome.SchemaVersion, Codes: []ExplainedCode{}, Findings: append([]outcome.FindingEntry{}, findings...),
	}
	for _, e := range codes {
		e.Stages = append([]outcome.Stage{}, e.Stages...)
		e.Messages = append([]string{}, e.Messages...)
		x.Codes = append(x.Codes, ExplainedCode{e, e.Class.Verdict(), e.Class.ExitCode()})
	}
	return x
}

// List writes one line for each code and each finding.
func (x Explained) List(w io.Writer, o Options) error {
	p := newPrinter(o)
	rows := [][]cell{{{text: "code"}, {text: "class"}, {text: "exit"}, {text: "cause"}}}
	for _, e := range x.Codes {
		rows = append(rows, []cell{
			plain(string(e.Code)), plain(string(e.Class)), plain(words.Number(e.ExitCode)), plain(outcome.FirstSentence(e.Cause)),
		})
	}
	p.table(rows)
	p.blank()
	rows = [][]cell{{{text: "finding"}, {text: "stage"}, {text: "meaning"}}}
	for _, f := range x.Findings {
		rows = append(rows, []cell{plain(f.Code), plain(string(f.Stage)), plain(outcome.FirstSentence(f.Meaning))})
	}
	p.table(rows)
	p.blank()
	p.line("run drillgres explain CODE to see the remedy")
	return p.writeTo(w)
}

// Text writes all details of each code and finding.
func (x Explained) Text(w io.Writer, o Options) error {
	p := newPrinter(o)
	for i, e := range x.Codes {
		if i > 0 {
			p.blank()
		}
		p.line(p.bold(string(e.Code)))
		p.blank()
		p.table(describeCode(e))
	}
	for i, f := range x.Findings {
		if i > 0 || len(x.Codes) > 0 {
			p.blank()
		}
		p.line(p.bold(f.Code) + " (a finding)")
		p.blank()
		p.table(labelled("meaning", f.Meaning, "remedy", f.Remedy, "verdict", "not affected by a finding", "stage", string(f.Stage)))
	}
	return p.writeTo(w)
}

func describeCode(e ExplainedCode) [][]cell {
	rows := labelled("cause", e.Cause, "remedy", e.Remedy, "example", e.Example.Case, "", printedMessage(e.Example))
	for i, n := range e.Neighbours {
		rows = append(rows, labelled(labelOnce("instead", i), fmt.Sprintf("%s, if %s", n.Code, n.Tell))...)
	}
	for i, m := range e.Messages {
		rows = append(rows, labelled(labelOnce("messages", i), m)...)
	}
	return append(rows, labelled(
		"class", string(e.Class)+": "+classMeaning(e.Class), "verdict", fmt.Sprintf("%s, exit code %d", e.Verdict, e.ExitCode), "stages", stagesOf(e.Entry),
	)...)
}

// printedMessage returns an example's message as a drill prints it.
func printedMessage(e outcome.Example) string { return "error: " + e.Message }

// labelled returns a row for each pair of a label and a text.
func labelled(pairs ...string) (rows [][]cell) {
	for pair := range slices.Chunk(pairs, 2) {
		rows = append(rows, []cell{plain(pair[0]), {text: pair[1]}})
	}
	return rows
}

// labelOnce returns label for the first of several rows, and an empty label for
// the others.
func labelOnce(label string, i int) string {
	if i > 0 {
		return ""
	}
	return label
}

func stagesOf(e outcome.Entry) string {
	if len(e.Stages) == 0 {
		return "any"
	}
	names := make([]string, len(e.Stages))
	for i, s := range e.Stages {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// classes lists all classes in the order in which they are explained.
var classes = []outcome.Class{
	outcome.ClassBackup, outcome.ClassSchema, outcome.ClassApp, outcome.ClassBudget,
	outcome.ClassEnvironment, outcome.ClassUsage, outcome.ClassSignal, outcome.ClassInternal,
}

// classMeaning says whose fault the failures of a class are.
func classMeaning(c outcome.Class) string {
	switch c {
	case outcome.ClassBackup:
		return "the backup, or the pipeline that makes it"
	case outcome.ClassSchema:
		return "the database's own schema makes its dump unrestorable"
	case outcome.ClassApp:
		return "restored, but the application or the release does not run on it"
	case outcome.ClassEnvironment:
		return "engine, network, credentials, image or disk of the machine that drills"
	case outcome.ClassBudget:
		return "the drill or the migrations took longer than allowed"
	case outcome.ClassUsage:
		return "flags or config"
	case outcome.ClassSignal:
		return "cancelled"
	default:
		return "a bug in drillgres"
	}
}
