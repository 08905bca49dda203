package outcome

import "time"

// Posture is how the store of the backups protects them, as far as it answers.
type Posture struct {
	Facts     []Fact `json:"facts"`     // what the check asked the store
	Lifecycle []Fate `json:"lifecycle"` // what the bucket's lifecycle rules will do to the backups of today, the soonest first, and to the newest backup; 50 at most
}

// Fact is one property of a bucket, or of the credentials for it.
type Fact struct {
	Name       FactName `json:"name"`       // the property
	Value      string   `json:"value"`      // what the store answered, such as on or off; empty: unknown
	Why        string   `json:"why"`        // why it is unknown
	Permission string   `json:"permission"` // the permission that these credentials lack to know it
}

// FactName is a property of a bucket, or of the credentials for it.
type FactName string

// The properties.
const (
	FactVersioning  FactName = "versioning"    // whether a deleted or overwritten object is kept: on, suspended or off
	FactObjectLock  FactName = "object_lock"   // whether objects can be locked, and for how long new ones are
	FactPublic      FactName = "public_access" // whether strangers may read it: yes or no
	FactEncryption  FactName = "encryption"    // how the store encrypts new objects, or off
	FactRegion      FactName = "region"        // where the store keeps it
	FactAccount     FactName = "account"       // whether it is in the account of backup.offsite.not_account: that account, or another
	FactLifecycle   FactName = "lifecycle"     // how many lifecycle rules are enabled
	FactCredentials FactName = "credentials"   // how long the credentials are valid
)

// Off is the value of a property that the bucket does not have.
const Off = "off"

// Unanswered is why a property is unknown that the store does not know.
const Unanswered = "the store does not answer this question"

// Fate is what a lifecycle rule will do to a backup.
type Fate struct {
	Backup string    `json:"backup"` // URI of the backup
	Rule   string    `json:"rule"`   // name of the rule
	Action string    `json:"action"` // delete, hide (its version stays, until a rule deletes it) or archive
	On     time.Time `json:"on"`     // the day on which it happens, or up to two days later
}

// Fact returns a property, or the zero Fact if it was not asked for.
func (p Posture) Fact(name FactName) Fact {
	for _, f := range p.Facts {
		if f.Name == name {
			return f
		}
	}
	return Fact{}
}
