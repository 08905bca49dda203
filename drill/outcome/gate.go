package outcome

// Decision answers whether a release may go out.
type Decision string

// The three answers. Unknown is never go.
const (
	Go      Decision = "go"
	NoGo    Decision = "no-go"
	Unknown Decision = "unknown"
)

// Gate is the answer to a release, and what it rests on.
type Gate struct {
	Decision Decision `json:"decision"`
	Why      string   `json:"why"`

	Candidate       string  `json:"candidate"` // image; empty: none was named
	CandidateDigest string  `json:"candidate_digest"`
	Commit          string  `json:"commit"`
	AskedBy         string  `json:"asked_by"`
	MaxBackupAge    float64 `json:"max_backup_age_seconds"`
	// RestsOn is the run id of an earlier drill that the answer rests on: this
	// run restored nothing, proves nothing, and never counts as a verified drill.
	// Empty: it rests on this very run.
	RestsOn string `json:"rests_on"`
}
