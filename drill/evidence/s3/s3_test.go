package s3

import (
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

const (
	plain  = "acme-evidence"
	locked = "acme-locked-evidence"
)

func start(t *testing.T) *s3server.Server {
	t.Helper()
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, plain)
	server.CreateLockedBucket(t, locked)
	return server
}

func open(t *testing.T, server *s3server.Server, name, lock string) *Store {
	t.Helper()
	s, err := New(t.Context(), bucket.Options{URL: "s3://" + name + "/drills/", Endpoint: server.Endpoint, Attempts: 2, MaxBackoff: time.Millisecond}, lock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newSigner(t *testing.T) evidence.Signer {
	t.Helper()
	_, _, signer, err := evidence.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// tell writes the evidence of n drills, the last of which ended just now.
func tell(t *testing.T, s evidence.Store, signer evidence.Signer, n int) (records []evidence.Record, err error) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	for i := range n {
		at := now.Add(-time.Duration(n-i) * time.Hour)
		r := outcome.Result{
			SchemaVersion: 1, Kind: outcome.KindDrill, RunID: at.Format("20060102-150405-") + "00c0ffee", Database: "shop",
			StartedAt: at, FinishedAt: at, Verdict: outcome.VerdictPassed, Backup: outcome.Backup{URI: "s3://b/shop.dump", SHA256: strings.Repeat("00", 32)},
		}
		w := evidence.Recorder{Store: s, Signer: signer, Now: time.Now, Log: slog.New(slog.DiscardHandler), Context: evidence.Context{Retain: 48 * time.Hour}}
		err = errors.Join(err, w.Tell(t.Context(), r))
		found, findErr := evidence.Find(t.Context(), s, r.RunID, "shop")
		if findErr != nil || len(found) != 1 {
			t.Fatalf("%v, %d records of %s", findErr, len(found), r.RunID)
		}
		records = append(records, found[0].Record)
	}
	return records, err
}

func verify(t *testing.T, s evidence.Store, signer evidence.Signer) evidence.Report {
	t.Helper()
	r, err := evidence.Verifier{Store: s, Keys: []evidence.PublicKey{signer.Public}, Now: time.Now()}.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEvidenceInABucket(t *testing.T) {
	s, signer := open(t, start(t), plain, "governance"), newSigner(t)
	records, err := tell(t, s, signer, 3)
	if err != nil {
		t.Fatal(err)
	}
	if records[2].Number != 3 || records[2].Lock != "none" {
		t.Errorf("record %d, lock %s", records[2].Number, records[2].Lock)
	}
	if r := verify(t, s, signer); !r.Valid || len(r.Chains) != 1 || len(r.Chains[0].Records) != 3 {
		t.Errorf("%+v", r)
	}
	key := "shop/" + records[0].RunID + "/" + evidence.ResultFile
	if err := s.Add(t.Context(), key, []byte("other"), evidence.Retention{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an object is replaced: %v", err)
	}
	stored, err := s.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), key, stored, evidence.Retention{}); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if _, err := s.Read(t.Context(), "shop/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an object that does not exist: %v", err)
	}
}

// TestObjectLock checks that every file is kept until the time that its record states, and
// that it cannot be deleted before.
func TestObjectLock(t *testing.T) {
	server := start(t)
	for lock, mode := range map[string]string{"governance": bucket.GovernanceLock, "compliance": bucket.ComplianceLock} {
		t.Run(lock, func(t *testing.T) {
			s, signer := open(t, server, locked, lock), newSigner(t)
			s.folder = lock + "/"
			records, err := tell(t, s, signer, 2)
			if err != nil {
				t.Fatal(err)
			}
			paths, err := s.List(t.Context(), "")
			if err != nil || len(paths) != 6 {
				t.Fatalf("%v, %q", err, paths)
			}
			for _, path := range paths {
				i := slices.IndexFunc(records, func(r evidence.Record) bool { return strings.Contains(path, r.RunID) })
				head, err := server.Client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(locked), Key: aws.String(s.folder + path)})
				if err != nil {
					t.Fatal(err)
				}
				if string(head.ObjectLockMode) != mode || !aws.ToTime(head.ObjectLockRetainUntilDate).Equal(records[i].RetainUntil) || records[i].Lock != mode {
					t.Errorf("%s: %s until %s; the record states %s until %s", path, head.ObjectLockMode, head.ObjectLockRetainUntilDate, records[i].Lock, records[i].RetainUntil)
				}
				if _, err := server.Client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(locked), Key: aws.String(s.folder + path), VersionId: head.VersionId}); err == nil {
					t.Errorf("%s was deleted", path)
				}
			}
			if r := verify(t, s, signer); !r.Valid {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestUnknownLock checks that evidence is written, and reported, if the store does not say
// whether it can keep it.
func TestUnknownLock(t *testing.T) {
	server := start(t)
	access, secret := server.AddUser(t)
	server.AllowAll(t, plain, access, "s3:ListBucket", "s3:GetObject", "s3:PutObject")
	s3server.Setenv(t, access, secret)
	s, signer := open(t, server, plain, "governance"), newSigner(t)
	records, err := tell(t, s, signer, 1)
	if err == nil || !strings.Contains(err.Error(), "whether evidence.retain holds is unknown") || !strings.Contains(outcome.AsFailure(err).Remedy(), "s3:GetBucketObjectLockConfiguration") {
		t.Errorf("got %v; %s", err, outcome.AsFailure(err).Remedy())
	}
	if records[0].Lock != "unknown" {
		t.Errorf("lock %s", records[0].Lock)
	}
}
