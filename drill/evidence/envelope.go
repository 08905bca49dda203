package evidence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// payloadType says that an envelope contains an in-toto Statement.
const payloadType = "application/vnd.in-toto+json"

// envelope is a DSSE envelope
// (https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md). Byte slices are
// base64 in JSON.
type envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"` // is not signed: it only helps to find the key
	Sig   []byte `json:"sig"`
}

// preAuth returns the bytes that are signed: DSSE's pre-authentication encoding.
func preAuth(payloadType string, payload []byte) []byte {
	head := fmt.Sprintf("DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))
	return append([]byte(head), payload...)
}

// seal returns an envelope with a signed statement, as it is stored.
func (s Signer) seal(statement any) ([]byte, error) {
	payload, err := json.Marshal(statement)
	if err != nil {
		return nil, err
	}
	e := envelope{PayloadType: payloadType, Payload: payload}
	e.Signatures = []signature{{KeyID: s.Public.ID, Sig: s.sign(preAuth(payloadType, payload))}}
	return e.encode()
}

// encode returns an envelope as it is stored.
func (e envelope) encode() ([]byte, error) {
	file, err := json.MarshalIndent(e, "", "  ")
	return append(file, '\n'), err
}

// The reasons why an envelope is not believed.
var (
	errForged     = errors.New("its signature is not valid: it is not what was signed with that key")
	errUnknownKey = errors.New("it is signed with a key that was not given")
)

// parseEnvelope reads an envelope without checking its signature. It must be as seal writes it:
// of two fields with one name, JSON libraries read different ones.
func parseEnvelope(file []byte) (envelope, error) {
	var e envelope
	if err := json.Unmarshal(file, &e); err != nil {
		return e, fmt.Errorf("it is not a signed statement: %w", err)
	}
	if e.PayloadType != payloadType || len(e.Signatures) == 0 {
		return e, fmt.Errorf("it is not a signed in-toto statement")
	}
	if own, err := e.encode(); err != nil || !bytes.Equal(own, file) {
		return e, fmt.Errorf("it is not in the form in which drillgres writes it, so other tools may read something else in it")
	}
	return e, nil
}

// verify returns the id of the key with which an envelope is signed. It fails with errForged
// or errUnknownKey. A key id is only a hint, so every key is tried.
func (e envelope) verify(keys []PublicKey) (id string, err error) {
	signed := preAuth(e.PayloadType, e.Payload)
	for _, s := range e.Signatures {
		for _, k := range keys {
			if len(s.Sig) == ed25519.SignatureSize && ed25519.Verify(k.key, signed, s.Sig) {
				return k.ID, nil
			}
		}
	}
	named := e.Signatures[0].KeyID
	if slices.ContainsFunc(keys, func(k PublicKey) bool { return k.ID == named }) {
		return named, errForged
	}
	return named, errUnknownKey
}
