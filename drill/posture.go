package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Demands are what the config demands of the bucket of the backups, and of the drills.
type Demands struct {
	Keep       time.Duration // how long backups must be kept; 0: any time
	NotIn      []string      // regions in which the bucket must not be
	NotAccount string        // account in which the bucket must not be

	// MaxUnverified is how long ago the last drill that verified the newest backup may have
	// ended; 0: any time.
	MaxUnverified time.Duration
}

// problem is a finding that is a failure if the config demands the opposite.
type problem struct {
	outcome.Finding
	demanded bool
}

// examinePosture asks the store how it protects the backups. It returns nil for a source
// that is not a store.
func (d Drill) examinePosture(ctx context.Context, e evidence) (*outcome.Posture, []problem) {
	var p outcome.Posture
	var stated locate.Posture
	b := e.backup
	if store, ok := b.Source.(locate.Postured); ok {
		stated = store.Posture(ctx, d.Demands.NotAccount)
		p.Facts = stated.Facts
	}
	var problems []problem
	if limited, ok := b.Source.(locate.Expiring); ok {
		fact, ending := d.credentials(limited.Credentials(ctx))
		p.Facts = append(p.Facts, fact)
		problems = append(problems, notDemanded(ending)...)
	}
	if len(p.Facts) == 0 && len(d.Demands.NotIn) == 0 && d.Demands.NotAccount == "" {
		return nil, nil
	}
	for i := range p.Facts {
		p.Facts[i].Why = d.redacted(p.Facts[i].Why)
	}
	var fates []problem
	p.Lifecycle, fates = d.playForward(b, stated)
	problems = slices.Concat(d.findOnsite(p, stated), fates, d.findUnplayed(p), problems, d.findUnprotected(e, p, stated), findUnknown(p))
	return &p, problems
}

func notDemanded(f *outcome.Finding) []problem {
	if f == nil {
		return nil
	}
	return []problem{{*f, false}}
}

// findUnprotected reports what makes it easy to lose the backups, or to steal them.
func (d Drill) findUnprotected(e evidence, p outcome.Posture, stated locate.Posture) (found []problem) {
	add := func(f outcome.Finding) { found = append(found, problem{f, false}) }
	mend := func(name outcome.FactName, why string) string {
		if command := stated.Mend[name]; command != "" {
			return why + ": " + command
		}
		return why
	}
	if public := p.Fact(outcome.FactPublic); strings.HasPrefix(public.Value, "yes") {
		add(outcome.Finding{Code: "bucket_public", Message: "strangers may read the bucket: " + public.Value, Hint: mend(public.Name, "block public access")})
	}
	versioning, lock := p.Fact(outcome.FactVersioning), p.Fact(outcome.FactObjectLock)
	switch {
	case versioning.Value == outcome.Off || versioning.Value == "suspended":
		add(outcome.Finding{
			Code: "bucket_unversioned", Message: "the bucket keeps no versions (versioning is " + versioning.Value + "): whoever may write to it can overwrite or delete every backup for good",
			Hint: mend(versioning.Name, "keep versions"),
		})
	case lock.Value == outcome.Off:
		add(outcome.Finding{
			Code: "bucket_unlocked", Message: "the bucket does not lock objects: whoever may delete versions can delete every backup for good",
			Hint: mend(lock.Name, "lock new objects for as long as backups must be kept"),
		})
	}
	if encryption := p.Fact(outcome.FactEncryption); encryption.Value == outcome.Off && e.file.Contents.Source.Encryption() == "" {
		add(outcome.Finding{Code: "bucket_unencrypted", Message: "the store does not encrypt new objects", Hint: mend(encryption.Name, "encrypt them")})
	}
	return found
}

// soon is how long before their end credentials must be renewed.
const soon = 7 * 24 * time.Hour

// credentials describes the credentials of a source, and reports those that end soon. Those
// that are made for a short time, such as a link for one job, are reported in the last
// quarter of it.
func (d Drill) credentials(c locate.Credentials) (outcome.Fact, *outcome.Finding) {
	f := outcome.Fact{Name: outcome.FactCredentials, Value: c.Text, Why: c.Why}
	if c.Ends.IsZero() {
		return f, nil
	}
	end := "end in %s, at %s"
	if f.Value = "valid until " + words.Moment(c.Ends); c.Why != "" {
		end = "end in %s at the latest, at %s"
		f.Value, f.Why = "", "valid until "+words.Moment(c.Ends)+" at the latest; "+c.Why
	}
	left := c.Ends.Sub(d.Now())
	limit := soon
	if !c.Began.IsZero() {
		limit = min(limit, c.Ends.Sub(c.Began)/4)
	}
	if left > limit {
		return f, nil
	}
	return f, &outcome.Finding{
		Code:    "credentials_expire",
		Message: fmt.Sprintf("the credentials of the source "+end, words.Span(max(left, 0)), words.Moment(c.Ends)),
		Hint:    "renew them, and give drillgres the new ones",
	}
}
