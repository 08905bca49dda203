// Package sourcetest contains, for tests, a conformance suite for every
// locate.Source, a source in memory, and a wrapper that injects faults.
package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Place is a source and functions that change its objects.
type Place struct {
	Source locate.Source
	Put    func(t testing.TB, key string, content []byte)
	Remove func(t testing.TB, key string)
	// CanHold reports whether the source supports a key; nil: it supports all.
	CanHold func(key string) bool
}

// moreThanOnePage is more objects than any store lists on one page.
const moreThanOnePage = 1100

// Run checks the contract of locate.Source on sources that empty returns.
func Run(t *testing.T, empty func(t *testing.T) Place) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Place){
		"an empty source lists nothing":              checkEmptyListing,
		"every object is listed, whatever its key":   checkOddKeys,
		"a listing has all its pages":                checkPages,
		"ranges are read exactly":                    checkRanges,
		"an empty object is read":                    checkEmptyObject,
		"a replaced object is detected":              checkReplaced,
		"an object that shrank is detected":          checkShrunk,
		"a removed object is detected":               checkRemoved,
		"a context that is done returns its cause":   checkCause,
		"a cancelled context stops a read":           checkCancelled,
		"objects have URIs below that of the source": checkURI,
	} {
		t.Run(name, func(t *testing.T) { check(t, empty(t)) })
	}
}

func checkEmptyListing(t *testing.T, p Place) {
	if objects := List(t, p.Source); len(objects) != 0 {
		t.Errorf("listed %v in an empty source", objects)
	}
}

func checkOddKeys(t *testing.T, p Place) {
	want := map[string]int64{}
	for i, key := range []string{
		"shop.dump", "2024/05/01/shop.dump", "with space.dump", "größe-日本.dump", "plus+percent%20.dump",
		"quote\"'.dump", "semi;colon&.dump", "..hidden..dump", "a?b#c.dump", `back\slash.dump`, "-dash.dump",
		"new\nline.dump", "escape\x1b[31m.dump",
	} {
		if p.CanHold != nil && !p.CanHold(key) {
			continue
		}
		p.Put(t, key, bytes.Repeat([]byte("x"), i+1))
		want[key] = int64(i + 1)
	}
	got := map[string]int64{}
	for _, o := range List(t, p.Source) {
		got[o.Key] = o.Size
		if o.ModifiedAt.IsZero() {
			t.Errorf("%q has no time", o.Key)
		}
		if content := Read(t, p.Source, o, 0, o.Size); int64(len(content)) != o.Size {
			t.Errorf("%q: read %d bytes of %d", o.Key, len(content), o.Size)
		}
		if uri := p.Source.URI(o); strings.ContainsAny(uri, "\n\x1b") {
			t.Errorf("the URI %q would disturb a terminal", uri)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys and sizes (-want +got):\n%s", diff)
	}
}

func checkPages(t *testing.T, p Place) {
	for i := range moreThanOnePage {
		p.Put(t, fmt.Sprintf("%04d.dump", i), []byte("x"))
	}
	if got := len(List(t, p.Source)); got != moreThanOnePage {
		t.Errorf("listed %d of %d objects", got, moreThanOnePage)
	}
}

func checkRanges(t *testing.T, p Place) {
	content := []byte("0123456789abcdef")
	o := put(t, p, "shop.dump", content)
	for _, r := range [][2]int64{{0, 16}, {0, 1}, {15, 1}, {3, 7}, {0, 0}} {
		if diff := cmp.Diff(string(content[r[0]:r[0]+r[1]]), string(Read(t, p.Source, o, r[0], r[1]))); diff != "" {
			t.Errorf("%d bytes from %d (-want +got):\n%s", r[1], r[0], diff)
		}
	}
}

func checkEmptyObject(t *testing.T, p Place) {
	o := put(t, p, "empty.dump", nil)
	if got := Read(t, p.Source, o, 0, 0); len(got) != 0 {
		t.Errorf("read %q from an empty object", got)
	}
}

func checkReplaced(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("yesterday's"))
	p.Put(t, "shop.dump", []byte("this night's"))
	WantCode(t, readError(t.Context(), p.Source, o), outcome.BackupChanged)
}

func checkShrunk(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("a whole dump"))
	p.Put(t, "shop.dump", []byte("a"))
	_, err := p.Source.ReadRange(t.Context(), o, 8, 4)
	WantCode(t, err, outcome.BackupChanged)
}

func checkRemoved(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("here"))
	p.Remove(t, "shop.dump")
	WantCode(t, readError(t.Context(), p.Source, o), outcome.BackupChanged)
}

