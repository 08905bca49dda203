package locate

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/drillgres/drillgres/drill/outcome"
)

// plainWords are words in names of backups that do not say which database they are
// of: formats, dates and rotations.
var plainWords = wordSet(`
	backup backups bak dump dumps dmp sql psql pgsql pg pgdump postgres postgresql database db custom plain dir directory bin out sqlc
	gz gzip zst zstd xz bz bzip lz lzma zip tar tgz txz tbz age gpg pgp asc enc aes
	hourly daily weekly monthly yearly annual hour day week month year nightly night
	last latest current newest new old older previous prev archive archives archived auto automatic manual scheduled snapshot
	jan feb mar apr may jun jul aug sep sept oct nov dec
	january february march april june july august september october november december
	mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
	am pm utc gmt cet cest est edt cst cdt mst mdt pst pdt bst ist jst`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	hexes = regexp.MustCompile(`^[0-9a-f]{6,}$`)
	// digitsBetween matches a part of a name that is a time or a random id.
	digitsBetween = regexp.MustCompile(`^\d|\pL\d+\pL`)
)

// Family returns what the names of one database's backups have in common: the
// words of the key that are not dates, times, ids, rotations or formats. It returns
// an empty string if the name has no other words.
func Family(key string) string {
	key = uuids.ReplaceAllString(strings.ToLower(key), " ")
	parts := strings.FieldsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	dated := slices.ContainsFunc(parts, isNumber)
	var family []string
	for i, part := range parts {
		word := strings.TrimRightFunc(part, unicode.IsDigit)
		if len(word) < 2 || plainWords[word] || isRandom(part) || i > 0 && isPodID(part, parts[i-1]) {
			continue
		}
		if dated && len(part) <= len(word)+2 { // otherwise the number may be that of the backup
			word = part
		}
		family = append(family, word)
	}
	return strings.Join(family, " ")
}

func isNumber(part string) bool { return strings.Trim(part, "0123456789") == "" }

// isRandom reports whether a part of a name is a time or an id.
func isRandom(part string) bool {
	hasDigit := strings.ContainsFunc(part, unicode.IsDigit)
	return digitsBetween.MatchString(part) || hasDigit && hexes.MatchString(part)
}

// podID matches the five characters at the end of the name of a Kubernetes pod
// (k8s.io/apimachinery/pkg/util/rand).
var podID = regexp.MustCompile(`^[bcdfghjklmnpqrstvwxz2456789]{5}$`)

// isPodID reports whether a part of a name is the id of a pod: that of a job follows a
// number.
func isPodID(part, before string) bool { return podID.MatchString(part) && isRandom(before) }

// findFamilies reports that the names of the candidates fall into several families,
// of which the config names none: the newest one may be of another database.
func (l Locator) findFamilies(matching []Object) *outcome.Finding {
	if !l.isLatest() || l.File || Family(l.Match) != "" {
		return nil
	}
	families := map[string]bool{}
	var newest []Object // of each family
	for _, o := range matching {
		if f := Family(o.Key); !families[f] {
			families[f] = true
			newest = append(newest, o)
		}
	}
	if len(newest) < 2 {
		return nil
	}
	return &outcome.Finding{
		Code: "backups_mixed",
		Message: fmt.Sprintf("the names of the %d backups are of %d kinds (%s): the newest, %s, may be of another database",
			len(matching), len(newest), listKeys(newest), Show(matching[0].Key)),
		Hint: fmt.Sprintf("set backup.match to the names of this database's backups, such as %q, or backup.from to their folder", GlobFor(matching[0].Key)),
	}
}

var digits = regexp.MustCompile(`[0-9]+([^\pL]*[0-9]+)*`)

// GlobFor returns a pattern for the names of backups like that of key.
func GlobFor(key string) string {
	name := digits.ReplaceAllString(uuids.ReplaceAllString(path.Base(key), "0"), "*")
	if !strings.Contains(name, "*") {
		if stem, rest, ok := strings.Cut(name, "."); ok {
			name = stem + "*." + rest
		}
	}
	return name
}
