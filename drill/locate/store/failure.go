package store

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Unreachable returns a Failure with the code source_unreachable. doing is what was
// being done: list gs://bucket. key is the config key of the store's endpoint.
func Unreachable(doing string, err error, key string) *outcome.Failure {
	f := outcome.Fail(outcome.SourceUnreachable, "%s: %w", doing, err)
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return f.WithHint("correct backup.from or %s: %s does not exist", key, dns.Name)
	case errors.As(err, &certificate):
		return f.WithHint("set SSL_CERT_FILE to the store's certificate authority, or correct %s", key)
	default:
		return f
	}
}

// NotAStore returns the Failure for a response that no store sends.
func NotAStore(doing, why, key string) *outcome.Failure {
	return outcome.Fail(outcome.SourceUnreachable, "%s: %s", doing, why).
		WithHint("check that %s is the address of the store's API", key)
}

// WithoutURL returns the network error inside err, or the innermost error. It omits
// the URL of the request, whose query may contain a signature.
func WithoutURL(err error) error {
	var request *url.Error
	if !errors.As(err, &request) {
		return innermost(err)
	}
	for errors.As(err, &request) {
		err = request.Err
	}
	return err
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
