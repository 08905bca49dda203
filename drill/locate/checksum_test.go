package locate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
)

func TestChecksum(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	other := strings.Repeat("0b", 32)
	tests := map[string]struct{ text, want, finding string }{
		"bare":                   {sum, sum, ""},
		"as sha256sum writes it": {sum + "  shop.dump\n", sum, ""},
		"in binary mode":         {sum + " *./shop.dump\n", sum, ""},
		"with --tag":             {"SHA256 (shop.dump) = " + sum + "\n", sum, ""},
		"of an escaped name":     {`\` + sum + "  sh\\nop.dump\n", sum, ""},
		"in capitals":            {strings.ToUpper(sum) + "\r\n", sum, ""},
		"under an older name":    {sum + "  tmp-1234\n", sum, ""},
		"among others":           {other + "  crm.dump\n\n" + sum + "  shop.dump\n", sum, ""},
		"only of others":         {other + "  crm.dump\n" + sum + "  hr.dump\n", "", "checksum_malformed"},
		"empty":                  {"", "", "checksum_malformed"},
		"an md5":                 {strings.Repeat("0a", 16) + "  shop.dump\n", "", "checksum_malformed"},
		"an error page":          {"<html>404</html>", "", "checksum_malformed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			there := place(object{"shop.dump", time.Hour, "x"}, object{"shop.dump.sha256", time.Hour, test.text})
			b, err := locator(there, locate.Rules{}).Locate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b.SHA256 != test.want {
				t.Errorf("got %q", b.SHA256)
			}
			checkFinding(t, b, test.finding)
		})
	}
}

func TestUnreadableChecksumIsAFinding(t *testing.T) {
	there := place(object{"shop.dump", time.Hour, "x"}, object{"shop.dump.sha256", time.Hour, strings.Repeat("0a", 32)})
	faulty := &sourcetest.Faulty{Source: there, Plan: func(int, int64, int64) sourcetest.Fault {
		return sourcetest.Fault{Cut: true, After: 10}
	}}
	b, err := locator(faulty, locate.Rules{}).Locate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkFinding(t, b, "checksum_unreadable")
}
