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
	ClassEnvironment Class = "environment" // engine, network, credentials, image or disk of the machine that drills
	ClassBudget      Class = "budget"      // the drill or the migrations took longer than allowed
	ClassSignal      Class = "signal"      // cancelled
)

// Verdict is the conclusion of a drill about a backup.
type Verdict string

// The three verdicts.
const (
	VerdictPassed   Verdict = "passed"   // every configured stage ran and passed
	VerdictFailed   Verdict = "failed"   // the backup, its schema, or the application on it failed
	VerdictUnproved Verdict = "unproved" // the drill could not be carried out: nothing is known
)

// Verdict returns the verdict of a drill that ends in a failure of this class.
func (c Class) Verdict() Verdict {
	switch c {
	case ClassBackup, ClassSchema, ClassApp, ClassBudget:
		return VerdictFailed
	default:
		return VerdictUnproved
	}
}

// Failure is the only error type that carries a verdict: what failed, in which
// stage, whose fault it is, and what to do.
type Failure struct {
	Stage Stage // set by the runner: a stage never names itself
	Code  Code
	Hint  string // one imperative sentence, lower case, no full stop; default: the catalogue's remedy
	Err   error  // the cause, with secrets and row values already removed
	Fault Class  // whose fault it is here; empty: the code's class

	SQLState  string // the server's SQLSTATE; empty: the error is not the server's
	Statement string // the statement that failed, shortened, without its literals
	Object    string // the object that failed: schema.table, an index, an entry of the archive
	Function  string // the function in the server's CONTEXT that caused the failure
	Line      int64  // line of the decoded dump, from 1; 0: unknown
	Offset    int64  // offset in bytes in the stored backup; 0: unknown
	Cascades  int    // number of errors that followed from this one
}

// Fail returns a Failure whose message is formatted as by fmt.Errorf.
func Fail(code Code, format string, args ...any) *Failure {
	return &Failure{Code: code, Err: fmt.Errorf(format, args...)}
}

// WithHint replaces the catalogue's remedy with a more specific one, and returns
// f.
func (f *Failure) WithHint(format string, args ...any) *Failure {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// Class returns whose fault the failure is: usually the class of its code.
func (f *Failure) Class() Class {
	if f.Fault != "" {
		return f.Fault
	}
	return f.Code.Class()
}

// Remedy returns the failure's hint or, without one, the catalogue's remedy.
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

// AsFailure returns the Failure in err. An error without one is a bug in
// drillgres (internal), except for a cancelled context (interrupted). It
// returns nil if err is nil.
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

// Finding is something that an operator should know and that does not change
// the verdict.
type Finding struct {
	Code    string `json:"code"`         // stable name of the finding
	Message string `json:"message"`      // what was found, without secrets and row values
	Hint    string `json:"hint"`         // what to do, as one imperative sentence
	On      string `json:"on,omitempty"` // the object that it is about (schema.table, schema.table.column, an index), if findings of its kind can be allowed by name
}
