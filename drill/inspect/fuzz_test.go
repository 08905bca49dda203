package inspect_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Whatever the bytes, Scan ends, in contents or in a failure with a code.
func FuzzScan(f *testing.F) {
	for _, file := range dumps(f) {
		f.Add(load(f, file))
	}
	f.Add(gzipped(f, []byte(dumpOf("COPY t FROM stdin;\n1\n\\.\n"))))
	f.Add(zstded(f, []byte(dumpOf("INSERT INTO t VALUES (1, $a$;$a$), (E'\\'', U&\"x\");\n"))))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := inspect.Scan(context.Background(), bytes.NewReader(content), inspect.Limits{MaxDecoded: 8 << 20})
		if code := codeOf(err); code == outcome.Internal || code == outcome.Interrupted {
			t.Errorf("no code of its own: %v", err)
		}
		if _, err := inspect.Judge(c, err, inspect.Policy{Major: 15}); codeOf(err) == outcome.Internal {
			t.Errorf("judged: %v", err)
		}
	})
}
