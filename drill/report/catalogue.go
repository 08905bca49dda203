package report

import (
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Catalogue writes every failure code with its cause.
func Catalogue(w io.Writer) error {
	p := newPrinter(Options{})
	rows := [][]cell{{{text: "code"}, {text: "class"}, {text: "exit"}, {text: "cause"}}}
	for _, e := range outcome.Catalogue {
		rows = append(rows, []cell{
			plain(string(e.Code)), plain(string(e.Class)), plain(number(int64(e.Class.ExitCode()))), plain(e.Cause),
		})
	}
	p.table(rows)
	p.blank()
	p.line("drillgres explain CODE tells what to do")
	return p.writeTo(w)
}

// Entry writes what the catalogue knows of one code.
func Entry(w io.Writer, e outcome.Entry) error {
	p := newPrinter(Options{})
	p.line(string(e.Code))
	p.blank()
	p.table([][]cell{
		{{text: "cause"}, {text: e.Cause}},
		{{text: "remedy"}, {text: e.Remedy}},
		{{text: "class"}, {text: string(e.Class) + ": " + whose(e.Class)}},
		{{text: "verdict"}, {text: string(e.Class.Verdict())}},
		{{text: "exit"}, {text: number(int64(e.Class.ExitCode()))}},
		{{text: "stages"}, {text: stagesOf(e)}},
	})
	return p.writeTo(w)
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

// whose says whose fault a class of failures is.
func whose(c outcome.Class) string {
	switch c {
	case outcome.ClassBackup:
		return "the backup, or the pipeline that makes it"
	case outcome.ClassSchema:
		return "the database's own schema makes its dump unrestorable"
	case outcome.ClassApp:
		return "restored, but the application does not run on it"
	case outcome.ClassEnvironment:
		return "engine, network, credentials, image or disk of the machine that drills"
	case outcome.ClassBudget:
		return "all held, but slower or older than the budget allows"
	case outcome.ClassUsage:
		return "flags or config"
	case outcome.ClassSignal:
		return "cancelled"
	default:
		return "a bug in drillgres"
	}
}
