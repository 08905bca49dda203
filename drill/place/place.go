// Package place is the registry of the places at which backups and histories
// are kept: which kinds there are, the scheme of their URLs, how a URL is
// checked, and how a place is opened.
//
// A new kind is one package and one line in package wiring. What the config
// accepts, what its errors list, what doctor and inspect can read and which
// variables are kept out of every output follow from that line.
package place

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Kind is one kind of place.
type Kind struct {
	Schemes []string // of its URLs, the usual one first; none: it has only paths
	Example string   // how such a URL is written: s3://bucket/prefix; empty: it has only paths
	Path    bool     // what has no scheme is a path of this kind
	Section string   // of the config, with options for this kind alone: s3; empty: it has none

	// Check returns what is wrong with a URL, as the end of a sentence that
	// begins with a key of the config: "names no bucket (want …)". It asks
	// nothing of the network, and never quotes the URL, which may hold a
	// password. It is not asked about paths.
	Check func(url string) error

	// Secrets are the variables of the environment that hold its credentials.
	Secrets []string
}

// Entry is a kind and what opens a place of it, as the config's section C
// describes it. Open's errors are Failures; for a bad URL, config_invalid.
type Entry[C, T any] struct {
	Kind
	Open func(ctx context.Context, section C) (T, error)
}

// Registry is a list of all the kinds of place for one purpose.
type Registry[C, T any] []Entry[C, T]

// Kinds are the kinds without what opens them.
func (r Registry[C, T]) Kinds() Kinds {
	kinds := make(Kinds, 0, len(r))
	for _, e := range r {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// Open opens the place at text, a URL or a path, as section describes it. It
// fails if no kind has the URL's scheme; that error reads like one of Check's.
func (r Registry[C, T]) Open(ctx context.Context, text string, section C) (opened T, err error) {
	i, err := r.Kinds().index(text)
	if err != nil {
		return opened, err
	}
	return r[i].Open(ctx, section)
}

// Kinds are all the kinds of place for one purpose.
type Kinds []Kind

// Find returns the kind that a URL or a path belongs to. The error lists what
// is supported, and reads like one of Check's.
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

// supported lists the schemes: file, s3, and a path.
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

// nearest is the scheme that was probably meant: s3 for S3 and s3a, postgres
// for postgress. It is empty if none is near.
func (ks Kinds) nearest(scheme string) string {
	scheme = strings.ToLower(scheme)
	for _, k := range ks {
		for _, s := range k.Schemes {
			if strings.HasPrefix(scheme, s) || len(scheme) > 1 && strings.HasPrefix(s, scheme) {
				return s
			}
		}
	}
	return ""
}

// Forms shows how places are written: "s3://bucket/prefix, file:///dir, or a
// path relative to this file".
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

// Secrets are the variables of the environment that hold credentials.
func (ks Kinds) Secrets() (names []string) {
	for _, k := range ks {
		names = append(names, k.Secrets...)
	}
	return names
}

// With returns the kinds whose options are in a section of the config.
func (ks Kinds) With(section string) (with Kinds) {
	for _, k := range ks {
		if k.Section == section {
			with = append(with, k)
		}
	}
	return with
}

// Sections are the sections of the config that hold options for one kind alone.
func (ks Kinds) Sections() (names []string) {
	for _, k := range ks {
		if k.Section != "" && !slices.Contains(names, k.Section) {
			names = append(names, k.Section)
		}
	}
	return names
}

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// Scheme is the scheme of a URL, as it is written. It is empty for a path.
func Scheme(text string) string {
	m := scheme.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}
