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

	// RequireDrill is how old a drill on record might be that the answer rests
	// on; 0: it rests on this very run.
	RequireDrill float64 `json:"require_drill_seconds"`
	// RestsOn is the run id of that drill, which decided; empty: there was none,
	// or the answer rests on this very run.
	RestsOn string `json:"rests_on"`
}
