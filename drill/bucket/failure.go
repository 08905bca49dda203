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

// operation is what was being done when an error came.
type operation struct {
	verb       string // list, read, write
	object     string // a URI
	permission string // that it needs
	class      string // storage class of the object
	read       bool   // of one object that was listed before
}

// kms is the permission that it needs of a bucket's key.
func (op operation) kms() string {
	if op.permission == "s3:PutObject" {
		return "kms:GenerateDataKey"
	}
	return "kms:Decrypt"
}

// codes of S3's errors by what they mean for a drill. What is not here is told
// by its HTTP status.
var (
	deniedCodes = []string{
		"AccessDenied", "AllAccessDisabled", "AccountProblem", "InvalidAccessKeyId", "SignatureDoesNotMatch",
		"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "InvalidSecurity",
		"NotSignedUp", "RequestExpired", "RequestTimeTooSkewed", "UnauthorizedAccess", "Forbidden", "InvalidClientTokenId",
	}
	elsewhereCodes = []string{
		"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
		"IncorrectEndpoint", "InvalidRegion",
	}
	changedCodes = []string{"NoSuchKey", "NoSuchVersion", "PreconditionFailed", "InvalidRange", "MethodNotAllowed", "NotFound"}
)

// failure names an error of the SDK. A context that ended gives its cause.
func (b *Bucket) failure(ctx context.Context, op operation, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	doing := fmt.Sprintf("%s %s", op.verb, op.object)
	code, status := codeOf(err), statusOf(err)
	switch {
	case code == "NoSuchBucket", code == "InvalidBucketName":
		return outcome.Fail(outcome.SourceNotFound, "%s: bucket %s does not exist%s", doing, b.name, b.at())
	case code == "InvalidObjectState":
		return outcome.Fail(outcome.BackupArchived, "%s: it is archived%s and cannot be read before it is thawed", doing, classOf(op))
	case slices.Contains(elsewhereCodes, code), status == http.StatusMovedPermanently:
		return b.elsewhere(doing, err)
	case op.read && (slices.Contains(changedCodes, code) || status == http.StatusNotFound || status == http.StatusPreconditionFailed):
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced or removed after it was listed (%s)", doing, shortest(err))
	case slices.Contains(deniedCodes, code), strings.HasPrefix(code, "KMS."), status == http.StatusUnauthorized, status == http.StatusForbidden:
		return b.denied(doing, op, code, err)
	case status == http.StatusNotFound:
		return outcome.Fail(outcome.SourceNotFound, "%s: not found%s (%s)", doing, b.at(), shortest(err))
	default:
		return b.unreachable(doing, err)
	}
}

func (b *Bucket) at() string {
	if b.endpoint == "" {
		return ""
	}
	return " at " + b.endpoint
}

func classOf(op operation) string {
	if op.class == "" {
		return ""
	}
	return " (storage class " + op.class + ")"
}

func (b *Bucket) denied(doing string, op operation, code string, err error) error {
	f := outcome.Fail(outcome.SourceDenied, "%s: refused (%s)", doing, shortest(err))
	switch {
	case code == "RequestTimeTooSkewed":
		return f.WithHint("set this machine's clock: it is too far from the server's")
	case strings.HasPrefix(code, "Expired") || code == "TokenRefreshRequired" || code == "RequestExpired":
		return f.WithHint("renew the credentials: they have expired")
	case code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken":
		return f.WithHint("correct the access key and its secret: the server does not know this pair")
	case strings.HasPrefix(code, "KMS.") || strings.Contains(err.Error(), "kms:"):
		return f.WithHint("allow these credentials %s on the key that the bucket is encrypted with", op.kms())
	default:
		return f.WithHint("allow these credentials %s on bucket %s", op.permission, b.name)
	}
}

// elsewhere is a bucket that exists, but not where the config looks for it.
func (b *Bucket) elsewhere(doing string, err error) error {
	f := outcome.Fail(outcome.SourceNotFound, "%s: bucket %s is not in this region or at this endpoint (%s)", doing, b.name, shortest(err))
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		if region := response.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return f.WithHint("set %s.region to %s", b.section, region)
		}
	}
	return f.WithHint("set %[1]s.region to the bucket's region, and %[1]s.endpoint if the bucket is not on AWS", b.section)
}

func (b *Bucket) unreachable(doing string, err error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "%s: %w", doing, shortest(err))
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound && strings.HasPrefix(dns.Name, b.name+"."):
		return f.WithHint("set %[1]s.path_style to true, or correct %[1]s.endpoint", b.section)
	case errors.As(err, &certificate):
		return f.WithHint("name the store's own certificate authority in AWS_CA_BUNDLE, or correct %s.endpoint", b.section)
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

// shortest is the part of an SDK error that a person needs: what the server
// said, or what broke on the way to it, without the layers around it.
func shortest(err error) error {
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
		return fmt.Errorf("HTTP %d: %w", answer.HTTPStatusCode(), innermost(answer))
	default:
		return innermost(err)
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

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
