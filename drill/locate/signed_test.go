package locate_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
)

func TestSignedFor(t *testing.T) {
	for query, want := range map[string]struct{ began, ends string }{
		"X-Amz-Date=20261123T080000Z&X-Amz-Expires=3600":                            {"2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"},
		"X-Goog-Date=20261123T080000Z&X-Goog-Expires=60":                            {"2026-11-23T08:00:00Z", "2026-11-23T08:01:00Z"},
		"x-oss-date=20261123T080000Z&x-oss-expires=60":                              {"2026-11-23T08:00:00Z", "2026-11-23T08:01:00Z"},
		"AWSAccessKeyId=a&Expires=1795420800&Signature=b":                           {"", "2026-11-23T08:00:00Z"},
		"sv=2024&se=2026-11-23T08%3A00%3A00Z&sig=a":                                 {"", "2026-11-23T08:00:00Z"},
		"st=2026-11-22&se=2026-11-23&sig=a":                                         {"2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		"st=2026-11-22&se=2026-11-30&skt=2026-11-23&ske=2026-11-24T08:00:00Z&sig=a": {"2026-11-23T00:00:00Z", "2026-11-24T08:00:00Z"},
		"se=2026-11-23&skt=2026-11-22&ske=2026-11-24&sig=a":                         {"2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"},
		"se=2026-11-23T08:00Z":                                                      {"", "2026-11-23T08:00:00Z"},
		"X-Amz-Date=20261123T080000Z":                                               {},
		"X-Amz-Date=yesterday&X-Amz-Expires=3600":                                   {},
		"expires=3600": {},
		"se=soon":      {},
		"":             {},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if c := locate.SignedFor(values); shown(c.Began) != want.began || shown(c.Ends) != want.ends || c.Why != "" {
			t.Errorf("%s: from %s until %s, %s", query, shown(c.Began), shown(c.Ends), c.Why)
		}
	}
}

// TestSignedWithTemporaryCredentials: a link ends with the credentials that signed it.
func TestSignedWithTemporaryCredentials(t *testing.T) {
	for query, ends := range map[string]string{
		"X-Amz-Date=20261123T080000Z&X-Amz-Expires=604800&X-Amz-Security-Token=a": "2026-11-30T08:00:00Z",
		"x-oss-date=20261123T080000Z&x-oss-expires=60&x-oss-security-token=a":     "2026-11-23T08:01:00Z",
		"AWSAccessKeyId=a&Expires=1795420800&x-amz-security-token=b":              "2026-11-23T08:00:00Z",
		"OSSAccessKeyId=a&Expires=1795420800&security-token=b":                    "2026-11-23T08:00:00Z",
		"X-Amz-Security-Token=a": "",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if c := locate.SignedFor(values); shown(c.Ends) != ends || c.Why != "the temporary credentials that signed the link may end earlier" {
			t.Errorf("%s: until %s, %q", query, shown(c.Ends), c.Why)
		}
	}
}

func shown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
