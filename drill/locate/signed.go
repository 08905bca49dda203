package locate

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SignedFor returns how long a signed link, or the SAS that is its query, is valid: by the
// parameters of S3, Google and Alibaba (a date and a number of seconds), of S3's older
// signatures, Google's and CloudFront (Expires in Unix time), and of Azure (st and se, and
// skt and ske of the key that signed a user delegation SAS). It has no Text.
func SignedFor(query url.Values) (c Credentials) {
	q := map[string]string{}
	for name, values := range query {
		q[strings.ToLower(name)] = values[0]
		if strings.HasSuffix(strings.ToLower(name), "security-token") {
			// A link is valid only as long as the credentials that signed it.
			c.Why = "the temporary credentials that signed the link may end earlier"
		}
	}
	for _, vendor := range []string{"x-amz-", "x-goog-", "x-oss-"} {
		signed, err := time.Parse("20060102T150405Z", q[vendor+"date"])
		seconds, bad := strconv.ParseInt(q[vendor+"expires"], 10, 32)
		if err == nil && bad == nil {
			c.Began, c.Ends = signed, signed.Add(time.Duration(seconds)*time.Second)
			return c
		}
	}
	if unix, err := strconv.ParseInt(q["expires"], 10, 64); err == nil && unix > 1e9 && unix < 1e11 {
		c.Ends = time.Unix(unix, 0).UTC()
		return c
	}
	c.Began, c.Ends = sasTime(q["st"]), sasTime(q["se"])
	if began := sasTime(q["skt"]); began.After(c.Began) {
		c.Began = began
	}
	if ends := sasTime(q["ske"]); !ends.IsZero() && (c.Ends.IsZero() || ends.Before(c.Ends)) {
		c.Ends = ends
	}
	return c
}

// sasTime returns a time of a SAS, or the zero time.
func sasTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
