package bucket

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/drillgres/drillgres/drill/outcome"
)

// maxConflicts is how often PutNew tries to write while the store reports a
// concurrent write of the same key.
const maxConflicts = 3

// PutNew writes a new object. It returns false, and changes nothing, if the key
// already exists. It relies on the store to check and write in one step
// (If-None-Match), and fails if the store reports that it does not support that.
// A store that silently ignores the condition overwrites the object.
func (b *Bucket) PutNew(ctx context.Context, key string, content []byte) (written bool, err error) {
	return b.putNew(ctx, b.putInput(key, content), content)
}

func (b *Bucket) putNew(ctx context.Context, in *s3.PutObjectInput, content []byte) (written bool, err error) {
	key := aws.ToString(in.Key)
	in.IfNoneMatch = aws.String("*")
	for range maxConflicts {
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
		return false, outcome.Fail(outcome.SourceUnreachable, "write %s: the store does not support conditional writes (%s)", b.URI(key), essential(err)).
			WithHint("use an S3 service that supports If-None-Match")
	default:
		return false, b.failure(ctx, b.writeOperation(key), err)
	}
}

// Put writes or replaces an object.
func (b *Bucket) Put(ctx context.Context, key string, content []byte) error {
	if _, err := b.client.PutObject(ctx, b.putInput(key, content)); err != nil {
		return b.failure(ctx, b.writeOperation(key), err)
	}
	return nil
}

func (b *Bucket) putInput(key string, content []byte) *s3.PutObjectInput {
	return &s3.PutObjectInput{
		Bucket: aws.String(b.name), Key: aws.String(key), Body: bytes.NewReader(content),
		ContentLength: aws.Int64(int64(len(content))), ContentType: aws.String(contentType(key)),
	}
}

// contentType returns how a browser shows an object: a page, or JSON.
func contentType(key string) string {
	if strings.HasSuffix(key, ".html") {
		return "text/html; charset=utf-8"
	}
	return "application/json"
}

func (b *Bucket) writeOperation(key string) operation {
	return operation{verb: "write", object: b.URI(key), permission: "s3:PutObject"}
}
