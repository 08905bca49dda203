package azure

import (
	"context"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
)

var (
	_ locate.Postured = (*Source)(nil)
	_ locate.Expiring = (*Source)(nil)
)

// Posture asks for the properties of the container, as described by locate.Postured.
// Versions, lifecycle rules and the region are settings of the account, which the blob
// service does not state.
func (s *Source) Posture(ctx context.Context, _ string) (p locate.Posture) {
	unanswered := func(name outcome.FactName) func(context.Context) outcome.Fact {
		return func(context.Context) outcome.Fact { return outcome.Fact{Name: name, Why: outcome.Unanswered} }
	}
	var properties container.GetPropertiesResponse
	var err error
	locate.Ask(ctx, func(ctx context.Context) outcome.Fact {
		properties, err = s.client.GetProperties(ctx, nil)
		return outcome.Fact{}
	})
	property := func(name outcome.FactName, value func() string) func(context.Context) outcome.Fact {
		return func(ctx context.Context) outcome.Fact {
			switch {
			case err == nil:
				return outcome.Fact{Name: name, Value: value()}
			case store.IsDenied(s.failure(ctx, operation{doing: "read the properties of " + s.folder.Root}, err)):
				return outcome.Fact{Name: name, Why: "refused", Permission: "Microsoft.Storage/storageAccounts/blobServices/containers/read"}
			default:
				return outcome.Fact{Name: name, Why: "the store did not answer"}
			}
		}
	}
	p.Facts = locate.Ask(ctx,
		unanswered(outcome.FactVersioning),
		property(outcome.FactObjectLock, func() string { return lockOf(properties) }),
		property(outcome.FactPublic, func() string { return publicAccessOf(properties) }),
		func(context.Context) outcome.Fact {
			return outcome.Fact{Name: outcome.FactEncryption, Value: "Azure's"}
		}, // always
		unanswered(outcome.FactRegion),
		unanswered(outcome.FactLifecycle))
	p.Mend = map[outcome.FactName]string{
		outcome.FactObjectLock: "az storage container immutability-policy create --account-name " + s.at.account + " --container-name " + s.at.container + " --period 30",
		outcome.FactPublic:     "az storage container set-permission --account-name " + s.at.account + " --name " + s.at.container + " --public-access off",
	}
	return p
}

func lockOf(p container.GetPropertiesResponse) string {
	is := func(b *bool) bool { return b != nil && *b }
	switch {
	case is(p.HasImmutabilityPolicy):
		return "immutability policy"
	case is(p.HasLegalHold):
		return "legal hold"
	case is(p.IsImmutableStorageWithVersioningEnabled):
		return "on, without a default retention"
	default:
		return outcome.Off
	}
}

func publicAccessOf(p container.GetPropertiesResponse) string {
	if p.BlobPublicAccess == nil || *p.BlobPublicAccess == "" {
		return "no"
	}
	return "yes, by the access level " + string(*p.BlobPublicAccess) + " of the container"
}

// Credentials describes the credentials, as described by locate.Expiring.
func (s *Source) Credentials(context.Context) locate.Credentials {
	found, err := s.secrets()
	switch {
	case err != nil:
		return locate.Credentials{Why: "they cannot be read"}
	case found.key != "":
		return locate.Credentials{Text: "a key without an end"}
	case found.sas == "":
		return locate.Credentials{Why: "an identity does not state when its secret ends"}
	}
	query, err := url.ParseQuery(strings.TrimPrefix(found.sas, "?"))
	if err != nil {
		return locate.Credentials{Why: "the SAS cannot be read"}
	}
	signed := locate.SignedFor(query)
	if signed.Ends.IsZero() {
		return locate.Credentials{Why: "the SAS does not state when it ends"}
	}
	return signed
}
