// Package doctor examines whether a machine can drill, without drilling: its engine, disks
// and clock, and for each database of a config the source, the keys, the images, the
// extensions, and whether memory and disks suffice for the newest backup.
package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/work"
)

// Status is how bad a finding is.
type Status string

// The statuses.
const (
	OK    Status = "ok"
	Note  Status = "note"  // a drill is possible; somebody should know
	Wrong Status = "wrong" // a drill would fail
)

// Answer is the result of one question.
type Answer struct {
	Status Status       `json:"status"`
	What   string       `json:"what"` // was examined
	Saw    string       `json:"saw"`
	Code   outcome.Code `json:"code,omitempty"` // of a failure
	Hint   string       `json:"hint,omitempty"` // what to do

	Exit int `json:"-"` // exit code of a failure
}

// Group holds the answers about the machine, or about one database.
type Group struct {
	Database string   `json:"database,omitempty"` // empty: the machine
	Answers  []Answer `json:"answers"`
}

// FirstExit returns the exit code of the first failure in the groups, or 0.
func FirstExit(groups []Group) int {
	for _, g := range groups {
		if i := slices.IndexFunc(g.Answers, func(f Answer) bool { return f.Status == Wrong }); i >= 0 {
			return g.Answers[i].Exit
		}
	}
	return outcome.ExitPassed
}

// Options say what to examine.
type Options struct {
	Config *config.Config // nil: there is none
	wiring.Options
}

// Examine yields the answers about the machine, then those about each database. Each
// question has a time limit, so whatever hangs, the rest is answered.
func Examine(ctx context.Context, o Options) iter.Seq[Group] {
	return func(yield func(Group) bool) {
		if o.Now == nil {
			o.Now = time.Now
		}
		if o.Getenv == nil {
			o.Getenv = os.LookupEnv
		}
		x := &examination{Options: o, run: "doctor-" + strings.ToLower(rand.Text()[:8]), looks: map[string]look{}}
		defer x.close()
		// The answers after a signal would be about the signal.
		if answers := x.machine(ctx); ctx.Err() != nil || !yield(Group{Answers: answers}) || o.Config == nil {
			return
		}
		for _, name := range o.Config.Names() {
			if answers := x.database(ctx, o.Config.Databases[name]); ctx.Err() != nil || !yield(Group{Database: name, Answers: answers}) {
				return
			}
		}
	}
}

// examination is what later questions need from earlier ones.
type examination struct {
	Options
	run     string          // its id, on what it creates
	private *work.Dir       // nil: there is no usable work directory
	history *record.History // nil: there is none, or it cannot be opened
	engine  *docker.Engine  // nil: it does not answer
	about   docker.Description
	looks   map[string]look // at images
}

func (x *examination) close() {
	if x.engine != nil {
		_ = x.engine.Close() // closes idle connections
	}
	if x.history != nil {
		_ = x.history.Close() // nothing was written
	}
	if x.private != nil {
		_ = x.private.Close() // it was usable, and the next sweep removes it
	}
}

// grace is how long a question may take to remove what it created, after its time or after
// a signal.
const grace = 5 * time.Second

// bounded returns the answer to a question, or late if there is none in time. It does not
// wait for a question that ignores its context, such as one to a dead file server.
func bounded[T any](ctx context.Context, limit time.Duration, late *outcome.Failure, question func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := question(ctx)
		answered <- answer{value, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil && ctx.Err() != nil {
			a.err = context.Cause(ctx)
		}
		return a.value, a.err
	case <-ctx.Done():
	}
	select {
	case <-answered:
	case <-time.After(grace):
	}
	var none T
	return none, context.Cause(ctx)
}

// machine asks the questions that need no database.
func (x *examination) machine(ctx context.Context) []Answer {
	found := []Answer{x.askConfig()}
	found = append(found, x.askWork(ctx))
	found = append(found, x.askEngine(ctx)...)
	if x.Config == nil {
		found = append(found, x.askRoom()...)
		found = append(found, x.askCredentials())
		return append(found, askPrograms(nil)...)
	}
	if x.Config.Record.History != "" {
		found = append(found, x.askHistory(ctx))
	}
	return found
}

// database asks the questions about one database.
func (x *examination) database(ctx context.Context, db *config.Database) []Answer {
	b := x.examineBackup(ctx, db)
	found := b.answers
	found = append(found, x.askImages(ctx, db)...)
	found = append(found, x.askExtensions(ctx, db, b)...)
	found = append(found, x.askMemory(ctx, db, b)...)
	return append(found, x.askDisks(ctx, db, b)...)
}

func ok(what, format string, args ...any) Answer {
	return Answer{Status: OK, What: what, Saw: fmt.Sprintf(format, args...)}
}

func note(what, saw, hint string) Answer {
	return Answer{Status: Note, What: what, Saw: saw, Hint: hint}
}

func wrong(what string, err error) Answer {
	f := outcome.AsFailure(err)
	return Answer{Status: Wrong, What: what, Saw: f.Error(), Code: f.Code, Hint: f.Remedy(), Exit: f.Class().ExitCode()}
}

// reported returns the failure that a result reports.
func reported(r *outcome.FailureReport) *outcome.Failure {
	return &outcome.Failure{Stage: r.Stage, Code: r.Code, Err: errors.New(r.Message), Hint: r.Hint, Fault: r.Class}
}
