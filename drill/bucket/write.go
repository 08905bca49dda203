package bucket

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/drillgres/drillgres/drill/outcome"
)

// conflicts is how often a store may answer that somebody else is just at it.
const conflicts = 3

// PutNew writes an object that is not there yet; false: there is one of that
// key, which stays as it is. It relies on the store to look and write in one
// step (If-None-Match), and fails where the store says that it cannot. A store
// that ignores the condition without a word overwrites.
func (b *Bucket) PutNew(ctx context.Context, key string, content []byte) (written bool, err error) {
	in := b.putInput(key, content)
	in.IfNoneMatch = aws.String("*")
	for range conflicts {
		if _, err = b.client.PutObject(ctx, in); statusOf(err) != http.StatusConflict {
			break
		}
		in.Body = bytes.NewReader(content)
	}
	switch code, status := codeOf(err), statusOf(err); {
	case err == nil:
		return true, nil
	case code == "PreconditionFailed", status == http.StatusPreconditionFailed:
		return false, nil
	case slices.Contains([]string{"NotImplemented", "UnsupportedHeader"}, code), status == http.StatusNotImplemented:
		return false, outcome.Fail(outcome.SourceUnreachable, "write %s: the store cannot write only what is not there (%s)", b.URI(key), shortest(err)).
			WithHint("use an S3 service that supports conditional writes (If-None-Match)")
	default:
		return false, b.failure(ctx, b.writing(key), err)
	}
}

// Put writes or replaces an object.
func (b *Bucket) Put(ctx context.Context, key string, content []byte) error {
	if _, err := b.client.PutObject(ctx, b.putInput(key, content)); err != nil {
		return b.failure(ctx, b.writing(key), err)
	}
	return nil
}

func (b *Bucket) putInput(key string, content []byte) *s3.PutObjectInput {
	return &s3.PutObjectInput{
		Bucket: aws.String(b.name), Key: aws.String(key), Body: bytes.NewReader(content),
		ContentLength: aws.Int64(int64(len(content))), ContentType: aws.String("application/json"),
	}
}

func (b *Bucket) writing(key string) operation {
	return operation{verb: "write", object: b.URI(key), permission: "s3:PutObject"}
}
