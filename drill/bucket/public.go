package bucket

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/drillgres/drillgres/drill/outcome"
)

// public reports whether strangers may read the bucket, by its policy or by its access
// control list. A block of public access makes both void. The ACLs of single objects, and
// a block of the whole account, are not looked at.
func (b *Bucket) public(ctx context.Context) outcome.Fact {
	block, blockErr := b.publicAccessBlock(ctx)
	for _, way := range []struct {
		blocked          bool
		open             func(context.Context) (bool, error)
		name, permission string
	}{
		{aws.ToBool(block.RestrictPublicBuckets), b.hasPublicPolicy, "policy", "s3:GetBucketPolicyStatus"},
		{aws.ToBool(block.IgnorePublicAcls), b.hasPublicACL, "access control list", "s3:GetBucketAcl"},
	} {
		if way.blocked {
			continue
		}
		open, err := way.open(ctx)
		switch {
		case err != nil:
			return unknown(outcome.FactPublic, way.permission, err)
		case open && blockErr != nil:
			return unknown(outcome.FactPublic, "s3:GetBucketPublicAccessBlock", blockErr)
		case open:
			return outcome.Fact{Name: outcome.FactPublic, Value: "yes, by its " + way.name}
		}
	}
	return outcome.Fact{Name: outcome.FactPublic, Value: "no"}
}

// publicAccessBlock returns the block of the bucket. A store without such a thing blocks
// nothing.
func (b *Bucket) publicAccessBlock(ctx context.Context) (none types.PublicAccessBlockConfiguration, err error) {
	out, err := b.client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String(b.name)})
	switch {
	case codeOf(err) == "NoSuchPublicAccessBlockConfiguration", err != nil && isUnsupported(err):
		return none, nil
	case err != nil || out.PublicAccessBlockConfiguration == nil:
		return none, err
	}
	return *out.PublicAccessBlockConfiguration, nil
}

func (b *Bucket) hasPublicPolicy(ctx context.Context) (bool, error) {
	out, err := b.client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: aws.String(b.name)})
	if codeOf(err) == "NoSuchBucketPolicy" {
		return false, nil
	}
	return err == nil && out.PolicyStatus != nil && aws.ToBool(out.PolicyStatus.IsPublic), err
}

// strangers are the groups of everybody, and of everybody with an AWS account.
var strangers = []string{
	"http://acs.amazonaws.com/groups/global/AllUsers",
	"http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
}

func (b *Bucket) hasPublicACL(ctx context.Context) (bool, error) {
	out, err := b.client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: aws.String(b.name)})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(out.Grants, func(g types.Grant) bool {
		return g.Grantee != nil && slices.Contains(strangers, aws.ToString(g.Grantee.URI))
	}), nil
}
