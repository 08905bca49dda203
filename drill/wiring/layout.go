package wiring

import (
	"cmp"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/producer"
)

// applyProducer sets what a backup tool that the config names determines and the config does
// not. Names are of the database if any are.
func applyProducer(p producer.Producer, database string, keys []string, rules *locate.Rules) {
	if database != "" && !slices.ContainsFunc(keys, func(key string) bool { return p.Matches(key, database) }) {
		database = "" // of a dump of all databases
	}
	if rules.Match == "" && len(rules.Parts) == 0 && len(p.Parts) == 0 && p.Match != "" {
		rules.Match = p.MatchFor(database)
	}
	if p.Folder != "" {
		rules.Folder = func(key string) bool { return p.Matches(key, database) }
	}
	applyRecognized(p, rules)
}

// applyRecognized sets what a recognized backup tool writes beside the dump. A guess never
// narrows what is chosen: another tool may have taken over.
func applyRecognized(p producer.Producer, rules *locate.Rules) {
	if len(rules.Parts) == 0 && rules.Match == "" {
		rules.Parts = slices.Clone(p.Parts)
	}
	rules.Globals = cmp.Or(rules.Globals, p.Globals)
	if len(rules.Parts) == 0 {
		rules.Creation = p.Creation
	}
}

// producerOf returns the backup tool that the config names. ok is false for auto.
func producerOf(b config.Backup) (producer.Producer, bool) {
	if b.Producer == "" || b.Producer == config.AutoProducer {
		return producer.Producer{}, false
	}
	return producer.Find(b.Producer)
}

// keysOf returns the keys of a listing.
func keysOf(objects []locate.Object) []string {
	keys := make([]string, 0, len(objects))
	for _, o := range objects {
		keys = append(keys, o.Key)
	}
	return keys
}

// withOpenSSL returns the section with keys of openssl enc as a backup tool uses it, behind
// those of the config that give no options.
func withOpenSSL(b config.Backup, used producer.OpenSSL) config.Backup {
	for _, k := range slices.Clone(b.Keys) {
		if k.OpenSSL == nil || k.OpenSSL.Cipher != "" || k.OpenSSL.PBKDF2 != nil || k.OpenSSL.Iterations != 0 || k.OpenSSL.Digest != "" {
			continue
		}
		b.Keys = append(slices.Clip(b.Keys), config.Key{OpenSSL: &config.OpenSSLKey{
			Passphrase: k.OpenSSL.Passphrase, Cipher: used.Cipher, PBKDF2: &used.PBKDF2, Iterations: used.Iterations, Digest: used.Digest,
		}})
	}
	return b
}
