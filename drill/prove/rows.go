package prove

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// rowsRemoved takes away the rows of the largest table: in production somebody
// emptied it, or a pg_dump left it out. All else is as it was, the file is whole.
func (b Backup) rowsRemoved(v config.Verify) Control {
	c := Control{Name: "rows_removed", Did: "all rows of the largest table are gone; the dump is whole"}
	t, rows, ok := b.largest(v)
	if !ok {
		c.Impossible = "the dump holds no table of its own with rows, but for those that may lose them all (verify.drift.tables)"
		return c
	}
	name := display(t.Schema, t.Name)
	c.Did = fmt.Sprintf("the %s of %s are gone; the dump is whole", rowsOf(rows), name)
	c.Hint = fmt.Sprintf("guard the table with verify.tables.%s.min_rows", name)
	c.Expected = []outcome.Code{
		// What the config expects of the rows, and what the history knows of them.
		outcome.RowsMissing, outcome.ContentDrifted, outcome.DataStale, outcome.QueryFailed,
		outcome.SmokeFailed, outcome.AppNotReady, outcome.AppStartFailed,
	}
	if t.Referenced {
		c.Expected = append(c.Expected, outcome.ConstraintViolated)
	}
	if b.allOf(rows) {
		c.Expected = append(c.Expected, outcome.DumpNoData)
	}
	for _, e := range t.Extents {
		c.damage.edits = append(c.damage.edits, edit{at: e.At, cut: e.Size, put: b.emptyRows(e)})
	}
	b.inside(&c)
	return c
}

// largest is the table that takes most of the dump, of those that it makes
// itself and that the config does not give up. One that no foreign key points at
// goes first: with the other a restore fails before anything is compared.
func (b Backup) largest(v config.Verify) (found inspect.TableRows, rows int64, ok bool) {
	var filled []inspect.TableRows
	for _, t := range b.Layout.Tables {
		if t.Made && b.rows(t) != 0 && !givenUp(v, t) {
			filled = append(filled, t)
		}
	}
	if len(filled) == 0 {
		return found, 0, false
	}
	found = slices.MaxFunc(filled, func(x, y inspect.TableRows) int {
		switch {
		case x.Referenced == y.Referenced:
			return cmp.Compare(x.Size(), y.Size())
		case x.Referenced:
			return -1
		}
		return 1
	})
	return found, b.rows(found), true
}

// givenUp tells a table of which the config says that it may lose all rows.
func givenUp(v config.Verify, t inspect.TableRows) bool {
	name := display(t.Schema, t.Name)
	return v.Drift.Tables[name] >= 100 && v.Tables[name].MinRows == 0
}

// rows counts those of a table, its partitions' among them; -1: not known.
func (b Backup) rows(t inspect.TableRows) (n int64) {
	for _, part := range b.promised().Tables {
		in := func(e inspect.Extent) bool { return e.Schema == part.Schema && e.Name == part.Name }
		if !slices.ContainsFunc(t.Extents, in) {
			continue
		}
		if part.Rows < 0 {
			return -1
		}
		n += part.Rows
	}
	return n
}

// promised returns what the backup promises. Only backups of one database are
// broken.
func (b Backup) promised() inspect.Promise { return b.Contents.PromiseFor("") }

// allOf tells whether these are all rows that the dump has.
func (b Backup) allOf(rows int64) bool {
	var all int64
	for _, t := range b.promised().Tables {
		if t.Rows < 0 {
			return false
		}
		all += t.Rows
	}
	return rows == all && b.promised().LargeObjects == 0
}

func rowsOf(n int64) string {
	switch n {
	case -1:
		return "rows"
	case 1:
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// display is a table's name as the config writes it.
func display(schema, name string) string { return schema + "." + name }

// emptyRows is what stands in a dump for a table without rows.
func (b Backup) emptyRows(e inspect.Extent) []byte {
	a := b.Layout.Archive
	if a == nil {
		return nil // the end marker stays where it is
	}
	text := "\n\n"
	if e.Copied {
		text = "\\.\n\n\n"
	}
	packed := pack(a.Pack, []byte(text))
	return bytes.Join([][]byte{number(int64(len(packed)), a.IntSize), packed, number(0, a.IntSize)}, nil)
}

// pack compresses a short text as pg_dump compresses a block.
func pack(how string, text []byte) []byte {
	var out bytes.Buffer
	switch how {
	case "zlib":
		w := zlib.NewWriter(&out)
		_, _ = w.Write(text) // a buffer takes everything
		_ = w.Close()
	case "zstd":
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		if err == nil { // the options are right
			out.Write(w.EncodeAll(text, nil))
		}
	case "lz4":
		// A frame of one block that is stored as it is: the magic, flags for
		// blocks that do not depend on each other, of 64 KiB at most, and the
		// checksum of these flags (LZ4 Frame Format 1.6).
		out.WriteString("\x04\x22\x4d\x18\x60\x40\x82")
		out.Write(little(int64(len(text))|1<<31, 4))
		out.Write(text)
		out.Write(little(0, 4))
	default:
		out.Write(text)
	}
	return out.Bytes()
}

// sequenceBack sets a sequence to a value whose next one its column holds
// already: the application's next insert would fail.
func (b Backup) sequenceBack() Control {
	c := Control{Name: "sequence_back", Did: "a sequence is set back", Expected: []outcome.Code{outcome.SequenceBehind}}
	s, ok := b.sequence()
	if !ok {
		c.Impossible = "no sequence of the dump numbers a unique column whose values can be read"
		c.Expected = nil
		return c
	}
	c.Did = fmt.Sprintf("sequence %s is set back: its next value is in %s.%s already", display(s.Schema, s.Name), display(s.TableSchema, s.Table), s.Column)
	text := fmt.Appendf(nil, "SELECT pg_catalog.setval('%s', %d, true);", strings.ReplaceAll(s.Literal, "'", "''"), s.Taken)
	if a := b.Layout.Archive; a != nil {
		text = append(text, '\n')
		c.damage.edits = []edit{{at: s.At - 1 - int64(a.IntSize), cut: 1 + int64(a.IntSize), put: number(int64(len(text)), a.IntSize)}}
	}
	c.damage.edits = append(c.damage.edits, edit{at: s.At, cut: s.Size, put: text})
	b.inside(&c)
	return c
}

// sequence is the one whose table takes most of the dump.
func (b Backup) sequence() (found inspect.SequenceState, ok bool) {
	largest := int64(-1)
	for _, s := range b.Layout.Sequences {
		i := slices.IndexFunc(b.Layout.Tables, func(t inspect.TableRows) bool {
			return t.Made && t.Schema == s.TableSchema && t.Name == s.Table
		})
		if i < 0 {
			continue
		}
		if size := b.Layout.Tables[i].Size(); size > largest {
			found, ok, largest = s, true, size
		}
	}
	return found, ok
}
