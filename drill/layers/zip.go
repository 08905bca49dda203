package layers

import (
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/work"
)

// RandomAccess is implemented by the reader of a backup that can also be read at any
// offset. A zip archive has its directory at its end.
type RandomAccess interface {
	io.Reader
	// RandomAccess returns the whole backup and its size in bytes.
	RandomAccess() (io.ReaderAt, int64)
}

// openZip opens the dump in a zip archive: a member, or the files of a directory.
func (o Opener) openZip(s *Stream, in opened) (*level, error) {
	file, size, err := o.randomAccess(s, in)
	if err != nil {
		return nil, err
	}
	archive, err := zipfile.Read(file, size)
	if err != nil {
		return nil, err
	}
	z := zipped{Archive: archive, opener: o}
	name, is, err := z.choose()
	if err != nil {
		return nil, err
	}
	l := &level{Layer: Layer{Name: Zip, Member: cleanName(name)}, trailing: archive.Trailing}
	if is == aFile {
		l.Member = path.Dir(l.Member)
		l.files = z.files(l)
		return l, nil
	}
	l.r, _, err = z.open(l, name)
	return l, err
}

// zipped is a zip archive in which the dump is looked for.
type zipped struct {
	*zipfile.Archive
	opener Opener
}

// open opens a member, and returns its size. It records the key in l.
func (z zipped) open(l *level, name string) (io.Reader, int64, error) {
	member, err := z.Open(name, z.opener.Keys.Zip)
	if err != nil {
		return nil, 0, z.opener.Keys.explain(Zip, err)
	}
	if member.Key != nil {
		l.Key = member.Key.Fingerprint()
	}
	return member, member.Member.Size, nil
}

// choose returns the name of the only member that can be the dump, or the table of contents
// of the only dump in directory format. If the names do not tell, the beginnings do.
func (z zipped) choose() (name string, is kind, err error) {
	members := z.Members()
	m, found := z.among(members, func(zipfile.Member) []byte { return nil })
	if len(m.found) != 1 && !m.hasTwice() {
		heads := 0
		m, found = z.among(members, func(member zipfile.Member) []byte {
			if heads == maxHeads || !mayBeDump(member) {
				return nil
			}
			heads++
			return z.headOf(member)
		})
	}
	switch {
	case len(m.found) == 1:
		return found.name, found.kind, nil
	case len(m.found) > 1:
		return "", notADump, m.ambiguous()
	case z.opener.Member == "" && len(members) == 1:
		return members[0].Name, aDump, nil
	}
	return "", notADump, m.none()
}

// candidate is a member that can be the dump.
type candidate struct {
	name string // as it is stored
	kind kind
}

// among adds members, with what head returns of each, and returns the last that can be the dump.
func (z zipped) among(list []zipfile.Member, head func(zipfile.Member) []byte) (m *members, found candidate) {
	m = &members{glob: z.opener.Member, kind: "zip archive"}
	for _, member := range list {
		name := cleanName(member.Name)
		if base := path.Base(name); dumpfile.Is(base) && !dumpfile.IsContents(base) {
			continue // belongs to a table of contents
		}
		if is := m.add(name, head(member)); is != notADump {
			found = candidate{member.Name, is}
		}
	}
	return m, found
}

// maxHeads is how many members are opened at most to find the dump among them.
const maxHeads = 32

// mayBeDump reports whether a member has a name under which people store dumps.
func mayBeDump(member zipfile.Member) bool {
	base := path.Base(cleanName(member.Name))
	return isDumpName(base) || hasPlainName(base)
}

// headOf returns the beginning of a member; nothing if it cannot be read.
func (z zipped) headOf(member zipfile.Member) []byte {
	opened, err := z.Open(member.Name, z.opener.Keys.Zip)
	if err != nil {
		return nil
	}
	head := make([]byte, sniffLength)
	n, _ := io.ReadFull(opened, head) // an error comes again when the dump is read
	return head[:n]
}

// files returns the files of the dump in a directory of the archive, the table of contents first.
func (z zipped) files(l *level) *Files {
	var names []string
	for _, member := range z.Members() {
		if name := cleanName(member.Name); path.Dir(name) == l.Member && dumpfile.Is(path.Base(name)) {
			names = append(names, member.Name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return dumpfile.ContentsFirst(path.Base(cleanName(a)), path.Base(cleanName(b))) })
	return NewFiles(func() (File, error) {
		if len(names) == 0 {
			return File{}, io.EOF
		}
		name := names[0]
		names = names[1:]
		member, size, err := z.open(l, name)
		if err != nil {
			return File{}, err
		}
		return File{Name: path.Base(cleanName(name)), Size: size, Reader: explained{member, l.fail}}, nil
	})
}

// randomAccess returns the archive: the backup itself or, inside another layer, a copy.
func (o Opener) randomAccess(s *Stream, in opened) (io.ReaderAt, int64, error) {
	switch raw := in.raw.(type) {
	case RandomAccess:
		archive, size := raw.RandomAccess()
		return archive, size, nil
	case *os.File:
		if info, err := raw.Stat(); err == nil && info.Mode().IsRegular() {
			return raw, info.Size(), nil
		}
	}
	file, err := os.CreateTemp(o.Dir, "zip-*")
	if err != nil {
		return nil, 0, work.WriteFailure("copy the zip archive", err)
	}
	s.closers = append(s.closers, func() error {
		_ = file.Close() // was only read since
		return os.Remove(file.Name())
	})
	size, err := io.Copy(file, &limited{r: in.br, budget: Budget{Max: o.MaxDecoded}})
	if err != nil {
		return nil, 0, work.WriteFailure("copy the zip archive", fmt.Errorf("copy the zip archive: %w", err))
	}
	return file, size, nil
}

// limited is a reader with a budget.
type limited struct {
	r      io.Reader
	budget Budget
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if over := l.budget.Spend(n); over != nil {
		return n, over
	}
	return n, err
}
