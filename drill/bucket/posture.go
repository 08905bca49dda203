package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Posture asks the store how it protects the bucket, as described by locate.Postured.
func (b *Bucket) Posture(ctx context.Context, notAccount string) (p locate.Posture) {
	questions := []func(context.Context) outcome.Fact{
		b.versioning, b.objectLock, b.public, b.encryption, b.region,
		func(ctx context.Context) (f outcome.Fact) {
			f, p.Rules = b.lifecycle(ctx)
			return f
		},
	}
	if notAccount != "" {
		questions = append(questions, func(ctx context.Context) outcome.Fact { return b.account(ctx, notAccount) })
	}
	p.Facts = locate.Ask(ctx, questions...)
	p.Versioned = outcome.Posture{Facts: p.Facts}.Fact(outcome.FactVersioning).Value == "on"
	p.Mend = b.mend()
	return p
}

// unknown returns the fact that the store did not answer a question.
func unknown(name outcome.FactName, permission string, err error) outcome.Fact {
	f := outcome.Fact{Name: name}
	switch code, status := codeOf(err), statusOf(err); {
	case isUnsupported(err):
		f.Why = outcome.Unanswered
	case slices.Contains(deniedCodes, code), status == http.StatusForbidden, status == http.StatusUnauthorized:
		f.Why, f.Permission = "refused ("+cmp.Or(code, "HTTP 403")+")", permission
	default:
		f.Why = essential(err).Error()
	}
	return f
}

// isUnsupported reports whether the store does not know the request.
func isUnsupported(err error) bool {
	code, status := codeOf(err), statusOf(err)
	return code == "NotImplemented" || code == "MethodNotAllowed" || status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed
}

func (b *Bucket) versioning(ctx context.Context) outcome.Fact {
	out, err := b.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(b.name)})
	if err != nil {
		return unknown(outcome.FactVersioning, "s3:GetBucketVersioning", err)
	}
	value := outcome.Off
	switch out.Status {
	case types.BucketVersioningStatusEnabled:
		value = "on"
	case types.BucketVersioningStatusSuspended:
		value = "suspended"
	}
	return outcome.Fact{Name: outcome.FactVersioning, Value: value}
}

func (b *Bucket) objectLock(ctx context.Context) outcome.Fact {
	f := outcome.Fact{Name: outcome.FactObjectLock, Value: outcome.Off}
	out, err := b.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: aws.String(b.name)})
	switch c := codeOf(err); {
	case c == "ObjectLockConfigurationNotFoundError" || c == "ObjectLockConfigurationNotFound" || c == "NoSuchObjectLockConfiguration":
		return f
	case err != nil:
		return unknown(outcome.FactObjectLock, "s3:GetBucketObjectLockConfiguration", err)
	case out.ObjectLockConfiguration == nil || out.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled:
		return f
	}
	f.Value = "on, without a default retention"
	if rule := out.ObjectLockConfiguration.Rule; rule != nil && rule.DefaultRetention != nil {
		days := aws.ToInt32(rule.DefaultRetention.Days) + 365*aws.ToInt32(rule.DefaultRetention.Years)
		f.Value = fmt.Sprintf("%s, %dd", strings.ToLower(string(rule.DefaultRetention.Mode)), days)
	}
	return f
}

func (b *Bucket) encryption(ctx context.Context) outcome.Fact {
	f := outcome.Fact{Name: outcome.FactEncryption, Value: outcome.Off}
	out, err := b.client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String(b.name)})
	switch {
	case codeOf(err) == "ServerSideEncryptionConfigurationNotFoundError":
		return f
	case err != nil:
		return unknown(outcome.FactEncryption, "s3:GetEncryptionConfiguration", err)
	}
	if c := out.ServerSideEncryptionConfiguration; c != nil {
		for _, r := range c.Rules {
			if r.ApplyServerSideEncryptionByDefault != nil {
				f.Value = string(r.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
			}
		}
	}
	return f
}

// region returns where the bucket is. S3 states it also in an answer that refuses.
func (b *Bucket) region(ctx context.Context) outcome.Fact {
	f := outcome.Fact{Name: outcome.FactRegion}
	head, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(b.name)})
	if err == nil {
		f.Value = aws.ToString(head.BucketRegion)
	}
	var refused *smithyhttp.ResponseError
	if errors.As(err, &refused) && refused.Response != nil {
		f.Value = refused.Response.Header.Get("X-Amz-Bucket-Region")
	}
	if f.Value != "" {
		return f
	}
	out, err := b.client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String(b.name)})
	if err != nil {
		return unknown(outcome.FactRegion, "s3:GetBucketLocation", err)
	}
	// The oldest two regions have names of their own.
	f.Value = string(out.LocationConstraint)
	switch {
	case f.Value == "EU":
		f.Value = "eu-west-1"
	case f.Value == "" && b.endpoint == "":
		f.Value = "us-east-1"
	case f.Value == "":
		f.Why = outcome.Unanswered
	}
	return f
}

// noAccount is not an account: a store that accepts it as the owner of a bucket does not
// compare it.
const noAccount = "000000000000"

// account tests whether the bucket is in an account. The listing, which these credentials
// may read, is refused if the expected owner is another one.
func (b *Bucket) account(ctx context.Context, account string) outcome.Fact {
	f := outcome.Fact{Name: outcome.FactAccount}
	list := func(owner *string) error {
		in := b.listInput(b.Path)
		in.MaxKeys, in.ExpectedBucketOwner = aws.Int32(1), owner
		if b.Path != "" {
			in.Prefix = aws.String(b.Path + "/")
		}
		_, err := b.client.ListObjectsV2(ctx, in)
		return err
	}
	if err := list(nil); err != nil {
		return unknown(f.Name, "s3:ListBucket", err)
	}
	err := list(aws.String(account))
	if err == nil {
		if f.Value = account; list(aws.String(noAccount)) == nil {
			f.Value, f.Why = "", outcome.Unanswered
		}
		return f
	}
	if refused := unknown(f.Name, "s3:ListBucket", err); refused.Permission == "" {
		return refused
	}
	f.Value = "another"
	return f
}

// mend returns the commands that change the properties of the bucket.
func (b *Bucket) mend() map[outcome.FactName]string {
	command := func(verb, options string) string {
		text := "aws s3api " + verb + " --bucket " + b.name + options
		if b.endpoint != "" {
			text += " --endpoint-url " + b.endpoint
		}
		return text
	}
	return map[outcome.FactName]string{
		outcome.FactVersioning: command("put-bucket-versioning", " --versioning-configuration Status=Enabled"),
		outcome.FactObjectLock: command("put-object-lock-configuration", ` --object-lock-configuration '{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}'`),
		outcome.FactPublic:     command("put-public-access-block", " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"),
		outcome.FactEncryption: command("put-bucket-encryption", ` --server-side-encryption-configuration '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'`),
		outcome.FactLifecycle:  command("get-bucket-lifecycle-configuration", ""),
	}
}
