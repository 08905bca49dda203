package bucket

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The modes of object lock. Only users with a special permission can change or delete what is
// kept by GovernanceLock; nobody can with ComplianceLock.
const (
	GovernanceLock = string(types.ObjectLockModeGovernance)
	ComplianceLock = string(types.ObjectLockModeCompliance)
)

// CanLock reports whether the bucket can keep objects from being changed and deleted (object
// lock). It fails if the store does not say so, such as for lack of permission.
func (b *Bucket) CanLock(ctx context.Context) (bool, error) {
	out, err := again(ctx, b, func() (*s3.GetObjectLockConfigurationOutput, error) {
		return b.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: aws.String(b.name)})
	})
	switch code, status := codeOf(err), statusOf(err); {
	case err == nil:
		c := out.ObjectLockConfiguration
		return c != nil && c.ObjectLockEnabled == types.ObjectLockEnabledEnabled, nil
	case code == "ObjectLockConfigurationNotFoundError", code == "NotImplemented", status == http.StatusNotImplemented:
		return false, nil
	}
	op := operation{verb: "read the object lock of", object: b.URI(""), permission: "s3:GetBucketObjectLockConfiguration"}
	return false, b.failure(ctx, op, err)
}

// PutNewLocked is PutNew for an object that the bucket keeps in a mode until a time.
func (b *Bucket) PutNewLocked(ctx context.Context, key string, content []byte, mode string, until time.Time) (written bool, err error) {
	in := b.putInput(key, content)
	in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockMode(mode), aws.Time(until)
	in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 // the protocol requires one with a lock
	return b.putNew(ctx, in, content)
}
