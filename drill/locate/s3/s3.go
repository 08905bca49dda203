// Package s3 reads backups from an object store that speaks S3: AWS, R2, MinIO,
// Ceph and others. It is the only package that imports the AWS SDK.
package s3

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Options say which folder of which bucket to read, and how to reach it.
// Credentials come from the SDK's usual chain.
type Options struct {
	URL       string // s3://bucket, s3://bucket/folder or s3://bucket/object
	Endpoint  string // of a store that is not AWS; empty: AWS
	Region    string // empty: what the environment says, else us-east-1
	PathStyle *bool  // nil: true with an endpoint of its own
	Profile   string // of the shared AWS config

	Attempts      int           // of one request; 0: 5
	MaxBackoff    time.Duration // between two of them; 0: 5 s
	HeaderTimeout time.Duration // until a request is answered; 0: 20 s
}

// Source is a folder of a bucket, or a single object.
type Source struct {
	client    *s3.Client
	transport *http.Transport
	creds     aws.CredentialsProvider
	bucket    string
	path      string // of the URL, without slashes around it
	endpoint  string // as messages name it

	// single is set by List when the URL names an object instead of a folder.
	single atomic.Bool
	// unversioned is set when the credentials may not read by version.
	unversioned atomic.Bool
}

var (
	_ locate.Source   = (*Source)(nil)
	_ locate.Resolver = (*Source)(nil)
)

// New reads the AWS configuration but asks nothing of the network. It fails
// with config_invalid, or with source_denied when the profile does not exist.
func New(ctx context.Context, o Options) (*Source, error) {
	bucket, path, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if err := checkEndpoint(o.Endpoint); err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(o.Profile),
		config.WithRegion(o.Region),
		config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, outcome.Fail(outcome.SourceDenied, "read the AWS configuration: %w", err).
			WithHint("correct backup.s3.profile, AWS_PROFILE or the files in ~/.aws")
	}
	s := &Source{bucket: bucket, path: path, endpoint: o.Endpoint, creds: cfg.Credentials}
	client := httpClient(cfg.HTTPClient, o.HeaderTimeout)
	s.transport, _ = client.Transport.(*http.Transport)
	cfg.HTTPClient = client
	s.client = s3.NewFromConfig(cfg, o.apply)
	return s, nil
}

// apply sets what stores other than AWS need. Checksums are asked for only
// where the protocol requires them: others refuse the headers, and bytes are
// compared with the backup's own checks anyway.
func (o Options) apply(s *s3.Options) {
	if s.Region == "" {
		s.Region = "us-east-1"
	}
	if o.Endpoint != "" {
		s.BaseEndpoint = aws.String(o.Endpoint)
		s.UsePathStyle = true
	}
	if o.PathStyle != nil {
		s.UsePathStyle = *o.PathStyle
	}
	s.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	s.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	s.DisableLogOutputChecksumValidationSkipped = true
	s.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts = orElse(o.Attempts, 5)
		r.MaxBackoff = orElse(o.MaxBackoff, 5*time.Second)
	})
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Close ends the connections that are kept for further requests.
func (s *Source) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// URI is s3://bucket/key, what cannot be printed percent-encoded.
func (s *Source) URI(o locate.Object) string {
	key := s.fullKey(o)
	if o.Key == "" || o.Key == "." { // the folder itself
		key = s.path
	}
	return strings.TrimSuffix("s3://"+s.bucket+"/"+locate.Escape(key), "/")
}

// fullKey is the key within the bucket; an Object's is within the folder.
func (s *Source) fullKey(o locate.Object) string {
	if s.single.Load() {
		return s.path
	}
	return s.folder() + o.Key
}

func (s *Source) folder() string {
	if s.path == "" {
		return ""
	}
	return s.path + "/"
}

func parseURL(from string) (bucket, path string, err error) {
	rest, ok := strings.CutPrefix(from, "s3://")
	if !ok {
		return "", "", outcome.Fail(outcome.ConfigInvalid, "backup.from does not begin with s3://")
	}
	bucket, path, _ = strings.Cut(rest, "/")
	if bucket == "" || strings.ContainsAny(bucket, "@:?# ") {
		return "", "", outcome.Fail(outcome.ConfigInvalid, "backup.from does not name a bucket after s3://").
			WithHint("write s3://bucket/folder; credentials come from the environment, an endpoint from backup.s3.endpoint")
	}
	return bucket, strings.TrimSuffix(path, "/"), nil
}

// checkEndpoint never prints the endpoint: it may hold a password.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return outcome.Fail(outcome.ConfigInvalid, "backup.s3.endpoint is not a URL such as https://host:port")
	}
	if u.User != nil || u.RawQuery != "" {
		return outcome.Fail(outcome.ConfigInvalid, "backup.s3.endpoint holds credentials or a query").
			WithHint("give credentials through the environment or an AWS profile")
	}
	return nil
}
