package gcs

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/storage"

	"github.com/drillgres/drillgres/drill/lifecycle"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

var _ locate.Postured = (*Source)(nil)

const readBucket = "storage.buckets.get"

// Posture asks for the attributes of the bucket, as described by locate.Postured. A bucket
// has no account like that of AWS.
func (s *Source) Posture(ctx context.Context, _ string) (p locate.Posture) {
	p.Facts = []outcome.Fact{
		{Name: outcome.FactVersioning},
		{Name: outcome.FactObjectLock},
		{Name: outcome.FactPublic},
		{Name: outcome.FactEncryption, Value: "Google's"}, // always
		{Name: outcome.FactRegion},
		{Name: outcome.FactLifecycle},
	}
	p.Folder = strings.TrimSuffix(s.folder.Name(locate.Object{Key: "x"}), "x")
	p.Mend = s.mend()
	const within = 10 * time.Second
	attributes, err := store.Within(ctx, within, s.attributes)
	for i := range p.Facts {
		f := &p.Facts[i]
		switch {
		case f.Value != "":
		case err != nil && store.IsDenied(err):
			f.Why, f.Permission = "refused", readBucket
		case err != nil:
			f.Why = store.WithoutURL(err).Error()
		default:
			describeAttribute(f, attributes)
		}
	}
	if err != nil {
		return p
	}
	p.Versioned, p.Regions = attributes.VersioningEnabled, regionsOf(attributes)
	for _, r := range attributes.Lifecycle.Rules {
		if rule, deletes := ruleOf(r); deletes {
			p.Rules = append(p.Rules, rule)
		}
	}
	return p
}

func (s *Source) attributes(ctx context.Context) (*storage.BucketAttrs, error) {
	bucket, err := s.bucket(ctx)
	if err != nil {
		return nil, err
	}
	attributes, err := bucket.Attrs(ctx)
	if err != nil {
		return nil, s.failure(ctx, operation{doing: "read the attributes of " + s.folder.Root, permission: readBucket}, err)
	}
	return attributes, nil
}

func describeAttribute(f *outcome.Fact, a *storage.BucketAttrs) {
	switch f.Name {
	case outcome.FactVersioning:
		if f.Value = outcome.Off; a.VersioningEnabled {
			f.Value = "on"
		}
	case outcome.FactObjectLock:
		switch {
		case a.RetentionPolicy != nil && a.RetentionPolicy.RetentionPeriod > 0:
			f.Value = "retention policy, " + words.Span(a.RetentionPolicy.RetentionPeriod)
		case a.ObjectRetentionMode == "Enabled":
			f.Value = "on, without a default retention"
		default:
			f.Value = outcome.Off
		}
	case outcome.FactPublic:
		if f.Why = outcome.Unanswered; a.PublicAccessPrevention == storage.PublicAccessPreventionEnforced {
			f.Value, f.Why = "no", ""
		}
	case outcome.FactRegion:
		f.Value = describeRegion(a)
	case outcome.FactLifecycle:
		if f.Value = "no rules"; len(a.Lifecycle.Rules) > 0 {
			f.Value = words.Count(len(a.Lifecycle.Rules), "rule")
		}
	}
}

// severalRegions are the locations that are not one region, in lower case. Google chooses
// among the regions of eu, us and asia; eu has neither London nor Zurich.
// https://docs.cloud.google.com/storage/docs/locations
var severalRegions = map[string][]string{
	"asia": {"asia-*"},
	"eu":   {"europe-central*", "europe-north*", "europe-southwest*", "europe-west[^26]", "europe-west1?"},
	"us":   {"us-*"},

	"asia1": {"asia-northeast1", "asia-northeast2"},
	"eur4":  {"europe-north1", "europe-west4"},
	"eur5":  {"europe-west1", "europe-west2"},
	"eur7":  {"europe-west2", "europe-west3"},
	"eur8":  {"europe-west3", "europe-west6"},
	"nam4":  {"us-central1", "us-east1"},
}

// regionsOf returns the regions as described by locate.Posture. The location is one of them,
// because backup.offsite may name it. That of two regions that were chosen is not: it is the
// name of a multi-region, which the bucket is not in.
func regionsOf(a *storage.BucketAttrs) []string {
	if chosen := chosenRegions(a); len(chosen) > 0 {
		return chosen
	}
	location := strings.ToLower(a.Location)
	return append([]string{location}, severalRegions[location]...)
}

// chosenRegions returns the two regions of a dual-region that its owner chose.
func chosenRegions(a *storage.BucketAttrs) []string {
	if a.CustomPlacementConfig == nil {
		return nil
	}
	return a.CustomPlacementConfig.DataLocations
}

// describeRegion names the two regions of a dual-region.
func describeRegion(a *storage.BucketAttrs) string {
	location := strings.ToLower(a.Location)
	regions := chosenRegions(a)
	if len(regions) == 0 {
		regions = severalRegions[location]
	}
	if len(regions) != 2 {
		return location
	}
	return strings.ToLower(location + " (" + words.List(regions, 2) + ")")
}

// ruleOf returns a rule, or false if it deletes nothing. Objects of every class of Google's
// can be read at once, so no rule archives. A rule that does not say isLive deletes live
// objects, which hides them in a bucket that keeps versions, and hidden versions too.
// https://docs.cloud.google.com/storage/docs/lifecycle
func ruleOf(r storage.LifecycleRule) (lifecycle.Rule, bool) {
	c := r.Condition
	rule := lifecycle.Rule{ID: "delete", Prefixes: c.MatchesPrefix, Suffixes: c.MatchesSuffix, Before: c.CreatedBefore}
	if r.Action.Type != storage.DeleteAction {
		return rule, false
	}
	if c.DaysSinceCustomTime > 0 || !c.CustomTimeBefore.IsZero() || len(c.MatchesStorageClasses) > 0 {
		rule.Unclear = "objects of a class or with a custom time"
	}
	if c.Liveness != storage.Archived && c.DaysSinceNoncurrentTime == 0 && c.NumNewerVersions == 0 && c.NoncurrentTimeBefore.IsZero() {
		rule.Expire = &lifecycle.When{Days: int(c.AgeInDays)}
	}
	if c.Liveness != storage.Live {
		rule.Noncurrent = &lifecycle.Noncurrent{Days: int(c.DaysSinceNoncurrentTime), Age: int(c.AgeInDays), Before: c.NoncurrentTimeBefore}
		if c.NumNewerVersions > 0 {
			rule.Noncurrent.Unclear = "versions that have newer ones"
		}
	}
	return rule, true
}

func (s *Source) mend() map[outcome.FactName]string {
	update := "gcloud storage buckets update gs://" + s.name
	return map[outcome.FactName]string{
		outcome.FactVersioning: update + " --versioning",
		outcome.FactObjectLock: update + " --retention-period=30d",
		outcome.FactPublic:     update + " --public-access-prevention",
		outcome.FactLifecycle:  "gcloud storage buckets describe gs://" + s.name + " --format='default(lifecycle_config)'",
	}
}
