package opensslenc

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// shownOptions is how many of the tried keys an error lists.
const shownOptions = 4

func errTruncated(how string) error {
	return outcome.Fail(outcome.StreamTruncated, "decrypt openssl: %s", how)
}

func errCorrupt(how string) error {
	return outcome.Fail(outcome.StreamCorrupt, "decrypt openssl: %s", how)
}

func errWrongKey(tried []string) error {
	return outcome.Fail(outcome.KeyWrong, "none of the keys in backup.keys opens the backup, which is encrypted with openssl enc (tried %s)", words.Series(tried, shownOptions)).
		WithHint("compare passphrase, cipher, digest and iterations with the openssl enc command of the backup job: the file stores none of them")
}
