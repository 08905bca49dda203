package bucket

import (
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Limits on a server that does not answer. That a body stops flowing is for
// its reader to notice, who alone knows how long to wait.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 20 * time.Second
)

// httpClient takes over what the SDK's own client was configured with (a CA
// bundle, say) and bounds how long each step may take.
func httpClient(configured aws.HTTPClient, headers time.Duration) *http.Client {
	sdk, ok := configured.(*awshttp.BuildableClient)
	if !ok {
		sdk = awshttp.NewBuildableClient()
	}
	sdk = sdk.WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	t := sdk.GetTransport()
	t.ResponseHeaderTimeout = orElse(headers, headerTimeout)
	t.ReadBufferSize = 64 << 10
	t.DisableCompression = true // an object stored with Content-Encoding is wanted as it lies there
	return &http.Client{Transport: t, CheckRedirect: redirect}
}

// redirect follows only what keeps the method, as the SDK does, and does not
// take a session token to another host.
func redirect(r *http.Request, via []*http.Request) error {
	if code := r.Response.StatusCode; code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	if r.URL.Host != via[len(via)-1].URL.Host {
		r.Header.Del("X-Amz-Security-Token")
	}
	return nil
}
