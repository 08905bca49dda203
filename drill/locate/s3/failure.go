package s3

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
	verb       string // list, read
	object     string // a URI
	permission string // that it needs
	class      string // storage class of the object
	read       bool   // of one object that was listed before
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
func (s *Source) failure(ctx context.Context, op operation, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	doing := fmt.Sprintf("%s %s", op.verb, op.object)
	code, status := codeOf(err), statusOf(err)
	switch {
	case code == "NoSuchBucket", code == "InvalidBucketName":
		return outcome.Fail(outcome.SourceNotFound, "%s: bucket %s does not exist%s", doing, s.bucket, s.at())
	case code == "InvalidObjectState":
		return outcome.Fail(outcome.BackupArchived, "%s: it is archived%s and cannot be read before it is thawed", doing, classOf(op))
	case slices.Contains(elsewhereCodes, code), status == http.StatusMovedPermanently:
		return s.elsewhere(doing, err)
	case op.read && (slices.Contains(changedCodes, code) || status == http.StatusNotFound || status == http.StatusPreconditionFailed):
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced or removed after it was listed (%s)", doing, shortest(err))
	case slices.Contains(deniedCodes, code), strings.HasPrefix(code, "KMS."), status == http.StatusUnauthorized, status == http.StatusForbidden:
		return s.denied(doing, op, code, err)
	case status == http.StatusNotFound:
		return outcome.Fail(outcome.SourceNotFound, "%s: not found%s (%s)", doing, s.at(), shortest(err))
	default:
		return s.unreachable(doing, err)
	}
}

func (s *Source) at() string {
	if s.endpoint == "" {
		return ""
	}
	return " at " + s.endpoint
}

func classOf(op operation) string {
	if op.class == "" {
		return ""
	}
	return " (storage class " + op.class + ")"
}

func (s *Source) denied(doing string, op operation, code string, err error) error {
	f := outcome.Fail(outcome.SourceDenied, "%s: refused (%s)", doing, shortest(err))
	switch {
	case code == "RequestTimeTooSkewed":
		return f.WithHint("set this machine's clock: it is too far from the server's")
	case strings.HasPrefix(code, "Expired") || code == "TokenRefreshRequired" || code == "RequestExpired":
		return f.WithHint("renew the credentials: they have expired")
	case code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken":
		return f.WithHint("correct the access key and its secret: the server does not know this pair")
	case strings.HasPrefix(code, "KMS.") || strings.Contains(err.Error(), "kms:"):
		return f.WithHint("allow these credentials kms:Decrypt on the key that the bucket is encrypted with")
	default:
		return f.WithHint("allow these credentials %s on bucket %s", op.permission, s.bucket)
	}
}

// elsewhere is a bucket that exists, but not where the config looks for it.
func (s *Source) elsewhere(doing string, err error) error {
	f := outcome.Fail(outcome.SourceNotFound, "%s: bucket %s is not in this region or at this endpoint (%s)", doing, s.bucket, shortest(err))
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		if region := response.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return f.WithHint("set backup.s3.region to %s", region)
		}
	}
	return f.WithHint("set backup.s3.region to the bucket's region, and backup.s3.endpoint if the bucket is not on AWS")
}

func (s *Source) unreachable(doing string, err error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "%s: %w", doing, shortest(err))
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound && strings.HasPrefix(dns.Name, s.bucket+"."):
		return f.WithHint("set backup.s3.path_style to true, or correct backup.s3.endpoint")
	case errors.As(err, &certificate):
		return f.WithHint("name the store's own certificate authority in AWS_CA_BUNDLE, or correct backup.s3.endpoint")
	default:
		return f
	}
}

func isDenied(err error) bool {
	return slices.Contains(deniedCodes, codeOf(err)) || statusOf(err) == http.StatusForbidden
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
