package bucket

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/drillgres/drillgres/drill/locate"
)

// Credentials describes the credentials, as described by locate.Expiring. Those of a role
// are renewed before they end, so their end is not reported.
func (b *Bucket) Credentials(ctx context.Context) locate.Credentials {
	if b.creds == nil {
		return locate.Credentials{Why: "there are none"}
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	c, err := b.creds.Retrieve(ctx)
	switch {
	case err != nil:
		return locate.Credentials{Why: "they cannot be read"}
	case b.signedIn():
		return locate.Credentials{Why: "they end with the session of a person who signed in (SSO or aws login)"}
	case c.CanExpire:
		return locate.Credentials{Text: "renewed before they end"}
	case c.SessionToken != "":
		return locate.Credentials{Why: "a session token does not state when it ends"}
	default:
		return locate.Credentials{Text: "a key without an end"}
	}
}

// signedIn reports whether the credentials are those of a person who signed in, or of a
// role that such a person assumes. They are renewed only until the session ends.
func (b *Bucket) signedIn() bool {
	chain, ok := b.creds.(aws.CredentialProviderSource)
	if !ok {
		return false
	}
	return slices.ContainsFunc(chain.ProviderSources(), func(s aws.CredentialSource) bool {
		return slices.Contains([]aws.CredentialSource{
			aws.CredentialSourceSSO, aws.CredentialSourceProfileSSO, aws.CredentialSourceSSOLegacy, aws.CredentialSourceProfileSSOLegacy,
			aws.CredentialSourceLogin, aws.CredentialSourceProfileLogin,
		}, s)
	})
}
