package pgp_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/pgp"
)

func TestParseKeyErrors(t *testing.T) {
	rsa := string(layerstest.File(t, "rsa.key"))
	for _, c := range []struct {
		name, file, passphrase, want string
	}{
		{"empty", "", "", "not an OpenPGP key"},
		{"a dump", "PGDMP\x01\x0e", "", "not an OpenPGP key"},
		{"public", string(layerstest.File(t, "public.key")), "", "public key only"},
		{"a message", string(layerstest.File(t, "rsa.gpg")), "", "message, not a private key"},
		{"an armored message", string(layerstest.File(t, "rsa.asc")), "", "message, not a private key"},
		{"locked", string(layerstest.File(t, "ecc.key")), "", "needs a passphrase"},
		{"locked, wrong", string(layerstest.File(t, "ecc.key")), "wrong one", "wrong passphrase"},
		{"cut", rsa[:500], "", "key"},
		{"signing key only", cutSubkeys(rsa), "", "key"},
	} {
		_, err := pgp.ParseKey([]byte(c.file), c.passphrase)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "wrong one") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func cutSubkeys(armored string) string { return armored[:len(armored)/2] }

var fingerprints = regexp.MustCompile(`^[0-9A-F]{40}(, [0-9A-F]{40})*$`)

// TestKeysAreNotPrinted prints keys in all ways.
func TestKeysAreNotPrinted(t *testing.T) {
	for _, k := range []*pgp.Key{pgp.Passphrase("hunter2"), key(t, "rsa.key"), key(t, "two.key"), key(t, "subkeys.key")} {
		if f := k.Fingerprint(); f != "passphrase" && !fingerprints.MatchString(f) {
			t.Errorf("fingerprint %s", f)
		}
		encoded, err := json.Marshal(map[string]any{"pointer": k, "value": *k})
		if err != nil {
			t.Fatal(err)
		}
		all := string(encoded)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} { // %#v names the type of the slice
			all += fmt.Sprintf(verb+verb+verb, k, *k, []any{k})
		}
		rest := strings.NewReplacer(`"`+k.Fingerprint()+`"`, "", k.Fingerprint(), "").Replace(all)
		if rest != `{"pointer":,"value":}[][][]interface {}{}[][][][]` {
			t.Errorf("%s prints as %s", k.Fingerprint(), rest)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, m := range messages {
		message := layerstest.File(t, m.name)
		if !pgp.Detect(message) || !pgp.Detect(message[:min(200, len(message))]) {
			t.Errorf("%s is not detected", m.name)
		}
	}
	const begin = "-----BEGIN PGP MESSAGE-----\n\n"
	for _, text := range []string{
		"\x8c", "\x84\x5e", "\x84\x5e\x09", "\x85\x01\x0c\x04", "\x8c\x0d\x04\x09\x02\x00", "\x8c\x0d\x04\x63\x03\x08",
		"\x8c\x04\x04\x09\x03\x08\x01\x01", "\x8c\x04\x04\x09\x00\x08\xcb\x05", // what follows is not data
		"\xd2\x41\x01", "\xc9\x10x", "\xca\x03PGP",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "-----BEGIN PGP SIGNED MESSAGE-----\n",
		"-- PostgreSQL database dump\n\n" + begin, "INSERT INTO mails VALUES ('\n" + begin, "SET x = 1;\n" + begin, strings.Repeat("text\n", 300) + begin,
		"\xff\xd8\xff\xe0\x00\x10JFIF", "BZh91AY&SY", "\x84\x84\x84\x84\x84\x84\x84\x84",
	} {
		if pgp.Detect([]byte(text)) {
			t.Errorf("%.40q is detected", text)
		}
	}
}
