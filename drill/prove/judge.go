package prove

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

// judge compares the result of the drill of a copy with the expected codes. A drill
// that could not be carried out says nothing about the copy: judge returns its
// failure.
func judge(proof Proof, c Control, r outcome.Result) (Proof, error) {
	proof.Status, proof.Verdict = NotHeld, r.Verdict
	f := r.Failure
	if f == nil {
		proof.Reason, proof.Hint = "the drill passed: it did not detect the damage", c.Hint
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
		proof.Reason = fmt.Sprintf("the drill failed with %s, which does not fit the damage", f.Code)
		proof.Hint = "report it with the output of drillgres prove --format json"
	}
	return proof, nil
}

// Verdict returns the failure of the proofs, or nil if every control that could be
// carried out held.
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
	f := outcome.Fail(outcome.ControlFailed, "%d of %d broken copies did not fail with the right code\n%w", len(failed), carriedOut, errors.Join(failed...))
	if hint != "" {
		f = f.WithHint("%s", hint)
	}
	return f
}