func checkCause(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("here"))
	cause := errors.New("the user pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := p.Source.List(ctx); !errors.Is(err, cause) {
		t.Errorf("listing returned %v, want the cause", err)
	}
	if err := readError(ctx, p.Source, o); !errors.Is(err, cause) {
		t.Errorf("reading returned %v, want the cause", err)
	}
}

func checkCancelled(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", bytes.Repeat([]byte("x"), 8<<20))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := p.Source.ReadRange(ctx, o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cancel()
	if n, err := io.Copy(io.Discard, r); err == nil {
		t.Errorf("read all %d bytes with a cancelled context", n)
	}
}

func checkURI(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("here"))
	source, object := p.Source.URI(locate.Object{}), p.Source.URI(o)
	if source == "" || !strings.HasPrefix(object, source) || !strings.HasSuffix(object, "/shop.dump") {
		t.Errorf("the URI of the source is %q and that of its object %q", source, object)
	}
}

// List lists the source. It fails the test on an error.
func List(t testing.TB, s locate.Source) []locate.Object {
	t.Helper()
	objects, err := s.List(t.Context())
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return objects
}

// Find lists the source and returns the object with the key.
func Find(t testing.TB, s locate.Source, key string) locate.Object {
	t.Helper()
	objects := List(t, s)
	i := slices.IndexFunc(objects, func(o locate.Object) bool { return o.Key == key })
	if i < 0 {
		t.Fatalf("%q is not among %d objects", key, len(objects))
	}
	return objects[i]
}

// Read reads a range. It fails the test on an error.
func Read(t testing.TB, s locate.Source, o locate.Object, offset, length int64) []byte {
	t.Helper()
	r, err := s.ReadRange(t.Context(), o, offset, length)
	if err != nil {
		t.Fatalf("read %q: %v", o.Key, err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %q: %v", o.Key, err)
	}
	return content
}

// WantCode fails the test unless err is a Failure with the code.
func WantCode(t testing.TB, err error, want outcome.Code) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	if got := outcome.AsFailure(err); got.Code != want {
		t.Fatalf("%s: %v; want %s", got.Code, err, want)
	}
}

func put(t *testing.T, p Place, key string, content []byte) locate.Object {
	t.Helper()
	p.Put(t, key, content)
	return Find(t, p.Source, key)
}

func readError(ctx context.Context, s locate.Source, o locate.Object) error {
	r, err := s.ReadRange(ctx, o, 0, o.Size)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// CheckURLs checks which objects of a store the source of a URL lists. root is the URL of a whole
// bucket.
func CheckURLs(t *testing.T, root string, put func(key string, content []byte), open func(url string) locate.Source) {
	t.Helper()
	for _, key := range []string{"prod/shop.dump", "prod/old/shop.dump", "production/shop.dump", "root.dump"} {
		put(key, []byte(key))
	}
	for url, want := range map[string]string{
		root:                          "prod/old/shop.dump prod/shop.dump production/shop.dump root.dump",
		root + "/":                    "prod/old/shop.dump prod/shop.dump production/shop.dump root.dump",
		root + "/prod":                "prod/old/shop.dump prod/shop.dump",
		root + "/prod/":               "prod/old/shop.dump prod/shop.dump",
		root + "/prod/old/shop.dump":  "prod/old/shop.dump",
		root + "/pro":                 "",
		root + "/production/shop.dum": "",
	} {
		s := open(url)
		var got []string
		for _, o := range List(t, s) {
			key := string(Read(t, s, o, 0, o.Size)) // each object contains its own key
			if got = append(got, key); s.URI(o) != root+"/"+key {
				t.Errorf("%s: %s is named %s", url, key, s.URI(o))
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s lists %v, want %s", url, got, want)
		}
	}
}

// WantFailure checks the code of an error, and parts of its message and of its hint.
func WantFailure(t *testing.T, err error, code outcome.Code, message, hint string) {
	t.Helper()
	WantCode(t, err, code)
	if !strings.Contains(err.Error(), message) {
		t.Errorf("got\n%s\nwant it to contain\n%s", err, message)
	}
	if remedy := outcome.AsFailure(err).Remedy(); !strings.Contains(remedy, hint) {
		t.Errorf("got hint\n%s\nwant it to contain\n%s", remedy, hint)
	}
	t.Logf("%v\n  hint: %s", err, outcome.AsFailure(err).Remedy())
}

// Locate returns the newest backup of a source.
func Locate(t *testing.T, s locate.Source) locate.Backup {
	t.Helper()
	b, err := locate.Locator{Source: s}.Locate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}
