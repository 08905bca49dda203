package prove

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Trials carries out the controls of one backup, one after the other.
type Trials struct {
	Dir        string // private to this run; a copy is there only while it is drilled
	Limit      int64  // bytes that a copy may have; 0: what the disk has
	MaxDecoded int64  // bytes that the backup may decode to; 0: any number

	// Drill drills what the control broke as the backup itself would be drilled,
	// but for its age, and records nothing. There is no Copy where the restored
	// database is broken.
	Drill func(ctx context.Context, c Control, copied Copy) outcome.Result
	// Unchanged fails when the backup is no longer the one that was read; nil:
	// nobody can have touched it.
	Unchanged func(ctx context.Context) error
	Ended     func(Proof) // may be nil
}

// Copy is a broken copy: the file Name in the directory Dir, where nothing else
// is but, for some controls, the checksum of the intact backup.
type Copy struct{ Dir, Name string }

// Proof is how one control ended.
type Proof struct {
	Control  string          `json:"control"`
	Did      string          `json:"did"` // to the copy, or to the database that is restored
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

// CarryOut carries out the controls. It ends early, with a Failure, when a copy
// cannot be made or its drill cannot be carried out: then nothing is known about
// the copies that are left.
func (t Trials) CarryOut(ctx context.Context, b Backup, controls []Control) ([]Proof, error) {
	proofs := NotProved(controls)
	for i, c := range controls {
		began := time.Now()
		proof, err := t.try(ctx, b, c)
		if err != nil {
			return proofs, err
		}
		proof.Seconds = time.Since(began).Seconds()
		proofs[i] = proof
		if t.Ended != nil {
			t.Ended(proof)
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

func (t Trials) try(ctx context.Context, b Backup, c Control) (_ Proof, err error) {
	proof := begun(c)
	if c.Impossible != "" {
		proof.Status, proof.Reason, proof.Hint = NotApplicable, c.Impossible, c.Hint
		return proof, nil
	}
	if c.loss != nil {
		return judge(proof, c, t.Drill(ctx, c, Copy{}))
	}
	copied := Copy{Dir: filepath.Join(t.Dir, c.Name), Name: "backup"}
	defer func() {
		if e := os.RemoveAll(copied.Dir); e != nil && err == nil {
			err = outcome.Fail(outcome.Internal, "remove a broken copy: %w", e)
		}
	}()
	if err := t.write(ctx, b, c, copied); err != nil {
		return proof, err
	}
	return judge(proof, c, t.Drill(ctx, c, copied))
}
