package bucket

import (
	"cmp"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/drillgres/drillgres/drill/locate"
)

// Timeouts for a server that does not answer. The reader of a body detects a
// stalled body, because only it knows how long to wait.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 20 * time.Second
)

// transport returns a transport with the SDK's own configuration, such as a CA
// bundle, and with a timeout for each step.
func transport(configured aws.HTTPClient, headers time.Duration) *locate.Clock {
	sdk, ok := configured.(*awshttp.BuildableClient)
	if !ok {
		sdk = awshttp.NewBuildableClient()
	}
	sdk = sdk.WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	t := sdk.GetTransport()
	t.ResponseHeaderTimeout = cmp.Or(headers, headerTimeout)
	t.ReadBufferSize = 64 << 10
	t.DisableCompression = true // an object with a Content-Encoding must arrive as it is stored
	return &locate.Clock{Transport: t}
}

// checkRedirect follows only redirects that keep the method, as the SDK does. It
// does not send a session token to another host.
func checkRedirect(r *http.Request, via []*http.Request) error {
	if code := r.Response.StatusCode; code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	if r.URL.Host != via[len(via)-1].URL.Host {
		r.Header.Del("X-Amz-Security-Token")
	}
	return nil
}
