package pgp

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/drillgres/drillgres/drill/layers/source"
)

// TestFits tries random session keys. Several pass the two bytes that the message repeats,
// and none passes the first packet too.
func TestFits(t *testing.T) {
	message, err := os.ReadFile("testdata/sym.gpg")
	if err != nil {
		t.Fatal(err)
	}
	in := &input{Reader: source.New(bytes.NewReader(message))}
	in.body = in.Reader.Reader
	e := &envelope{in: in}
	if err := e.read(); err != nil {
		t.Fatal(err)
	}
	e.ciphertext = bufio.NewReaderSize(in.frame, dataBuffer)
	random, repeats := rand.NewChaCha8([32]byte{7}), 0
	for range 4 * 65536 {
		secret := make([]byte, 32)
		_, _ = random.Read(secret)
		if e.fits(&session{cipher: packet.CipherAES256, secret: secret}) {
			t.Fatal("a random session key fits")
		}
		head, _ := e.ciphertext.Peek(trialBytes)
		prefix := bytes.Clone(head[:18])
		packet.NewOCFBDecrypter(blockOf(packet.CipherAES256, secret), prefix, packet.OCFBNoResync)
		if bytes.Equal(prefix[14:16], prefix[16:]) {
			repeats++
		}
	}
	if repeats == 0 {
		t.Error("no session key passes the first test")
	}
	for s := range e.candidates(Passphrase("correct horse")) {
		if !e.fits(s) {
			t.Error("the right session key does not fit")
		}
	}
}
