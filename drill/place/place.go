// Package place is a registry of the places where backups and histories are
// stored. It holds each kind of place, the schemes of its URLs, how to check a
// URL, and how to open a place.
//
// A new kind needs one package and one line in package wiring. That line
// determines what the config accepts, what its errors list, what doctor and
// inspect can read, and which environment variables are redacted from all output.
package place

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// Kind is one kind of place.
type Kind struct {
	Schemes []string // of its URLs, the usual one first; empty: the kind has only paths
	Example string   // of a URL: s3://bucket/prefix; empty: the kind has only paths
	Path    bool     // text without a scheme is a path of this kind
	Section string   // of the config, with options for this kind only: s3; empty: none

	// Check returns an error that says what is wrong with a URL. Its text is the
	// end of a sentence that begins with a config key: "names no bucket (want …)".
	// Check does not use the network. It never quotes the URL, which may contain a
	// password. It is not called for paths.
	Check func(url string) error

	// Secrets holds the environment variables that contain credentials.
	Secrets []string
}

// Entry is a kind and the function that opens a place of that kind, as the
// config section C describes it. Open returns Failures: config_invalid for an
// invalid URL.
type Entry[C, T any] struct {
	Kind
	Open func(ctx context.Context, section C) (T, error)
}

// Registry lists all kinds of place for one purpose.
type Registry[C, T any] []Entry[C, T]

// Kinds returns the kinds without the functions that open them.
func (r Registry[C, T]) Kinds() Kinds {
	kinds := make(Kinds, 0, len(r))
	for _, e := range r {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// Open opens the place at text, a URL or a path, as section describes it. It
// returns an error like those of Kind.Check if no kind has the URL's scheme.
func (r Registry[C, T]) Open(ctx context.Context, text string, section C) (opened T, err error) {
	i, err := r.Kinds().index(text)
	if err != nil {
		return opened, err
	}
	return r[i].Open(ctx, section)
}

// Kinds lists all kinds of place for one purpose.
type Kinds []Kind

// Find returns the kind that a URL or a path belongs to. It returns an error like
// those of Kind.Check, which lists the supported schemes, if there is none.
func (ks Kinds) Find(text string) (Kind, error) {
	i, err := ks.index(text)
	if err != nil {
		return Kind{}, err
	}
	return ks[i], nil
}

func (ks Kinds) index(text string) (int, error) {
	scheme := Scheme(text)
	i := slices.IndexFunc(ks, func(k Kind) bool {
		return scheme == "" && k.Path || slices.Contains(k.Schemes, scheme)
	})
	if i >= 0 {
		return i, nil
	}
	if scheme == "" {
		return i, fmt.Errorf("is not a URL: supported are %s", ks.supported())
	}
	if near := ks.nearest(scheme); near != "" {
		return i, fmt.Errorf("unsupported scheme %s://: supported are %s (did you mean %s://?)", scheme, ks.supported(), near)
	}
	return i, fmt.Errorf("unsupported scheme %s://: supported are %s", scheme, ks.supported())
}

// supported returns the list of schemes for a message: "file, s3, and a path".
func (ks Kinds) supported() string {
	var names []string
	path := false
	for _, k := range ks {
		if len(k.Schemes) > 0 {
			names = append(names, k.Schemes[0])
		}
		path = path || k.Path
	}
	slices.Sort(names)
	if path {
		names = append(names, "and a path")
	}
	return strings.Join(names, ", ")
}

// nearest returns the scheme that was probably intended: s3 for S3 and s3a,
// postgres for postgress. It returns an empty string if no scheme is similar.
func (ks Kinds) nearest(scheme string) string {
	var schemes []string
	for _, k := range ks {
		schemes = append(schemes, k.Schemes...)
	}
	return words.Nearest(scheme, schemes)
}

// Forms returns how to write each kind of place: "s3://bucket/prefix,
// file:///dir, or a path relative to this file".
func (ks Kinds) Forms() string {
	var forms []string
	path := ""
	for _, k := range ks {
		if k.Example != "" {
			forms = append(forms, k.Example)
		}
		if k.Path {
			path = "or a path relative to this file"
		}
	}
	if path != "" {
		forms = append(forms, path)
	}
	return strings.Join(forms, ", ")
}

// Secrets returns the environment variables that contain credentials.
func (ks Kinds) Secrets() (names []string) {
	for _, k := range ks {
		names = append(names, k.Secrets...)
	}
	return names
}

// With returns the kinds that have their options in the given config section.
func (ks Kinds) With(section string) (with Kinds) {
	for _, k := range ks {
		if k.Section == section {
			with = append(with, k)
		}
	}
	return with
}

// Sections returns the config sections with options for one kind only.
func (ks Kinds) Sections() (names []string) {
	for _, k := range ks {
		if k.Section != "" && !slices.Contains(names, k.Section) {
			names = append(names, k.Section)
		}
	}
	return names
}

var schemePattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// Scheme returns the scheme of a URL as written. It returns an empty string for a
// path.
func Scheme(text string) string {
	m := schemePattern.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}
