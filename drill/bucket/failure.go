package bucket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/drillgres/drillgres/drill/outcome"
)

// operation describes a request for the message of its failure.
type operation struct {
	verb       string // list, read, write
	object     string // URI
	permission string // required for the request
	class      string // storage class of the object
	read       bool   // the request reads an object that was listed before
}

// kmsPermission returns the permission that the operation requires on the key
// that encrypts the bucket.
func (op operation) kmsPermission() string {
	if op.permission == "s3:PutObject" {
		return "kms:GenerateDataKey"
	}
	return "kms:Decrypt"
}

// S3's error codes by what they mean for a drill. The HTTP status decides for any
// other code.
var (
	deniedCodes = []string{
		"AccessDenied", "AllAccessDisabled", "AccountProblem", "InvalidAccessKeyId", "SignatureDoesNotMatch",
		"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "InvalidSecurity",
		"NotSignedUp", "RequestExpired", "RequestTimeTooSkewed", "UnauthorizedAccess", "Forbidden", "InvalidClientTokenId",
	}
	wrongRegionCodes = []string{
		"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
		"IncorrectEndpoint", "InvalidRegion",
	}
	changedCodes = []string{"NoSuchKey", "NoSuchVersion", "PreconditionFailed", "InvalidRange", "MethodNotAllowed", "NotFound"}
)

// failure returns the Failure for an error of the SDK. It returns the cause of
// ctx if ctx is done.
func (b *Bucket) failure(ctx context.Context, op operation, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	doing := fmt.Sprintf("%s %s", op.verb, op.object)
	code, status := codeOf(err), statusOf(err)
	switch {
	case code == "NoSuchBucket", code == "InvalidBucketName":
		return outcome.Fail(outcome.SourceNotFound, "%s: bucket %s does not exist%s", doing, b.name, b.atEndpoint())
	case code == "InvalidObjectState":
		return outcome.Fail(outcome.BackupArchived, "%s: it is archived%s and cannot be read before it is thawed", doing, storageClass(op))
	case slices.Contains(wrongRegionCodes, code), status == http.StatusMovedPermanently:
		return b.wrongRegion(doing, err)
	case op.read && (slices.Contains(changedCodes, code) || status == http.StatusNotFound || status == http.StatusPreconditionFailed):
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced or removed after it was listed (%s)", doing, essential(err))
	case slices.Contains(deniedCodes, code), strings.HasPrefix(code, "KMS."), status == http.StatusUnauthorized, status == http.StatusForbidden:
		return b.deniedFailure(doing, op, code, err)
	case status == http.StatusNotFound:
		return outcome.Fail(outcome.SourceNotFound, "%s: not found%s (%s)", doing, b.atEndpoint(), essential(err))
	default:
		return b.unreachableFailure(doing, err)
	}
}

func (b *Bucket) atEndpoint() string {
	if b.endpoint == "" {
		return ""
	}
	return " at " + b.endpoint
}

func storageClass(op operation) string {
	if op.class == "" {
		return ""
	}
	return " (storage class " + op.class + ")"
}

func (b *Bucket) deniedFailure(doing string, op operation, code string, err error) error {
	f := outcome.Fail(outcome.SourceDenied, "%s: refused (%s)", doing, essential(err))
	switch {
	case code == "RequestTimeTooSkewed":
		return f.WithHint("set this machine's clock: it is too far from the server's")
	case strings.HasPrefix(code, "Expired") || code == "TokenRefreshRequired" || code == "RequestExpired":
		return f.WithHint("renew the credentials: they have expired")
	case code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken":
		return f.WithHint("correct the access key and its secret: the server rejects this pair")
	case strings.HasPrefix(code, "KMS.") || strings.Contains(err.Error(), "kms:"):
		return f.WithHint("grant these credentials %s on the key that encrypts the bucket", op.kmsPermission())
	default:
		return f.WithHint("grant these credentials %s on bucket %s", op.permission, b.name)
	}
}

// wrongRegion returns the Failure for a bucket that exists in another region or
// at another endpoint.
func (b *Bucket) wrongRegion(doing string, err error) error {
	f := outcome.Fail(outcome.SourceNotFound, "%s: bucket %s is not in this region or at this endpoint (%s)", doing, b.name, essential(err))
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		if region := response.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return f.WithHint("set %s.region to %s", b.section, region)
		}
	}
	return f.WithHint("set %[1]s.region to the bucket's region, and %[1]s.endpoint if the bucket is not on AWS", b.section)
}

func (b *Bucket) unreachableFailure(doing string, err error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "%s: %w", doing, essential(err))
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound && strings.HasPrefix(dns.Name, b.name+"."):
		return f.WithHint("set %[1]s.path_style to true, or correct %[1]s.endpoint", b.section)
	case errors.As(err, &certificate):
		return f.WithHint("set AWS_CA_BUNDLE to the store's certificate authority, or correct %s.endpoint", b.section)
	default:
		return f
	}
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func statusOf(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// essential returns the part of an SDK error that an operator needs: the server's
// answer or the network error, without the layers around it.
func essential(err error) error {
	var (
		api     smithy.APIError
		request *url.Error
		answer  *awshttp.ResponseError
	)
	switch {
	case errors.As(err, &api):
		return fmt.Errorf("%s%s", describeAPI(api, statusOf(err)), requestID(err))
	case errors.As(err, &request):
		return request.Err
	case errors.As(err, &answer):
		return fmt.Errorf("HTTP %d: %w", answer.HTTPStatusCode(), unwrapAll(answer))
	default:
		return unwrapAll(err)
	}
}

func describeAPI(api smithy.APIError, status int) string {
	text := api.ErrorCode()
	if message := strings.TrimSuffix(api.ErrorMessage(), "."); message != "" && message != text {
		text += ": " + message
	}
	if status != 0 {
		text += fmt.Sprintf(", HTTP %d", status)
	}
	return text
}

func requestID(err error) string {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.ServiceRequestID() != "" {
		return ", request " + answer.ServiceRequestID()
	}
	return ""
}

func unwrapAll(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
