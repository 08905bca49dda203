package outcome

import (
	"context"
	"errors"
	"fmt"
)

// Code names a failure. Codes are stable: they are never renamed or reused.
type Code string

// Class is whose fault a failure is; verdict and exit code follow from it.
type Class string

// The classes of failure.
const (
	ClassInternal    Class = "internal"    // a bug in drillgres
	ClassUsage       Class = "usage"       // flags or config
	ClassBackup      Class = "backup"      // the backup, or the pipeline that makes it
	ClassSchema      Class = "schema"      // the database's own schema makes its dump unrestorable
	ClassApp         Class = "app"         // restored, but the application or the release does not run on it
	ClassEnvironment Class = "environment" // engine, network, credentials, image, disk of this machine
	ClassBudget      Class = "budget"      // everything passed, but slower or older than allowed
	ClassSignal      Class = "signal"      // cancelled
)

// Verdict is what a drill says about a backup.
type Verdict string

// The three verdicts.
const (
	VerdictPassed   Verdict = "passed"   // every configured stage ran and passed
	VerdictFailed   Verdict = "failed"   // the backup, its schema, or the application on it failed
	VerdictUnproved Verdict = "unproved" // the drill could not be carried out: nothing is known
)

// Verdict is the verdict that a failure of this class leads to.
func (c Class) Verdict() Verdict {
	switch c {
	case ClassBackup, ClassSchema, ClassApp, ClassBudget:
		return VerdictFailed
	default:
		return VerdictUnproved
	}
}

// Failure is the one error type that carries a verdict: what did not hold, in
// which stage, whose fault it is, and what to do.
type Failure struct {
	Stage Stage // filled in by the runner: a stage never names itself
	Code  Code
	Hint  string // one imperative sentence, lower case, no full stop; default: the catalogue's remedy
	Err   error  // the cause, with secrets and row values already removed

	SQLState  string // the server's SQLSTATE, where the server said it
	Statement string // the statement that failed, cut, its literals removed
	Object    string // what it is about: schema.table, an index, an entry of the archive
	Function  string // of the server's CONTEXT, where it is the culprit
	Line      int64  // of the decoded dump, from 1; 0: not known
	Offset    int64  // in bytes, in the backup as it is stored; 0: not known
	Cascades  int    // how many further errors followed from this one
}

// Fail makes a Failure whose message is formatted as by fmt.Errorf.
func Fail(code Code, format string, args ...any) *Failure {
	return &Failure{Code: code, Err: fmt.Errorf(format, args...)}
}

// WithHint replaces the catalogue's remedy by one that fits this very case.
func (f *Failure) WithHint(format string, args ...any) *Failure {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// Class is that of the failure's code.
func (f *Failure) Class() Class { return f.Code.Class() }

// Remedy is the failure's own hint, or else the catalogue's.
func (f *Failure) Remedy() string {
	if f.Hint != "" {
		return f.Hint
	}
	return f.Code.Entry().Remedy
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return string(f.Code)
	}
	return f.Err.Error()
}

func (f *Failure) Unwrap() error { return f.Err }

// AsFailure finds the Failure in err. An error without one is a bug of ours
// (internal), except that a cancelled context is an interruption. nil gives nil.
func AsFailure(err error) *Failure {
	if err == nil {
		return nil
	}
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.Canceled) {
		return &Failure{Code: Interrupted, Err: err}
	}
	return &Failure{Code: Internal, Err: err}
}

// Finding is something an operator should know that does not change the verdict.
type Finding struct {
	Code    string `json:"code"`         // stable name of the finding
	Message string `json:"message"`      // what was found, without secrets and row values
	Hint    string `json:"hint"`         // what to do, as one imperative sentence
	On      string `json:"on,omitempty"` // the object that it is about (schema.table, schema.table.column, an index), if findings of its kind can be allowed by name
}
