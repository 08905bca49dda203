package prove

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

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
