// Package gcs reads backups from Google Cloud Storage. It is the only package that
// imports its SDK.
package gcs

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"

	"cloud.google.com/go/storage"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Options selects the folder of a bucket and how to reach it. The URL is gs://bucket,
// gs://bucket/folder or gs://bucket/object. Credentials are Google's Application
// Default Credentials.
type Options struct {
	URL      string
	Endpoint string // empty: that of STORAGE_EMULATOR_HOST, otherwise Google's
	Project  string // pays for the requests; empty: the bucket's owner
	store.Network
}

// Kind is the kind of source with gs:// URLs.
var Kind = locate.Kind{
	Kind: place.Kind{
		Schemes: []string{"gs"}, Example: "gs://bucket/prefix", Section: "gcs",
		Check: func(url string) error {
			_, _, err := parseURL(url)
			return err
		},
	},
	Open: func(_ context.Context, b config.Backup) (locate.Source, error) {
		return New(Options{URL: string(b.From), Endpoint: string(b.GCS.Endpoint), Project: string(b.GCS.Project)})
	},
}

// Source is a folder of a bucket, or a single object.
type Source struct {
	folder        store.Folder
	options       Options
	name          string // of the bucket
	*locate.Clock        // the transport

	mu     sync.Mutex
	opened *storage.Client // at the first request
}

var (
	_ locate.Source  = (*Source)(nil)
	_ locate.Clocked = (*Source)(nil)
)

// New checks the options. It does not use the network. It fails with config_invalid.
func New(o Options) (*Source, error) {
	name, path, err := parseURL(o.URL)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from %w", err).
			WithHint("write gs://bucket/prefix; set credentials in the environment and the endpoint in backup.gcs.endpoint")
	}
	if o.Endpoint == "" {
		o.Endpoint = emulator()
	}
	if o.Endpoint != "" {
		if err := config.CheckEndpoint(o.Endpoint); err != nil {
			return nil, outcome.Fail(outcome.ConfigInvalid, "backup.gcs.endpoint %w", err)
		}
	}
	return &Source{folder: store.Folder{Root: "gs://" + name, Path: path}, options: o, name: name, Clock: &locate.Clock{Transport: o.Transport()}}, nil
}

// Close closes idle connections.
func (s *Source) Close() error {
	s.CloseIdleConnections()
	return nil
}

// URI returns gs://bucket/key, with unprintable characters percent-encoded.
func (s *Source) URI(o locate.Object) string { return s.folder.URI(o) }

// bucketName matches the names of buckets, also of those that a domain owns.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)

func parseURL(url string) (bucket, path string, err error) {
	rest, ok := strings.CutPrefix(url, "gs://")
	if !ok {
		return "", "", errors.New("does not begin with gs://")
	}
	bucket, path, _ = strings.Cut(rest, "/")
	if !bucketName.MatchString(bucket) {
		return "", "", errors.New("has no valid bucket name (want gs://bucket/prefix; credentials come from GOOGLE_APPLICATION_CREDENTIALS or this machine)")
	}
	return bucket, strings.TrimSuffix(path, "/"), nil
}
