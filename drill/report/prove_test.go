package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
)

func detected(control, did string, code outcome.Code, stage outcome.Stage, seconds float64) prove.Proof {
	return prove.Proof{
		Control: control, Did: did, Status: prove.Held, Expected: []outcome.Code{code},
		Verdict: outcome.VerdictFailed, Code: code, Stage: stage, Seconds: seconds,
	}
}

// proving returns a control in which every copy that could be made was detected.
func proving() prove.Report {
	return prove.Report{
		SchemaVersion: 1, Drillgres: "0.1.0", Database: "shop", StartedAt: noon, FinishedAt: noon.Add(31 * time.Second), Held: true,
		Intact: prove.Intact{RunID: "20261123-120000-00c0ffee", Backup: "s3://acme-backups/prod/shop-2026-11-23.dump", Verdict: outcome.VerdictPassed, Seconds: 9.1},
		Controls: []prove.Proof{
			detected("cut_half", "the second half of the file is gone", outcome.DumpTruncated, outcome.Inspect, 0.04),
			{
				Control: "flipped", Did: "one bit in the middle of the data is flipped", Status: prove.NotApplicable,
				Reason: "no drill could detect it: a plain dump that is not compressed has no checksum",
				Hint:   "compress the dump with gzip, or store its checksum in a sidecar file NAME.sha256",
			},
			detected("rows_removed", "the 100,000 rows of public.events are gone; the dump is intact", outcome.ContentDrifted, outcome.Verify, 8.7),
		},
	}
}

func TestProved(t *testing.T) {
	missed := proving()
	missed.Controls[2].Status, missed.Controls[2].Verdict, missed.Controls[2].Code, missed.Controls[2].Stage = prove.NotHeld, outcome.VerdictPassed, "", ""
	missed.Controls[2].Reason, missed.Controls[2].Hint = "the drill passed: it did not detect the damage", "guard the table with verify.tables.public.events.min_rows"
	missed.Held, missed.Failure, missed.ExitCode = false, prove.Verdict(missed.Controls).Report(), 1
	missed.Leftovers = []string{"remove work directory: it is busy"}

	broken := proving()
	broken.Held, broken.ExitCode, broken.Controls = false, 3, nil
	broken.Failure = truncated().Failure
	broken.Intact.Verdict, broken.Intact.Code, broken.Intact.Stage = outcome.VerdictFailed, outcome.DumpTruncated, outcome.Inspect

	lost := proving()
	lost.Held, lost.ExitCode, lost.Failure = false, 5, engineless().Failure
	lost.Controls[2].Status, lost.Controls[2].Verdict, lost.Controls[2].Code, lost.Controls[2].Stage = prove.NotReached, "", "", ""

	var out bytes.Buffer
	for _, r := range []prove.Report{proving(), missed, broken, lost} {
		if err := Proved(&out, r, Options{}); err != nil {
			t.Fatal(err)
		}
		out.WriteString("----\n")
	}
	golden(t, "prove.txt", out.Bytes())
}
