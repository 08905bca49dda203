// Package azure reads backups from Azure Blob Storage. It is the only package that
// imports its SDK.
package azure

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Options selects the folder of a container and how to reach it. The URL is
// az://account/container, az://account/container/folder or
// az://account/container/blob. The environment has the credentials:
// AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, or what
// the SDK's usual chain finds.
type Options struct {
	URL      string
	Endpoint string // of the blob service; empty: https://account.blob.core.windows.net
	store.Network
}

// Kind is the kind of source with az:// URLs.
var Kind = locate.Kind{
	Kind: place.Kind{
		Schemes: []string{"az"}, Example: "az://account/container/prefix", Section: "azure",
		Check: func(url string) error {
			_, err := parseURL(url)
			return err
		},
		Secrets: []string{
			"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN",
			"AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD",
		},
	},
	Open: func(_ context.Context, b config.Backup) (locate.Source, error) {
		return New(Options{URL: string(b.From), Endpoint: string(b.Azure.Endpoint)})
	},
}

// Source is a folder of a container, or a single blob.
type Source struct {
	folder        store.Folder
	at            location
	endpoint      string // for messages; empty: Azure
	*locate.Clock        // the transport
	client        *container.Client
	signIn        azcore.TokenCredential // nil: requests are signed by a key or a SAS

	// unversioned is set if the credentials do not allow reading by version.
	unversioned atomic.Bool
}

var (
	_ locate.Source   = (*Source)(nil)
	_ locate.Resolver = (*Source)(nil)
	_ locate.Clocked  = (*Source)(nil)
)

// New reads the credentials in the environment. It does not use the network. It fails
// with config_invalid, or with source_denied if the credentials cannot be used.
func New(o Options) (*Source, error) {
	at, err := parseURL(o.URL)
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "backup.from %w", err).
			WithHint("write az://account/container/prefix; set credentials in the environment and the endpoint in backup.azure.endpoint")
	}
	if o.Endpoint != "" {
		if err := config.CheckEndpoint(o.Endpoint); err != nil {
			return nil, outcome.Fail(outcome.ConfigInvalid, "backup.azure.endpoint %w", err)
		}
	}
	s := &Source{
		folder:   store.Folder{Root: "az://" + at.account + "/" + at.container, Path: at.path},
		at:       at,
		endpoint: o.Endpoint,
		Clock:    &locate.Clock{Transport: o.Transport()},
	}
	if err := s.open(o); err != nil {
		return nil, err
	}
	return s, nil
}

// Close closes idle connections.
func (s *Source) Close() error {
	s.CloseIdleConnections()
	return nil
}

// URI returns az://account/container/key, with unprintable characters
// percent-encoded.
func (s *Source) URI(o locate.Object) string { return s.folder.URI(o) }

// location is what an az:// URL names.
type location struct{ account, container, path string }

var (
	accountName   = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
	containerName = regexp.MustCompile(`^(\$[a-z]+|[a-z0-9](-?[a-z0-9]){2,62})$`)
)

func parseURL(text string) (location, error) {
	rest, ok := strings.CutPrefix(text, "az://")
	if !ok {
		return location{}, errors.New("does not begin with az://")
	}
	account, rest, _ := strings.Cut(rest, "/")
	name, path, _ := strings.Cut(rest, "/")
	_, query, _ := strings.Cut(rest, "?")
	switch {
	case !accountName.MatchString(account):
		return location{}, errors.New("has no valid name of a storage account (want az://account/container/prefix; credentials come from the environment)")
	case strings.Contains(query, "sig="):
		return location{}, errors.New("contains a SAS (want az://account/container/prefix; set AZURE_STORAGE_SAS_TOKEN instead)")
	case !containerName.MatchString(name):
		return location{}, errors.New("has no valid name of a container (want az://account/container/prefix)")
	}
	return location{account: account, container: name, path: strings.TrimSuffix(path, "/")}, nil
}

// serviceURL returns the address of the account's blob service. An endpoint whose host
// does not begin with the account, such as an emulator's, has the account in its path.
func serviceURL(endpoint, account string) string {
	if endpoint == "" {
		return "https://" + account + ".blob.core.windows.net"
	}
	endpoint = strings.TrimSuffix(endpoint, "/")
	u, err := url.Parse(endpoint)
	if err == nil && (strings.HasPrefix(u.Host, account+".") || strings.HasSuffix(u.Path, "/"+account)) {
		return endpoint
	}
	return endpoint + "/" + account
}
