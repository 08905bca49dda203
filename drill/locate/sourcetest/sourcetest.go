// Package sourcetest holds what every locate.Source must do, a source in
// memory, and a wrapper that injects faults; for tests alone.
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

// Place is a source and the means to change what lies there.
type Place struct {
	Source locate.Source
	Put    func(t testing.TB, key string, content []byte)
	Remove func(t testing.TB, key string)
	// CanHold says whether a key is possible there; nil: every key is.
	CanHold func(key string) bool
}

// many is more than any store gives in one page of a listing.
const many = 1100

// Run checks that the sources which empty makes keep the contract.
func Run(t *testing.T, empty func(t *testing.T) Place) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Place){
		"an empty place lists nothing":             listsNothing,
		"every object is listed, whatever its key": listsOddKeys,
		"a listing has all its pages":              listsManyObjects,
		"ranges are read exactly":                  readsRanges,
		"an empty object is read":                  readsNothing,
		"a replaced object is noticed":             noticesReplaced,
		"an object that shrank is noticed":         noticesShrunk,
		"a removed object is noticed":              noticesRemoved,
		"a context that ended gives its cause":     givesCause,
		"a context that ends stops the reading":    stopsReading,
		"the source has a name":                    hasName,
	} {
		t.Run(name, func(t *testing.T) { check(t, empty(t)) })
	}
}

func listsNothing(t *testing.T, p Place) {
	if objects := List(t, p.Source); len(objects) != 0 {
		t.Errorf("listed %v in an empty place", objects)
	}
}

func listsOddKeys(t *testing.T, p Place) {
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

func listsManyObjects(t *testing.T, p Place) {
	for i := range many {
		p.Put(t, fmt.Sprintf("%04d.dump", i), []byte("x"))
	}
	if got := len(List(t, p.Source)); got != many {
		t.Errorf("listed %d of %d objects", got, many)
	}
}

func readsRanges(t *testing.T, p Place) {
	content := []byte("0123456789abcdef")
	o := put(t, p, "shop.dump", content)
	for _, r := range [][2]int64{{0, 16}, {0, 1}, {15, 1}, {3, 7}, {0, 0}} {
		if diff := cmp.Diff(string(content[r[0]:r[0]+r[1]]), string(Read(t, p.Source, o, r[0], r[1]))); diff != "" {
			t.Errorf("%d bytes from %d (-want +got):\n%s", r[1], r[0], diff)
		}
	}
}

func readsNothing(t *testing.T, p Place) {
	o := put(t, p, "empty.dump", nil)
	if got := Read(t, p.Source, o, 0, 0); len(got) != 0 {
		t.Errorf("read %q from an empty object", got)
	}
}

func noticesReplaced(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("yesterday's"))
	p.Put(t, "shop.dump", []byte("this night's"))
	WantCode(t, readError(t.Context(), p.Source, o), outcome.BackupChanged)
}

func noticesShrunk(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("a whole dump"))
	p.Put(t, "shop.dump", []byte("a"))
	_, err := p.Source.ReadRange(t.Context(), o, 8, 4)
	WantCode(t, err, outcome.BackupChanged)
}

func noticesRemoved(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("here"))
	p.Remove(t, "shop.dump")
	WantCode(t, readError(t.Context(), p.Source, o), outcome.BackupChanged)
}

func givesCause(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("here"))
	cause := errors.New("somebody pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := p.Source.List(ctx); !errors.Is(err, cause) {
		t.Errorf("listing gave %v, want the cause", err)
	}
	if err := readError(ctx, p.Source, o); !errors.Is(err, cause) {
		t.Errorf("reading gave %v, want the cause", err)
	}
}

func stopsReading(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", bytes.Repeat([]byte("x"), 8<<20))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := p.Source.ReadRange(ctx, o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cancel()
	if n, err := io.Copy(io.Discard, r); err == nil {
		t.Errorf("read all %d bytes under a context that had ended", n)
	}
}

func hasName(t *testing.T, p Place) {
	o := put(t, p, "shop.dump", []byte("here"))
	source, object := p.Source.URI(locate.Object{}), p.Source.URI(o)
	if source == "" || !strings.HasPrefix(object, source) || !strings.HasSuffix(object, "/shop.dump") {
		t.Errorf("the source is named %q and its object %q", source, object)
	}
}

// List lists the source and fails the test if that cannot be done.
func List(t testing.TB, s locate.Source) []locate.Object {
	t.Helper()
	objects, err := s.List(t.Context())
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return objects
}

// Find lists the source and gives the object with the key.
func Find(t testing.TB, s locate.Source, key string) locate.Object {
	t.Helper()
	objects := List(t, s)
	i := slices.IndexFunc(objects, func(o locate.Object) bool { return o.Key == key })
	if i < 0 {
		t.Fatalf("%q is not among %d objects", key, len(objects))
	}
	return objects[i]
}

// Read reads a range and fails the test if that cannot be done.
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
