package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Prover breaks copies of one backup, one after the other, and has each of
// them drilled.
type Prover struct {
	Dir        string // private to this run; a copy lies there only while it is drilled
	Limit      int64  // bytes that a copy may have; 0: what the disk has
	MaxDecoded int64  // bytes that the backup may decode to; 0: any number

	// Drill drills a broken copy as the backup itself would be drilled, but for
	// its age. It records nothing.
	Drill func(ctx context.Context, c Control, copied Copy) outcome.Result
	// Unchanged fails when the backup is no longer the one that was read; nil:
	// nobody can have touched it.
	Unchanged func(ctx context.Context) error
	Ended     func(Proof) // may be nil
}

// Copy is a broken copy: the file Name in the directory Dir, where nothing else
// lies but, for some controls, the checksum of the intact backup.
type Copy struct{ Dir, Name string }

// Proof is how one control ended.
type Proof struct {
	Control  string          `json:"control"`
	Did      string          `json:"did"` // to the copy
	Status   Status          `json:"status"`
	Expected []outcome.Code  `json:"expected"`
	Verdict  outcome.Verdict `json:"verdict"` // of the copy's drill; empty: there was none
	Code     outcome.Code    `json:"code"`
	Stage    outcome.Stage   `json:"stage"`
	Message  string          `json:"message"`
	Reason   string          `json:"reason"` // why it did not hold, or could not be carried out
	Hint     string          `json:"hint"`
	Seconds  float64         `json:"seconds"` // breaking the copy and drilling it
}

// Status is how a control ended.
type Status string

// The four ends of a control.
const (
	Held          Status = "held"           // the drill went red, with the right code
	NotHeld       Status = "not_held"       // it passed, or ended in another code
	NotApplicable Status = "not_applicable" // nobody could tell such a copy from an intact one
	NotReached    Status = "not_reached"    // the proving ended before
)

// Prove carries out the controls. It ends early, with a Failure, when a copy
// cannot be made or its drill cannot be carried out: then nothing is known about
// the copies that are left.
func (p Prover) Prove(ctx context.Context, b Backup, controls []Control) ([]Proof, error) {
	proofs := NotProved(controls)
	for i, c := range controls {
		began := time.Now()
		proof, err := p.prove(ctx, b, c)
		if err != nil {
			return proofs, err
		}
		proof.Seconds = time.Since(began).Seconds()
		proofs[i] = proof
		if p.Ended != nil {
			p.Ended(proof)
		}
	}
	return proofs, nil
}

// NotProved are the proofs of controls that were not carried out.
func NotProved(controls []Control) []Proof {
	proofs := make([]Proof, 0, len(controls))
	for _, c := range controls {
		proofs = append(proofs, begun(c))
	}
	return proofs
}

func begun(c Control) Proof {
	return Proof{Control: c.Name, Did: c.Did, Status: NotReached, Expected: append([]outcome.Code{}, c.Expected...)}
}

func (p Prover) prove(ctx context.Context, b Backup, c Control) (_ Proof, err error) {
	proof := begun(c)
	if c.Impossible != "" {
		proof.Status, proof.Reason, proof.Hint = NotApplicable, c.Impossible, c.Hint
		return proof, nil
	}
	copied := Copy{Dir: filepath.Join(p.Dir, c.Name), Name: "backup"}
	defer func() {
		if e := os.RemoveAll(copied.Dir); e != nil && err == nil {
			err = outcome.Fail(outcome.Internal, "remove a broken copy: %w", e)
		}
	}()
	if err := p.write(ctx, b, c, copied); err != nil {
		return proof, err
	}
	return judge(proof, c, p.Drill(ctx, c, copied))
}

// judge compares how the drill of a copy ended with what its damage deserves. A
// drill that could not be carried out proves nothing about the copy.
func judge(proof Proof, c Control, r outcome.Result) (Proof, error) {
	proof.Status, proof.Verdict = NotHeld, r.Verdict
	f := r.Failure
	if f == nil {
		proof.Reason, proof.Hint = "the drill passed, nothing in it saw the damage", c.Hint
		return proof, nil
	}
	proof.Code, proof.Stage, proof.Message = f.Code, f.Stage, f.Message
	switch {
	case slices.Contains(c.Expected, f.Code):
		proof.Status = Held
	case f.Class == outcome.ClassEnvironment, f.Class == outcome.ClassSignal, f.Class == outcome.ClassUsage:
		cause := outcome.Fail(f.Code, "the drill of a broken copy (%s): %s", c.Name, f.Message).WithHint("%s", f.Hint)
		cause.Stage = f.Stage
		return proof, cause
	default:
		proof.Reason = fmt.Sprintf("the drill ended in %s, which is not what the damage deserves", f.Code)
		proof.Hint = "report it with the messages of drillgres prove --format json"
	}
	return proof, nil
}

// Verdict is the failure that the proofs lead to; nil: every control held that
// could be carried out.
func Verdict(proofs []Proof) *outcome.Failure {
	var failed []error
	var hint string
	carriedOut := 0
	for _, p := range proofs {
		if p.Status == NotHeld {
			failed = append(failed, fmt.Errorf("%s (%s): %s", p.Control, p.Did, p.Reason))
			if hint == "" {
				hint = p.Hint
			}
		}
		if p.Status == NotHeld || p.Status == Held {
			carriedOut++
		}
	}
	if len(failed) == 0 {
		return nil
	}
	f := outcome.Fail(outcome.ControlFailed, "%d of %d broken copies did not get the code that they deserve\n%w", len(failed), carriedOut, errors.Join(failed...))
	if hint != "" {
		f = f.WithHint("%s", hint)
	}
	return f
}
