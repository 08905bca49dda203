package wiring

import (
	"cmp"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/producer"
)

// applyProducer sets what a backup tool determines and the config does not.
func applyProducer(p producer.Producer, database string, rules *locate.Rules) {
	if len(rules.Parts) == 0 && rules.Match == "" {
		rules.Parts = slices.Clone(p.Parts)
	}
	if rules.Match == "" && len(rules.Parts) == 0 && p.Match != "" {
		rules.Match = p.MatchFor(database)
	}
	if p.Folder != "" {
		rules.Folder = func(key string) bool { return p.Matches(key, database) }
	}
	rules.Globals = cmp.Or(rules.Globals, p.Globals)
}

// producerOf returns the backup tool that the config names. ok is false for auto.
func producerOf(b config.Backup) (producer.Producer, bool) {
	if b.Producer == "" || b.Producer == config.AutoProducer {
		return producer.Producer{}, false
	}
	return producer.Find(b.Producer)
}

// recognize returns the backup tool whose layout the source has.
func recognize(objects []locate.Object) (producer.Producer, bool) {
	keys := make([]string, 0, len(objects))
	for _, o := range objects {
		keys = append(keys, o.Key)
	}
	p, _, ok := producer.Recognize(keys)
	return p, ok
}

// withOpenSSL returns the section with the options of openssl enc that a backup tool uses,
// for keys that give none.
func withOpenSSL(b config.Backup, used producer.OpenSSL) config.Backup {
	b.Keys = slices.Clone(b.Keys)
	for i, k := range b.Keys {
		if k.OpenSSL == nil || k.OpenSSL.Cipher != "" || k.OpenSSL.PBKDF2 != nil || k.OpenSSL.Iterations != 0 || k.OpenSSL.Digest != "" {
			continue
		}
		b.Keys[i].OpenSSL = &config.OpenSSLKey{
			Passphrase: k.OpenSSL.Passphrase, Cipher: used.Cipher, PBKDF2: &used.PBKDF2, Iterations: used.Iterations, Digest: used.Digest,
		}
	}
	return b
}
