package agefile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/layerstest"
)

func TestParseKeyErrors(t *testing.T) {
	secret := strings.TrimSpace(string(layerstest.File(t, "x25519.key")))
	secret = secret[strings.Index(secret, "AGE-SECRET"):]
	for _, c := range []struct {
		name, file, passphrase, want string
	}{
		{"empty", "", "", "no private key"},
		{"comments only", "# created\n\n", "", "no private key"},
		{"public", string(layerstest.File(t, "public.key")), "", "public key only"},
		{"public ssh", string(layerstest.File(t, "ssh-public.key")), "", "public key only"},
		{"misspelt", secret[:len(secret)-1] + "Q", "", "line 1 is not an age identity"},
		{"with strange letters", "# x\n" + secret[:40] + "ö" + secret[40:], "", "line 2 is not an age identity"},
		{"short", secret[:30], "", "line 1 is not an age identity"},
		{"plugin", "AGE-PLUGIN-YUBIKEY-1QQPQYZ", "", "an age plugin"},
		{"a dump", "PGDMP\x01\x0e", "", "line 1 is not an age identity"},
		{"ecdsa", string(layerstest.File(t, "ecdsa.key")), "", "only SSH keys of the kinds"},
		{"locked", string(layerstest.File(t, "ed25519-locked.key")), "", "needs a passphrase"},
		{"locked, wrong", string(layerstest.File(t, "ed25519-locked.key")), "wrong", "wrong passphrase for the SSH key"},
		{"locked PEM", string(layerstest.File(t, "rsa-locked.key")), "", "needs a passphrase"},
		{"locked PEM, wrong", string(layerstest.File(t, "rsa-locked.key")), "wrong", "wrong passphrase for the SSH key"},
		{"locked age", string(layerstest.File(t, "locked.key")), "", "needs a passphrase"},
		{"locked age, wrong", string(layerstest.File(t, "locked.key")), "wrong", "wrong passphrase for the encrypted identity file"},
		{"locked age, armored, wrong", string(layerstest.File(t, "locked-armored.key")), "wrong", "wrong passphrase for the encrypted identity file"},
		{"encrypted to a key", string(layerstest.File(t, "x25519.age")), "x", "encrypted to another key"},
		{"cut", string(layerstest.File(t, "locked.key"))[:250], keyPhrase, "decrypt the identity file"},
		{"damaged ssh", strings.Replace(string(layerstest.File(t, "ed25519.key")), "AAAA", "AAAB", 1), "", "damaged or of a kind"},
		{"certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "", "not a private key"},
	} {
		_, err := agefile.ParseKey([]byte(c.file), c.passphrase)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, part := range []string{secret[20:40], "wrong\"", keyPhrase} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error contains a secret", c.name)
			}
		}
	}
}

// TestKeysAreNotPrinted prints keys in all ways.
func TestKeysAreNotPrinted(t *testing.T) {
	for _, k := range []*agefile.Key{agefile.Passphrase("hunter2"), key(t, "x25519.key"), key(t, "ed25519.key"), key(t, "rsa.key")} {
		encoded, err := json.Marshal(map[string]any{"pointer": k, "value": *k})
		if err != nil {
			t.Fatal(err)
		}
		all := string(encoded)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} { // %#v names the type of the slice
			all += fmt.Sprintf(verb+verb+verb, k, *k, []any{k})
		}
		quoted, _ := json.Marshal(k.Fingerprint())
		rest := strings.NewReplacer(string(quoted), "", k.Fingerprint(), "").Replace(all)
		if rest != `{"pointer":,"value":}[][][]interface {}{}[][][][]` {
			t.Errorf("%s prints as %s", k.Fingerprint(), rest)
		}
	}
}
