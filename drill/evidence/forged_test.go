package evidence_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
)

// TestForgedChains changes good evidence in every way that somebody without the key can.
func TestForgedChains(t *testing.T) {
	for name, c := range map[string]struct {
		forge func(t *testing.T, root string, folders []string, v *evidence.Verifier)
		want  []evidence.Kind
	}{
		"result changed": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			name := filepath.Join(root, f[1], evidence.ResultFile)
			write(t, name, []byte(strings.Replace(string(read(t, name)), `"verdict":"failed"`, `"verdict":"passed"`, 1)))
		}, []evidence.Kind{evidence.FileChanged}},
		"statement changed": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			forgeVerdict(t, filepath.Join(root, f[1], evidence.StatementFile))
		}, []evidence.Kind{evidence.SignatureInvalid, evidence.RecordReplaced}},
		"test result changed": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			name := filepath.Join(root, f[1], evidence.TestFile)
			write(t, name, []byte(strings.Replace(string(read(t, name)), "A", "B", 1)))
		}, []evidence.Kind{evidence.FileChanged}},
		"test result added to an unproved drill": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			write(t, filepath.Join(root, f[2], evidence.TestFile), read(t, filepath.Join(root, f[0], evidence.TestFile)))
		}, []evidence.Kind{evidence.FileUnexpected}},
		"test result removed": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			remove(t, filepath.Join(root, f[1], evidence.TestFile))
		}, []evidence.Kind{evidence.FileMissing}},
		"one in the middle removed": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			remove(t, filepath.Join(root, f[1]))
		}, []evidence.Kind{evidence.RecordMissing}},
		"the statement in the middle removed": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			remove(t, filepath.Join(root, f[1], evidence.StatementFile))
		}, []evidence.Kind{evidence.RecordMissing}},
		"the last removed, without an anchor": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			remove(t, filepath.Join(root, f[3]))
		}, nil},
		"the last removed, with an anchor": {func(t *testing.T, root string, f []string, v *evidence.Verifier) {
			v.Last = []string{hash(read(t, filepath.Join(root, f[3], evidence.StatementFile)))}
			remove(t, filepath.Join(root, f[3]))
		}, []evidence.Kind{evidence.AnchorMissing}},
		"reordered": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			swap(t, filepath.Join(root, f[0]), filepath.Join(root, f[1]))
		}, []evidence.Kind{evidence.Misplaced, evidence.RecordReplaced}},
		"signed with another key": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			remove(t, filepath.Join(root, f[3]))
			r := result("shop", 3, passed)
			if err := recorder(storeAt(t, root), newKey(t)).Tell(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}, []evidence.Kind{evidence.KeyUnknown}},
		"signed with another key that claims to be the right one": {func(t *testing.T, root string, f []string, v *evidence.Verifier) {
			remove(t, filepath.Join(root, f[3]))
			if err := recorder(storeAt(t, root), newKey(t)).Tell(t.Context(), result("shop", 3, passed)); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{evidence.StatementFile, evidence.TestFile} {
				claim(t, filepath.Join(root, f[3], file), v.Keys[0].ID)
			}
		}, []evidence.Kind{evidence.SignatureInvalid}},
		"replaced backup": {func(t *testing.T, _ string, _ []string, v *evidence.Verifier) {
			name := filepath.Join(t.TempDir(), "shop.dump")
			write(t, name, []byte("another backup"))
			v.Backup = digest(t, name)
		}, []evidence.Kind{evidence.BackupUnknown}},
		"replayed from another database": {func(t *testing.T, root string, _ []string, _ *evidence.Verifier) {
			crm := filepath.Join("crm", result("crm", 0, passed).RunID)
			for _, file := range []string{evidence.ResultFile, evidence.TestFile, evidence.StatementFile} {
				write(t, filepath.Join(root, "shop", "20261201-020000-00000000", file), read(t, filepath.Join(root, crm, file)))
			}
		}, []evidence.Kind{evidence.Misplaced}},
		"replayed from another database, with its run id": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			remove(t, filepath.Join(root, f[3]))
			r := result("crm", 5, passed)
			if err := recorder(storeAt(t, root), keyOf[t.Name()]).Tell(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(root, "crm", r.RunID), filepath.Join(root, "shop", r.RunID)); err != nil {
				t.Fatal(err)
			}
		}, []evidence.Kind{evidence.Misplaced}},
		"not a record at all": {func(t *testing.T, root string, f []string, _ *evidence.Verifier) {
			write(t, filepath.Join(root, f[3], evidence.StatementFile), []byte("<html>"))
		}, []evidence.Kind{evidence.Malformed}},
	} {
		t.Run(name, func(t *testing.T) {
			root, k := t.TempDir(), newKey(t)
			keyOf[t.Name()] = k
			s := storeAt(t, root)
			folders := chain(t, s, k, "shop", passed, failed, unproved, passed)
			chain(t, s, k, "crm", passed)
			r := verify(t, root, func(v *evidence.Verifier) { c.forge(t, root, folders, v) }, k)
			var want []string
			for _, kind := range c.want {
				want = append(want, string(kind))
			}
			slices.Sort(want)
			if got := kinds(r); !slices.Equal(got, want) || r.Valid != (len(want) == 0) {
				t.Errorf("valid: %t, problems %v, want %v\n%+v", r.Valid, got, want, r.Chains)
			}
			if len(want) == 0 && !strings.Contains(strings.Join(r.NotProved, "\n"), "that every drill has its record") {
				t.Errorf("it does not say that this cannot be seen: %v", r.NotProved)
			}
		})
	}
}

// keyOf holds the key of each forged chain.
var keyOf = map[string]key{}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func remove(t testing.TB, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

func swap(t testing.TB, a, b string) {
	t.Helper()
	for _, move := range [][2]string{{a, a + ".tmp"}, {b, a}, {a + ".tmp", b}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
}

func digest(t testing.TB, name string) []evidence.Subject {
	t.Helper()
	d, err := evidence.DigestOf(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// envelope is a DSSE envelope, read by its specification.
type envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     string      `json:"payload"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

func rewrite(t testing.TB, name string, change func(*envelope)) {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(read(t, name), &e); err != nil {
		t.Fatal(err)
	}
	change(&e)
	writeEnvelope(t, name, e)
}

// writeEnvelope writes an envelope in the form that drillgres gives it.
func writeEnvelope(t testing.TB, name string, e envelope) {
	t.Helper()
	content, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, append(content, '\n'))
}

// forgeVerdict turns a failed drill into a passed one.
func forgeVerdict(t testing.TB, name string) {
	t.Helper()
	forge(t, name, `"verdict":"failed"`, `"verdict":"passed"`)
}

// forge replaces a part of a signed statement.
func forge(t testing.TB, name, old, replacement string) {
	t.Helper()
	rewrite(t, name, func(e *envelope) {
		payload, err := base64.StdEncoding.DecodeString(e.Payload)
		if err != nil || !strings.Contains(string(payload), old) {
			t.Fatalf("%v in %s", err, payload)
		}
		e.Payload = base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(payload), old, replacement, 1)))
	})
}

func claim(t testing.TB, name, id string) {
	t.Helper()
	rewrite(t, name, func(e *envelope) { e.Signatures[0].KeyID = id })
}
