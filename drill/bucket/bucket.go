// Package bucket accesses a bucket of an S3-compatible object store: AWS, R2,
// MinIO, Ceph and others. It lists, reads and writes objects, and turns errors of
// the SDK into Failures. It is the only package that imports the AWS SDK.
package bucket

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Options selects a bucket and how to reach it. Credentials come from the SDK's
// default credential chain.
type Options struct {
	URL       string // s3://bucket or s3://bucket/path
	Endpoint  string // of a store other than AWS; empty: AWS
	Region    string // empty: from the environment, otherwise us-east-1
	PathStyle *bool  // nil: true if Endpoint is set
	Profile   string // of the shared AWS config

	// The config keys to name in messages.
	URLKey  string // of URL: backup.from
	Section string // of the other options: backup.s3

	Attempts      int           // per request; 0: 5
	MaxBackoff    time.Duration // between two attempts; 0: 5 s
	HeaderTimeout time.Duration // until the response headers arrive; 0: 20 s
}

// At returns the Options for a URL and a config section.
func At(url string, s config.S3) Options {
	return Options{URL: url, Endpoint: string(s.Endpoint), Region: string(s.Region), PathStyle: s.PathStyle, Profile: s.Profile}
}

// Kind is the kind of place with s3:// URLs, for backups and for histories.
var Kind = place.Kind{
	Schemes: []string{"s3"}, Example: "s3://bucket/prefix", Section: "s3",
	Check: func(url string) error {
		_, _, err := parseURL(url)
		return err
	},
	Secrets: []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
}

// Bucket is one bucket. It is safe for concurrent use.
type Bucket struct {
	Path string // of the URL, without a trailing slash

	*locate.Clock // the transport

	client   *s3.Client
	creds    aws.CredentialsProvider
	name     string
	endpoint string // for messages; empty: AWS
	section  string
	attempts int           // per request
	backoff  time.Duration // before the second attempt; doubles with each further one
}

// Open reads the AWS configuration. It does not use the network. It fails with
// config_invalid, or with source_denied if the profile does not exist.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	name, path, err := parseURL(o.URL)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "%s %w", o.URLKey, err).
			WithHint("write s3://bucket/prefix; set credentials in the environment and the endpoint in %s.endpoint", o.Section)
	}
	if o.Endpoint != "" {
		if err := config.CheckEndpoint(o.Endpoint); err != nil {
			return nil, outcome.Fail(outcome.ConfigInvalid, "%s.endpoint %w", o.Section, err)
		}
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithSharedConfigProfile(o.Profile),
		awsconfig.WithRegion(o.Region),
		awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, outcome.Fail(outcome.SourceDenied, "read the AWS configuration: %w", err).
			WithHint("correct %s.profile, AWS_PROFILE or the files in ~/.aws", o.Section)
	}
	b := &Bucket{Path: path, name: name, endpoint: o.Endpoint, section: o.Section, creds: cfg.Credentials, attempts: cmp.Or(o.Attempts, 5), backoff: min(firstBackoff, cmp.Or(o.MaxBackoff, firstBackoff))}
	b.Clock = transport(cfg.HTTPClient, o.HeaderTimeout)
	cfg.HTTPClient = &http.Client{Transport: b.Clock, CheckRedirect: checkRedirect}
	b.client = s3.NewFromConfig(cfg, o.apply)
	return b, nil
}

// apply sets what stores other than AWS need. It requests checksums only where
// the protocol requires them: some stores reject the headers, and the backup's
// own checks verify the bytes anyway.
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
		r.MaxAttempts = cmp.Or(o.Attempts, 5)
		r.MaxBackoff = cmp.Or(o.MaxBackoff, 5*time.Second)
	})
}

// Close closes idle connections.
func (b *Bucket) Close() error {
	b.CloseIdleConnections()
	return nil
}

// URI returns s3://bucket/key, with unprintable characters percent-encoded.
func (b *Bucket) URI(key string) string {
	return strings.TrimSuffix("s3://"+b.name+"/"+locate.Escape(key), "/")
}

var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)

func parseURL(url string) (bucket, path string, err error) {
	rest, ok := strings.CutPrefix(url, "s3://")
	if !ok {
		return "", "", errors.New("does not begin with s3://")
	}
	bucket, path, _ = strings.Cut(rest, "/")
	if !bucketName.MatchString(bucket) {
		return "", "", errors.New("has no valid bucket name (want s3://bucket/prefix; credentials come from the environment or an AWS profile)")
	}
	return bucket, strings.TrimSuffix(path, "/"), nil
}
