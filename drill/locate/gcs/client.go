package gcs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/option"

	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
)

// emulator returns the address in the variable that the SDK reads too.
func emulator() string {
	host := os.Getenv("STORAGE_EMULATOR_HOST")
	if host == "" || strings.Contains(host, "://") {
		return host
	}
	return "http://" + host
}

// client returns the client of the bucket's API. It opens the client at the first
// request, because the search for credentials may use the network.
func (s *Source) client(ctx context.Context) (*storage.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened != nil {
		return s.opened, nil
	}
	round, err := s.authenticated(ctx)
	if err != nil {
		return nil, err
	}
	opts := []option.ClientOption{option.WithHTTPClient(store.Client(&asStored{round})), storage.WithJSONReads()}
	if s.options.Endpoint != "" {
		opts = append(opts, option.WithEndpoint(strings.TrimSuffix(s.options.Endpoint, "/")+"/storage/v1/"))
	}
	client, err := storage.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("open the client of Google Cloud Storage: %w", store.WithoutURL(err))
	}
	first, most := s.options.Backoff()
	client.SetRetry(storage.WithMaxAttempts(s.options.Tries()), storage.WithBackoff(gax.Backoff{Initial: first, Max: most, Multiplier: 2}))
	s.opened = client
	return client, nil
}

// bucket returns the bucket, with the project that pays.
func (s *Source) bucket(ctx context.Context) (*storage.BucketHandle, error) {
	client, err := s.client(ctx)
	if err != nil {
		return nil, err
	}
	b := client.Bucket(s.name)
	if s.options.Project != "" {
		b = b.UserProject(s.options.Project)
	}
	return b, nil
}

// anonymous reports whether requests must not carry credentials: a bearer token that
// is sent over plain HTTP is no longer a secret.
func (s *Source) anonymous() bool { return strings.HasPrefix(s.options.Endpoint, "http://") }

// authenticated returns a transport that adds a token to every request. It returns
// the transport without tokens for an endpoint that is not Google's if there are no
// credentials. It fails with source_denied.
func (s *Source) authenticated(ctx context.Context) (http.RoundTripper, error) {
	if s.anonymous() {
		return s.Clock, nil
	}
	creds, err := credentials.DetectDefault(&credentials.DetectOptions{
		Scopes:              []string{storage.ScopeReadOnly},
		Client:              store.Client(s.Clock),
		DisableAsyncRefresh: true, // the refresh would outlive the request
	})
	switch {
	case err != nil && s.options.Endpoint != "" && strings.Contains(err.Error(), "could not find default credentials"):
		return s.Clock, nil
	case err != nil:
		return nil, s.noCredentials(err)
	}
	_, err = token(ctx, creds)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, s.noCredentials(err)
	}
	return &bearer{base: s.Clock, creds: creds}, nil
}

func token(ctx context.Context, creds *auth.Credentials) (*auth.Token, error) {
	return store.Within(ctx, store.CredentialsTimeout, creds.Token)
}

// noCredentials returns the Failure for an error of the search for credentials.
func (s *Source) noCredentials(err error) error {
	var refused *auth.Error
	if !errors.As(err, &refused) {
		return outcome.Fail(outcome.SourceDenied, "no credentials for %s: %w", s.folder.Root, store.WithoutURL(err)).
			WithHint("set GOOGLE_APPLICATION_CREDENTIALS to a file of credentials, or run on a machine with a service account")
	}
	if refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError {
		return outcome.Fail(outcome.SourceUnreachable, "fetch a token for %s: HTTP %d", s.folder.Root, refused.Response.StatusCode)
	}
	// The text of the response is not shown: it is that of any server.
	return outcome.Fail(outcome.SourceDenied, "credentials for %s: Google refused them%s", s.folder.Root, describe(refused)).
		WithHint("renew the credentials in GOOGLE_APPLICATION_CREDENTIALS: they have expired or were revoked")
}

var codePattern = regexp.MustCompile(`^[a-z_]{1,40}$`)

// describe returns the code of a refusal, such as invalid_grant.
func describe(refused *auth.Error) string {
	var answer struct{ Error string }
	if json.Unmarshal(refused.Body, &answer) == nil && codePattern.MatchString(answer.Error) {
		return " (" + answer.Error + ")"
	}
	if refused.Response != nil {
		return fmt.Sprintf(" (HTTP %d)", refused.Response.StatusCode)
	}
	return ""
}
