package outcome

// Decision is the answer to whether a release may go out.
type Decision string

// The three answers. Unknown is never go.
const (
	Go      Decision = "go"      // the release may go out
	NoGo    Decision = "no-go"   // it was tried, and failed
	Unknown Decision = "unknown" // it could not be tried
)

// Gate is the answer to a release, and what it rests on.
type Gate struct {
	Decision Decision `json:"decision"` // the answer
	Why      string   `json:"why"`      // the reason in one sentence

	Candidate       string  `json:"candidate"`              // image of the release; empty if none was named
	CandidateDigest string  `json:"candidate_digest"`       // digest of that image
	Commit          string  `json:"commit"`                 // commit that the release is built from
	AskedBy         string  `json:"asked_by"`               // user or pipeline that asked
	MaxBackupAge    float64 `json:"max_backup_age_seconds"` // how old the backup may be

	RequireDrill float64 `json:"require_drill_seconds"` // how old a drill on record may be that the answer rests on; 0 if it rests on this run
	RestsOn      string  `json:"rests_on"`              // run id of the drill that decided; empty if there is none, or if the answer rests on this run
}
