package drill_test

import (
	"context"
	"errors"
	"testing"

	"filippo.io/age"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// locked is a Fetcher of a backup that no key opens.
type locked struct{}

func (locked) Fetch(context.Context, locate.Backup, outcome.Progress) (fetch.File, error) {
	return fetch.File{}, outcome.Fail(outcome.KeyWrong, "none of the keys opens it")
}

// TestAKeyThatOpenedEarlierBackups checks whose fault a wrong key is: the job's, if the same
// key has opened earlier backups of the database.
func TestAKeyThatOpenedEarlierBackups(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := agefile.ParseKey([]byte(identity.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		opened []string
		err    error
		want   outcome.Verdict
	}{
		"never":             {nil, nil, outcome.VerdictUnproved},
		"another key":       {[]string{"age1other", "passphrase"}, nil, outcome.VerdictUnproved},
		"this key":          {[]string{"age1other", identity.Recipient().String()}, nil, outcome.VerdictFailed},
		"an unread history": {[]string{identity.Recipient().String()}, errors.New("unreachable"), outcome.VerdictUnproved},
	} {
		d := newScript().drill()
		d.Fetcher = locked{}
		d.Opener = &layers.Opener{Keys: layers.Keyring{Age: []*agefile.Key{key, agefile.Passphrase("x")}}}
		d.OpenedBefore = func(context.Context) ([]string, error) { return c.opened, c.err }
		if r := d.Run(t.Context()); r.Verdict != c.want || r.Failure.Code != outcome.KeyWrong {
			t.Errorf("%s: %s, %+v", name, r.Verdict, r.Failure)
		}
	}
}
