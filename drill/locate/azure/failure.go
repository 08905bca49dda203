package azure

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
)

const endpointKey = "backup.azure.endpoint"

// operation describes a request for the message of its failure.
type operation struct {
	doing string // list az://account/container
	class string // access tier of the blob
	read  bool   // the request reads a blob that was listed before
}

// Azure's error codes by what they mean for a drill. The HTTP status decides for any
// other code.
var (
	archivedCodes = []string{"BlobArchived", "BlobBeingRehydrated"}
	missingCodes  = []string{"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled", "ResourceNotFound", "InvalidResourceName"}
	changedCodes  = []string{"BlobNotFound", "ConditionNotMet", "InvalidRange", "ContainerNotFound", "ResourceNotFound"}
	deniedCodes   = []string{"BlobUsesCustomerSpecifiedEncryption", "PublicAccessNotPermitted", "AccountIsDisabled"}
	// The codes of a key, a SAS or a token that is not valid.
	invalidCodes = []string{"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"}
	// The codes of a rule that the account sets for all credentials.
	accountCodes = []string{"KeyBasedAuthenticationNotPermitted", "AuthorizationSourceIPMismatch", "AuthorizationFailure"}
)

// failure returns the Failure for an error of the SDK. It returns the cause of ctx if
// ctx is done.
func (s *Source) failure(ctx context.Context, op operation, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var (
		lacks  *tokenError
		answer *azcore.ResponseError
	)
	switch {
	case errors.As(err, &lacks):
		return s.noCredentials(lacks.err)
	case errors.As(err, &answer):
		return s.answered(op, answer)
	case isXML(err):
		return store.NotAStore(op.doing, "the response is not a listing", endpointKey)
	default:
		return store.Unreachable(op.doing, store.WithoutURL(err), endpointKey)
	}
}

func isXML(err error) bool {
	var syntax *xml.SyntaxError
	return errors.As(err, &syntax) || strings.Contains(err.Error(), "unmarshalling type") && !errors.Is(err, io.ErrUnexpectedEOF)
}

// answered returns the Failure for an error that the server answered.
func (s *Source) answered(op operation, answer *azcore.ResponseError) error {
	code, status := answer.ErrorCode, answer.StatusCode
	changed := status == http.StatusNotFound || status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable
	switch {
	case slices.Contains(archivedCodes, code):
		return outcome.Fail(outcome.BackupArchived, "%s: it is archived%s and cannot be read before it is rehydrated", op.doing, tier(op)).
			WithHint("rehydrate the blob to the tier Hot or Cool, which takes up to 15 hours")
	case op.read && (slices.Contains(changedCodes, code) || changed):
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced or removed after it was listed (%s)", op.doing, essential(answer))
	case slices.Contains(missingCodes, code):
		return outcome.Fail(outcome.SourceNotFound, "%s: container %s does not exist in account %s%s (%s)", op.doing, s.at.container, s.at.account, s.atEndpoint(), essential(answer)).
			WithHint("correct backup.from or %s", endpointKey)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, slices.Contains(deniedCodes, code):
		return s.denied(op, answer)
	case status == http.StatusNotFound:
		return outcome.Fail(outcome.SourceNotFound, "%s: not found%s (%s)", op.doing, s.atEndpoint(), essential(answer)).
			WithHint("correct backup.from or %s", endpointKey)
	default:
		return store.Unreachable(op.doing, essential(answer), endpointKey)
	}
}

func tier(op operation) string {
	if op.class == "" {
		return ""
	}
	return " (tier " + op.class + ")"
}

func (s *Source) atEndpoint() string {
	if s.endpoint == "" {
		return ""
	}
	return " at " + s.endpoint
}

func (s *Source) denied(op operation, answer *azcore.ResponseError) error {
	f := outcome.Fail(outcome.SourceDenied, "%s: refused (%s)", op.doing, essential(answer))
	switch code := answer.ErrorCode; {
	case code == "BlobUsesCustomerSpecifiedEncryption":
		return f.WithHint("store the backup without a customer-provided encryption key")
	case slices.Contains(invalidCodes, code) && s.signIn == nil:
		return f.WithHint("correct or renew the key or the SAS in the environment, and check this machine's clock")
	case slices.Contains(invalidCodes, code):
		return f.WithHint("sign in again, or correct AZURE_TENANT_ID: the account does not accept this token")
	case slices.Contains(accountCodes, code):
		return f.WithHint("allow this kind of credentials, and this machine's address, in the settings of account %s", s.at.account)
	default:
		return f.WithHint("grant this identity the role Storage Blob Data Reader on container %s, or a SAS the permissions read and list", s.at.container)
	}
}

// essential returns the part of an answer that an operator needs. The SDK's own text
// is a dump of the response.
func essential(answer *azcore.ResponseError) error {
	var parts []string
	if answer.ErrorCode != "" {
		parts = append(parts, answer.ErrorCode+",")
	}
	parts = append(parts, fmt.Sprintf("HTTP %d", answer.StatusCode))
	text := strings.Join(parts, " ")
	if answer.RawResponse != nil {
		if id := answer.RawResponse.Header.Get("X-Ms-Request-Id"); id != "" {
			text += ", request " + id
		}
	}
	return errors.New(text)
}
