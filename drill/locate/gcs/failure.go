package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
)

const endpointKey = "backup.gcs.endpoint"

// operation describes a request for the message of its failure.
type operation struct {
	doing      string // list gs://bucket
	permission string // required for the request
	read       bool   // the request reads an object that was listed before
}

// failure returns the Failure for an error of the SDK. It returns the cause of ctx if
// ctx is done.
func (s *Source) failure(ctx context.Context, op operation, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var (
		named  *outcome.Failure
		lacks  *tokenError
		other  *replacedError
		answer *googleapi.Error
	)
	switch {
	case errors.As(err, &named):
		return err
	case errors.As(err, &lacks):
		return s.noCredentials(lacks.err)
	case errors.As(err, &other):
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced after it was listed: %w", op.doing, other)
	case errors.As(err, &answer):
		return s.answered(op, parsed(answer), err)
	default:
		return s.unreachable(op, err)
	}
}

// unreachable returns the Failure for an error of the network, or for a response that
// is not the API's.
func (s *Source) unreachable(op operation, err error) error {
	if strings.Contains(err.Error(), "partial request not satisfied") {
		return rangeIgnored(op.doing)
	}
	if text := err.Error(); strings.Contains(text, "invalid character") || strings.Contains(text, "unexpected end of JSON") {
		return store.NotAStore(op.doing, "the response is not a listing", endpointKey)
	}
	return store.Unreachable(op.doing, store.WithoutURL(err), endpointKey)
}

// parsed returns the answer with its message, which the SDK leaves in the body of an
// answer to a read.
func parsed(answer *googleapi.Error) *googleapi.Error {
	body := &http.Response{StatusCode: answer.Code, Header: answer.Header, Body: io.NopCloser(strings.NewReader(answer.Body))}
	var again *googleapi.Error
	if answer.Message == "" && errors.As(googleapi.CheckResponse(body), &again) {
		return again
	}
	return answer
}

// answered returns the Failure for an error that the server answered.
func (s *Source) answered(op operation, answer *googleapi.Error, err error) error {
	missing := answer.Code == http.StatusNotFound
	changed := missing || answer.Code == http.StatusPreconditionFailed || answer.Code == http.StatusRequestedRangeNotSatisfiable
	switch {
	case op.read && changed:
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced or removed after it was listed (%s)", op.doing, essential(answer))
	case errors.Is(err, storage.ErrBucketNotExist), missing:
		return outcome.Fail(outcome.SourceNotFound, "%s: bucket %s does not exist%s (%s)", op.doing, s.name, s.atEndpoint(), essential(answer)).
			WithHint("correct backup.from or %s", endpointKey)
	case hasReason(answer, "rateLimitExceeded", "userRateLimitExceeded"):
		return store.Unreachable(op.doing, essential(answer), endpointKey)
	case answer.Code == http.StatusUnauthorized, answer.Code == http.StatusForbidden, isRequesterPays(answer), isCustomerKey(answer):
		return s.denied(op, answer)
	default:
		return store.Unreachable(op.doing, essential(answer), endpointKey)
	}
}

func (s *Source) denied(op operation, answer *googleapi.Error) error {
	f := outcome.Fail(outcome.SourceDenied, "%s: refused (%s)", op.doing, essential(answer))
	switch text := strings.ToLower(answer.Message); {
	case isRequesterPays(answer):
		return f.WithHint("set backup.gcs.project to the project that pays for requests to bucket %s", s.name)
	case isCustomerKey(answer):
		return f.WithHint("store the backup without a customer-supplied encryption key")
	case strings.Contains(text, "kms"):
		return f.WithHint("grant the service agent of Cloud Storage roles/cloudkms.cryptoKeyEncrypterDecrypter on the key that encrypts the bucket")
	case s.anonymous():
		return f.WithHint("set backup.gcs.endpoint to an https:// address: requests to an http:// address carry no credentials")
	case strings.Contains(text, "anonymous"):
		return f.WithHint("set GOOGLE_APPLICATION_CREDENTIALS: the request carried no credentials")
	case answer.Code == http.StatusUnauthorized:
		return f.WithHint("renew the credentials: they have expired or were revoked")
	default:
		return f.WithHint("grant these credentials %s on bucket %s, for example by the role roles/storage.objectViewer", op.permission, s.name)
	}
}

func isRequesterPays(answer *googleapi.Error) bool {
	return strings.Contains(strings.ToLower(answer.Message), "requester pays") || hasReason(answer, "userProjectMissing")
}

func isCustomerKey(answer *googleapi.Error) bool {
	return hasReason(answer, "resourceIsEncryptedWithCustomerEncryptionKey")
}

func hasReason(answer *googleapi.Error, reasons ...string) bool {
	return slices.ContainsFunc(answer.Errors, func(e googleapi.ErrorItem) bool { return slices.Contains(reasons, e.Reason) })
}

func (s *Source) atEndpoint() string {
	if s.options.Endpoint == "" {
		return ""
	}
	return " at " + s.options.Endpoint
}

// essential returns the part of an answer that an operator needs. The body of an
// answer without a message may be a page of a proxy, and is not shown.
func essential(answer *googleapi.Error) error {
	var parts []string
	if len(answer.Errors) > 0 && answer.Errors[0].Reason != "" {
		parts = append(parts, answer.Errors[0].Reason+":")
	}
	if message := strings.TrimSuffix(strings.TrimSpace(answer.Message), "."); message != "" {
		parts = append(parts, message+",")
	}
	return errors.New(strings.Join(append(parts, fmt.Sprintf("HTTP %d", answer.Code)), " "))
}
