package bucket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/drillgres/drillgres/drill/locate"
)

// firstBackoff is the delay before the second attempt.
const firstBackoff = 200 * time.Millisecond

// again repeats a request whose response breaks off. The SDK repeats a request only until
// the headers of its response arrive. An error that the server answered is returned at
// once.
func again[T any](ctx context.Context, b *Bucket, request func() (T, error)) (T, error) {
	delay := b.backoff
	for attempt := 1; ; attempt++ {
		value, err := request()
		if err == nil || codeOf(err) != "" || !brokeOff(err) || attempt >= b.attempts {
			return value, err
		}
		if locate.Pause(ctx, delay) != nil {
			return value, err
		}
		delay *= 2
	}
}

// brokeOff reports whether the body of a successful response ended early.
func brokeOff(err error) bool {
	var request *smithy.OperationError
	if !errors.As(err, &request) {
		return true // while the bytes of an object were read
	}
	var (
		body    *smithy.DeserializationError
		network *net.OpError
	)
	// The XML decoder reports a body that just ends as a syntax error.
	return errors.As(err, &body) && statusOf(err) < http.StatusMultipleChoices &&
		(errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network) || strings.Contains(err.Error(), "unexpected EOF"))
}
