package bucket

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/drillgres/drillgres/drill/lifecycle"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// lifecycle returns the enabled rules of the bucket.
func (b *Bucket) lifecycle(ctx context.Context) (f outcome.Fact, rules []lifecycle.Rule) {
	f = outcome.Fact{Name: outcome.FactLifecycle, Value: "no rules"}
	out, err := b.client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: aws.String(b.name)})
	switch {
	case codeOf(err) == "NoSuchLifecycleConfiguration":
		return f, nil
	case err != nil:
		return unknown(f.Name, "s3:GetLifecycleConfiguration", err), nil
	}
	small := out.TransitionDefaultMinimumObjectSize == types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k
	for _, r := range out.Rules {
		if r.Status == types.ExpirationStatusEnabled {
			rules = append(rules, ruleOf(r, small))
		}
	}
	if len(rules) > 0 {
		f.Value = words.Count(len(rules), "rule")
	}
	return f, rules
}

// leastMoved is the size below which a bucket may leave objects in their storage class,
// unless a rule has a size of its own.
const leastMoved = 128 << 10

// cold are the storage classes whose objects must be restored before they can be read.
var cold = map[types.TransitionStorageClass]bool{types.TransitionStorageClassGlacier: true, types.TransitionStorageClassDeepArchive: true}

// ruleOf returns a rule. Of its actions, ending incomplete uploads and removing delete
// markers do nothing to a backup.
func ruleOf(r types.LifecycleRule, keepsSmall bool) lifecycle.Rule {
	rule := lifecycle.Rule{ID: aws.ToString(r.ID)}
	prefix := r.Prefix //nolint:staticcheck // rules that were written before 2016 have it instead of a filter
	if f := r.Filter; f != nil {
		prefix = f.Prefix
		rule.Larger, rule.Smaller = aws.ToInt64(f.ObjectSizeGreaterThan), aws.ToInt64(f.ObjectSizeLessThan)
		tagged := f.Tag != nil
		if and := f.And; and != nil {
			prefix = and.Prefix
			rule.Larger, rule.Smaller = aws.ToInt64(and.ObjectSizeGreaterThan), aws.ToInt64(and.ObjectSizeLessThan)
			tagged = len(and.Tags) > 0
		}
		if tagged {
			rule.Unclear = "objects with certain tags"
		}
	}
	if aws.ToString(prefix) != "" {
		rule.Prefixes = []string{*prefix}
	}
	if e := r.Expiration; e != nil && (e.Date != nil || aws.ToInt32(e.Days) > 0) {
		rule.Expire = &lifecycle.When{Days: int(aws.ToInt32(e.Days)), Date: aws.ToTime(e.Date)}
	}
	for _, t := range r.Transitions {
		if !cold[t.StorageClass] {
			continue
		}
		a := lifecycle.Archive{When: lifecycle.When{Days: int(aws.ToInt32(t.Days)), Date: aws.ToTime(t.Date)}, Class: string(t.StorageClass)}
		if keepsSmall && rule.Larger == 0 && rule.Smaller == 0 {
			a.Least = leastMoved
		}
		rule.Archives = append(rule.Archives, a)
	}
	if n := r.NoncurrentVersionExpiration; n != nil {
		rule.Noncurrent = &lifecycle.Noncurrent{Days: int(aws.ToInt32(n.NoncurrentDays))}
		if aws.ToInt32(n.NewerNoncurrentVersions) > 0 {
			rule.Noncurrent.Unclear = "versions that have newer ones"
		}
	}
	return rule
}
