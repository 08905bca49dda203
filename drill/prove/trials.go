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
	Dir        string // private to this run; it contains a copy only while that is drilled
	Limit      int64  // size limit of a copy in bytes; 0: the free disk space
	MaxDecoded int64  // bytes that the backup may decode to; 0: no limit

	// Drill drills what the control broke like the backup itself, whatever its age, and
	// records nothing. copied is empty if the control breaks the restored database.
	Drill func(ctx context.Context, c Control, copied Copy) outcome.Result
	// Unchanged returns an error if the backup was replaced since it was read. nil: it
	// cannot be replaced.
	Unchanged func(ctx context.Context) error
	Ended     func(Proof) // may be nil
}

// Copy is a broken copy: the file or folder Name in the directory Dir. For some controls,
// Dir also contains a sidecar file with the checksum of the intact backup.
type Copy struct {
	Dir, Name string
	Roles     []string // of the parts before the dump: part-0, part-1 …
}

// Proof is the result of one control.
type Proof struct {
	Control  string          `json:"control"`
	Did      string          `json:"did"` // what was done to the copy or to the restored database
	Status   Status          `json:"status"`
	Expected []outcome.Code  `json:"expected"`
	Verdict  outcome.Verdict `json:"verdict"` // of the drill of the copy; empty: it was not drilled
	Code     outcome.Code    `json:"code"`
	Stage    outcome.Stage   `json:"stage"`
	Message  string          `json:"message"`
	Reason   string          `json:"reason"` // why it did not hold, or is not applicable
	Hint     string          `json:"hint"`
	Seconds  float64         `json:"seconds"` // for breaking the copy and drilling it
}

// Status is how a control ended.
type Status string

// The four statuses of a control.
const (
	Held          Status = "held"           // the drill failed with the right code
	NotHeld       Status = "not_held"       // the drill passed, or failed with another code
	NotApplicable Status = "not_applicable" // such damage to this backup cannot be detected
	NotReached    Status = "not_reached"    // an earlier error ended the proof
)

// CarryOut carries out the controls. It returns early, with a Failure, if a copy cannot
// be made or its drill cannot be carried out. The remaining proofs are NotReached.
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

// NotProved returns the proofs of controls that were not carried out.
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
	copied := Copy{Dir: filepath.Join(t.Dir, c.Name), Name: mainPart, Roles: b.roles()}
	defer func() {
		if e := os.RemoveAll(copied.Dir); e != nil && err == nil {
			err = outcome.Fail(outcome.WorkDirUnusable, "remove a broken copy: %w", e)
		}
	}()
	if err := t.write(ctx, b, c, copied); err != nil {
		return proof, err
	}
	return judge(proof, c, t.Drill(ctx, c, copied))
}
