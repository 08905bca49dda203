package evidence_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestIndependentVerifier verifies a statement by the specifications of DSSE and in-toto,
// with the standard library alone.
func TestIndependentVerifier(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	folder := filepath.Join(root, chain(t, storeAt(t, root), k, "shop", passed)[0])
	block, _ := pem.Decode(k.pem)
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	// The verifiers of in-toto and sigstore skip a signature whose key id is not this one.
	if wire, err := ssh.NewPublicKey(public); err != nil || ssh.FingerprintSHA256(wire) != k.public.ID {
		t.Errorf("%v, id %s", err, k.public.ID)
	}
	statements := map[string]map[string]any{}
	for _, file := range []string{evidence.StatementFile, evidence.TestFile} {
		var e envelope
		if err := json.Unmarshal(read(t, filepath.Join(folder, file)), &e); err != nil {
			t.Fatal(err)
		}
		payload, err := base64.StdEncoding.DecodeString(e.Payload)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
		if err != nil {
			t.Fatal(err)
		}
		signed := fmt.Sprintf("DSSEv1 %d %s %d %s", len("application/vnd.in-toto+json"), "application/vnd.in-toto+json", len(payload), payload)
		if e.PayloadType != "application/vnd.in-toto+json" || e.Signatures[0].KeyID != k.public.ID || !ed25519.Verify(public.(ed25519.PublicKey), []byte(signed), sig) {
			t.Fatalf("%s: the signature is not valid", file)
		}
		var s map[string]any
		if err := json.Unmarshal(payload, &s); err != nil {
			t.Fatal(err)
		}
		if s["_type"] != "https://in-toto.io/Statement/v1" {
			t.Errorf("%s is of type %v", file, s["_type"])
		}
		statements[file] = s
	}
	backupSum := hash(backup("shop", 0))
	test := statements[evidence.TestFile]
	if test["predicateType"] != "https://in-toto.io/attestation/test-result/v0.1" || sumOf(test, 0) != backupSum {
		t.Errorf("%v", test)
	}
	p := test["predicate"].(map[string]any)
	if p["result"] != "PASSED" || len(p["configuration"].([]any)) != 2 || len(p["passedTests"].([]any)) != 2 {
		t.Errorf("%v", p)
	}
	full := statements[evidence.StatementFile]
	if sumOf(full, 0) != backupSum || sumOf(full, 1) != hash(read(t, filepath.Join(folder, evidence.ResultFile))) {
		t.Errorf("%v", full["subject"])
	}
}

// TestResultOfAFailure checks that a result about the backup fails only because of the backup,
// and names why.
func TestResultOfAFailure(t *testing.T) {
	for code, want := range map[outcome.Code]string{outcome.DumpTruncated: "FAILED", outcome.OverBudget: "WARNED", outcome.MigrationFailed: "WARNED"} {
		root, k := t.TempDir(), newKey(t)
		r := result("shop", 0, failed)
		r.Failure = &outcome.FailureReport{Code: code, Class: code.Class()}
		if code == outcome.MigrationFailed {
			r.Stages = append(r.Stages, outcome.StageReport{Stage: outcome.Migrate, Status: outcome.StageFailed})
		}
		if err := tell(t, storeAt(t, root), k, r); err != nil {
			t.Fatal(err)
		}
		var e envelope
		if err := json.Unmarshal(read(t, filepath.Join(root, "shop", r.RunID, evidence.TestFile)), &e); err != nil {
			t.Fatal(err)
		}
		payload, err := base64.StdEncoding.DecodeString(e.Payload)
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			Predicate struct {
				Result      string
				WarnedTests []string
				FailedTests []string
			}
		}
		if err := json.Unmarshal(payload, &s); err != nil {
			t.Fatal(err)
		}
		with, without := s.Predicate.FailedTests, s.Predicate.WarnedTests
		if want == "WARNED" {
			with, without = without, with
		}
		if s.Predicate.Result != want || !slices.Contains(with, string(code)) || len(without) > 0 {
			t.Errorf("%s: %+v", code, s.Predicate)
		}
	}
}

func sumOf(statement map[string]any, subject int) any {
	return statement["subject"].([]any)[subject].(map[string]any)["digest"].(map[string]any)["sha256"]
}
