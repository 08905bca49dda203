package layers

import (
	"fmt"
	"io"
	"os"

	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// RandomAccess is implemented by the reader of a backup that can also be read at any
// offset. A zip archive has its directory at its end.
type RandomAccess interface {
	io.Reader
	// RandomAccess returns the whole backup and its size in bytes.
	RandomAccess() (io.ReaderAt, int64)
}

// openZip opens the member of a zip archive that is the dump.
func (o Opener) openZip(s *Stream, in opened) (*level, error) {
	archive, size, err := o.randomAccess(s, in)
	if err != nil {
		return nil, err
	}
	members, err := zipfile.Members(archive, size)
	if err != nil {
		return nil, err
	}
	name, err := o.chooseMember(members)
	if err != nil {
		return nil, err
	}
	member, err := zipfile.Open(archive, size, name, o.Keys.Zip)
	if err != nil {
		return nil, o.Keys.explain(Zip, err)
	}
	l := &level{Layer: Layer{Name: Zip, Member: cleanName(name)}, r: member, trailing: member.Trailing}
	if member.Key != nil {
		l.Key = member.Key.Fingerprint()
	}
	return l, nil
}

// chooseMember returns the name of the only member that can be the dump.
func (o Opener) chooseMember(list []zipfile.Member) (string, error) {
	m, name := members{glob: o.Member, kind: "zip archive"}, ""
	for _, member := range list {
		switch m.add(cleanName(member.Name), nil) {
		case aDump:
			name = member.Name
		case aFile:
			return "", outcome.Fail(outcome.FormatUnsupported, "the zip archive has a dump in directory format, which this version reads only in a tar archive").
				WithHint("pack the directory with tar")
		}
	}
	switch {
	case len(m.found) == 1:
		return name, nil
	case len(m.found) > 1:
		return "", m.ambiguous()
	case o.Member == "" && len(list) == 1:
		return list[0].Name, nil
	}
	return "", m.none()
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
