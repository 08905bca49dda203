package inspect

import (
	"bytes"
	"cmp"
	"context"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// maxHead bounds what Head decodes, in bytes: a few bytes can decode to any number.
const maxHead = 4 << 20

// Head recognises a backup from its first bytes, as [Scan] would from all of them.
// whole states that head is the whole backup. The Contents are those of the beginning.
// Their Format is empty if it does not show the format.
//
// It returns the Failure of Scan, or of [Judge] about the format, if no later byte of
// the backup can change that. Without one, the backup may still be broken.
func Head(ctx context.Context, head []byte, whole bool, o layers.Opener, p Policy) (Contents, error) {
	stream, err := o.Open(ctx, bytes.NewReader(head))
	if err != nil {
		return Contents{}, certain(err, whole)
	}
	defer func() { _ = stream.Close() }()

	k, spent := newCatalog(), &layers.Budget{Max: maxHead}
	first, _ := stream.Peek(sniffLength) // an error comes again with the next read
	f, err := scan(stream, k, spent)
	whole = whole && !hasCode(err, outcome.DiskBudgetExceeded)
	stopped := f == nil || len(f.window()) > 0 || !isText(bytes.TrimSpace(first))
	if whole {
		err = cmp.Or(drain(stream, f), err)
	}
	c := k.contents()
	c.Source.addLayers(stream)
	if c.Source.TrailingBytes, c.Source.TrailingLayer = stream.Trailing(); !whole {
		err = partial(&c, err, stopped)
	}
	return c, firstError(err, c, p)
}

// partial returns err if it is certain although only the beginning of the backup was
// read. stopped states that the reading stopped before the end of the beginning. It
// removes from c what the rest may change.
func partial(c *Contents, err error, stopped bool) error {
	if isUnseen(err) || isDumpLevel(err) && !stopped {
		err = nil
	}
	s := &c.Source
	switch {
	case s.Format == Cluster:
		s.DumpCount = max(s.DumpCount, 1) // the first may begin later
	case s.Format == Plain && !s.ProvesEnd() && c.promisesNothing():
		s.Format = "" // nothing yet that a dump has
	}
	return err
}

func (c Contents) promisesNothing() bool {
	for range c.tables() {
		return false
	}
	for range c.objects() {
		return false
	}
	return true
}

// firstError returns err or, without one, the Failure about the format.
func firstError(err error, c Contents, p Policy) error {
	for _, judge := range []func(Contents, Policy) error{checkFormat, checkArchiveReadable, checkArchiveKnown} {
		if err == nil {
			err = judge(c, p)
		}
	}
	return err
}

// certain returns err unless the rest of a backup would prevent it.
func certain(err error, whole bool) error {
	if !whole && isUnseen(err) {
		return nil
	}
	return err
}

// isUnseen reports whether err is about an end that only the whole backup has, or about
// the bounds of Head.
func isUnseen(err error) bool {
	for _, code := range []outcome.Code{outcome.DumpTruncated, outcome.StreamTruncated, outcome.BackupEmpty, outcome.DiskBudgetExceeded} {
		if hasCode(err, code) {
			return true
		}
	}
	return false
}

// isDumpLevel reports whether err is about the dump and not about its stream.
func isDumpLevel(err error) bool { return err != nil && !StreamLevel(err) }
