package producer

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Of the keys that count, at least shareOf in shareIn must be the producer's.
const (
	shareOf = 3
	shareIn = 4
)

// Recognize returns the producer whose layout the keys have, and why. ok is false if no
// layout fits, or if several fit equally.
//
// A wrong answer sets a wrong member or match, so it counts only names that nobody else
// writes, and only if they are most of the keys. Checksums, logs and notes do not count.
func Recognize(keys []string) (p Producer, why string, ok bool) {
	keys = counted(keys)
	best, ok := bestFit(signatures, keys)
	if !ok {
		return Producer{}, "", false
	}
	p, ok = Find(best.name)
	return p, best.why(len(keys)), ok
}

// bestFit returns the signature to which most of the keys belong. ok is false if none
// fits, or if those of several producers fit equally.
func bestFit(among []signature, keys []string) (best fit, ok bool) {
	for _, s := range among {
		f, fits := s.fit(keys)
		switch {
		case !fits || f.own < best.own:
		case f.own > best.own:
			best, ok = f, true
		case f.name != best.name:
			ok = false
		}
	}
	return best, ok
}

// signature is the layout that only one producer writes. A producer can have several.
type signature struct {
	name   string                   // of the producer
	looks  string                   // what the names look like, for people
	family string                   // tools that write the same layout
	main   *regexp.Regexp           // keys that show the layout
	agree  func(m []string) bool    // whether the groups of main fit each other; nil: always
	beside *regexp.Regexp           // keys that belong to the layout and do not show it; nil: none
	needs  []*regexp.Regexp         // each must match a key, where main alone is not unique
	whole  func(keys []string) bool // whether the keys together fit; nil: always
	least  int                      // how many keys must match main; 0: one
}

// fit is how a signature fits a list of keys.
type fit struct {
	signature
	own int // keys that are the producer's
}

func (f fit) why(keys int) string {
	why := fmt.Sprintf("%d of %d names are those of %s", f.own, keys, f.looks)
	if f.family != "" {
		why += "; " + f.family + " write the same"
	}
	return why
}

// fit reports whether the keys have the layout of s.
func (s signature) fit(keys []string) (f fit, ok bool) {
	shown := 0
	f.signature = s
	for _, key := range keys {
		switch {
		case s.shows(key):
			shown++
			f.own++
		case s.beside != nil && s.beside.MatchString(key):
			f.own++
		}
	}
	if shown < max(s.least, 1) || f.own*shareIn < len(keys)*shareOf {
		return f, false
	}
	for _, need := range s.needs {
		if !slices.ContainsFunc(keys, need.MatchString) {
			return f, false
		}
	}
	return f, s.whole == nil || s.whole(keys)
}

func (s signature) shows(key string) bool {
	m := s.main.FindStringSubmatch(key)
	return m != nil && (s.agree == nil || s.agree(m))
}

// notes matches files that people and tools put beside any backup.
var notes = regexp.MustCompile(`(?i)(\.(sha\d+|sha\d+sum|md5|md5sum|sig|minisig|log|txt|md)|(^|/)(readme|sha\d+sums|md5sums))$`)

// counted returns the keys that say something about the layout.
func counted(keys []string) []string {
	var count []string
	for _, key := range keys {
		key = strings.TrimPrefix(key, "./")
		base := path.Base(key)
		if key == "" || strings.HasSuffix(key, "/") || strings.HasPrefix(base, ".") || notes.MatchString(key) {
			continue
		}
		count = append(count, key)
	}
	slices.Sort(count)
	return slices.Compact(count)
}
