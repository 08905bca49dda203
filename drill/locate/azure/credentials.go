package azure

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
)

const setCredentials = "set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING, or AZURE_CLIENT_ID with its tenant and secret"

// secrets are the credentials in the environment, in the order of their precedence,
// which is that of Azure's own tools.
type secrets struct {
	variable string // of the environment
	endpoint string // of a connection string
	key      string
	sas      string
}

func (s *Source) secrets() (secrets, error) {
	if text := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); text != "" {
		return s.connectionString(text)
	}
	if key := os.Getenv("AZURE_STORAGE_KEY"); key != "" {
		return secrets{variable: "AZURE_STORAGE_KEY", key: key}, nil
	}
	if sas := os.Getenv("AZURE_STORAGE_SAS_TOKEN"); sas != "" {
		return secrets{variable: "AZURE_STORAGE_SAS_TOKEN", sas: sas}, nil
	}
	return secrets{}, nil
}

// connectionString reads AccountName=…;AccountKey=…;BlobEndpoint=…, or
// BlobEndpoint=…;SharedAccessSignature=….
func (s *Source) connectionString(text string) (secrets, error) {
	const variable = "AZURE_STORAGE_CONNECTION_STRING"
	values := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		values[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	got := secrets{variable: variable, endpoint: values["blobendpoint"], key: values["accountkey"], sas: values["sharedaccesssignature"]}
	if suffix := values["endpointsuffix"]; got.endpoint == "" && suffix != "" {
		got.endpoint = cmp.Or(values["defaultendpointsprotocol"], "https") + "://" + s.at.account + ".blob." + suffix
	}
	account := values["accountname"]
	switch {
	case account != "" && account != s.at.account:
		return secrets{}, s.unusable(variable, "is for another storage account")
	case got.key == "" && got.sas == "":
		return secrets{}, s.unusable(variable, "has neither AccountKey nor SharedAccessSignature")
	}
	return got, nil
}

func (s *Source) unusable(variable, why string) *outcome.Failure {
	return outcome.Fail(outcome.SourceDenied, "no credentials for %s: %s %s", s.folder.Root, variable, why).WithHint("correct %s", variable)
}

// open sets the client of the container.
func (s *Source) open(o Options) error {
	found, err := s.secrets()
	if err != nil {
		return err
	}
	address := serviceURL(cmp.Or(o.Endpoint, found.endpoint), s.at.account) + "/" + s.at.container
	opts := &container.ClientOptions{ClientOptions: clientOptions(o, s)}
	switch {
	case found.key != "":
		var key *azblob.SharedKeyCredential
		// The error quotes a part of the key.
		if key, err = azblob.NewSharedKeyCredential(s.at.account, found.key); err != nil {
			return s.unusable(found.variable, "has no key in base64")
		}
		s.client, err = container.NewClientWithSharedKeyCredential(address, key, opts)
	case found.sas != "":
		if !strings.Contains(found.sas, "sig=") {
			return s.unusable(found.variable, "has no SAS with a signature (sig=)")
		}
		s.client, err = container.NewClientWithNoCredential(address+"?"+strings.TrimPrefix(found.sas, "?"), opts)
	default:
		err = s.openSignedIn(address, opts)
	}
	var named *outcome.Failure
	if err != nil && !errors.As(err, &named) { // it may quote the address, and that a SAS
		return outcome.Fail(outcome.SourceDenied, "%s cannot be opened with these credentials", s.folder.Root).WithHint(setCredentials)
	}
	return err
}

// openSignedIn sets a client whose requests carry tokens of Microsoft Entra ID: of a
// service principal, a workload, a managed identity, or the user of az.
func (s *Source) openSignedIn(address string, opts *container.ClientOptions) error {
	if strings.HasPrefix(address, "http://") { // a bearer token would be sent in clear text
		return outcome.Fail(outcome.SourceDenied, "no credentials for %s that may be sent over plain HTTP", s.folder.Root).
			WithHint("set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or backup.azure.endpoint to an https:// address")
	}
	chain, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: opts.ClientOptions})
	if err != nil {
		return s.noCredentials(err)
	}
	s.signIn = bounded{chain}
	s.client, err = container.NewClient(address, s.signIn, opts)
	return err
}

func clientOptions(o Options, s *Source) azcore.ClientOptions {
	first, most := o.Backoff()
	return azcore.ClientOptions{
		Transport: store.Client(s.Clock),
		Retry:     policy.RetryOptions{MaxRetries: retries(o), RetryDelay: first, MaxRetryDelay: most},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}
}

// retries returns the number of retries in the SDK's notation: -1 for none.
func retries(o Options) int32 {
	if n := int32(o.Tries() - 1); n > 0 {
		return n
	}
	return -1
}

// bounded is a credential that does not wait for a service that does not answer.
type bounded struct{ chain azcore.TokenCredential }

// tokenError is the error of a request for which no token could be fetched.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }

// NonRetriable tells the SDK not to repeat the request.
func (e *tokenError) NonRetriable() {}

func (b bounded) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := store.Within(ctx, store.CredentialsTimeout, func(ctx context.Context) (azcore.AccessToken, error) {
		return b.chain.GetToken(ctx, o)
	})
	if err != nil {
		return t, &tokenError{err}
	}
	return t, nil
}

// noCredentials returns the Failure for an error of the search for credentials.
func (s *Source) noCredentials(err error) error {
	var refused *azidentity.AuthenticationFailedError
	if errors.As(err, &refused) {
		return outcome.Fail(outcome.SourceDenied, "credentials for %s: Microsoft Entra ID refused them%s", s.folder.Root, entraCode(refused)).
			WithHint("correct or renew AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET")
	}
	return outcome.Fail(outcome.SourceDenied, "no credentials for %s: %s", s.folder.Root, firstLine(err)).WithHint(setCredentials)
}

// firstLine returns the beginning of the SDK's list of what it tried.
func firstLine(err error) string {
	line, _, _ := strings.Cut(store.WithoutURL(err).Error(), "\n")
	return strings.TrimSuffix(strings.TrimSpace(line), ".")
}

// entraCode returns the code in an error of Entra ID, such as AADSTS7000215. The rest
// of its text is a dump of the response.
func entraCode(err error) string {
	_, rest, found := strings.Cut(err.Error(), "AADSTS")
	if !found {
		return ""
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	return " (AADSTS" + rest[:end] + ")"
}
