package prove

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// directoryControls returns the controls that break files of a dump in directory format.
func (b Backup) directoryControls() []Control {
	rows, ok := b.largestRows()
	opensslEncrypted := slices.Contains(b.Contents.Source.Layers, layers.OpenSSL)
	list := []Control{
		{
			Name: "cut_half", Did: "the second half of a file of rows is gone", Expected: rows.cutCodes(),
			damage: damage{of: rows.name, edits: []edit{{at: rows.size / 2, cut: toEnd}}},
		},
		{
			Name: "cut_end", Did: "the end of a file of rows is gone", Expected: rows.cutCodes(),
			damage: damage{of: rows.name, edits: []edit{{at: max(rows.size-int64(len(rowsEnd)), 0), cut: toEnd}}},
		},
		rows.flipped(opensslEncrypted),
		{
			Name: "emptied", Did: "a file of rows is empty", Expected: []outcome.Code{outcome.DumpTruncated, outcome.StreamTruncated},
			damage: damage{of: rows.name, edits: []edit{{cut: toEnd}}},
		},
		{
			Name: "file_missing", Did: "a file of rows is missing", Expected: []outcome.Code{outcome.DumpTruncated},
			damage: damage{of: rows.name, removed: true},
		},
	}
	if !ok {
		for i := range list {
			list[i].Impossible, list[i].Expected = "the dump has no file of rows", nil
		}
	}
	return append(list, b.wrongContents())
}

// rowsEnd is how pg_dump ends a file of rows that is not compressed.
const rowsEnd = "\\.\n\n\n"

func (p piece) isEncrypted() bool { return dumpfile.Decrypted(p.name) != p.name }

// cutCodes returns the codes of a file of rows that ends early.
func (p piece) cutCodes() []outcome.Code {
	if p.isEncrypted() {
		return []outcome.Code{outcome.StreamTruncated, outcome.StreamCorrupt, outcome.DumpTruncated, outcome.DumpCorrupt}
	}
	return []outcome.Code{outcome.DumpTruncated, outcome.DumpCorrupt}
}

// flipped simulates bit rot in a file of rows.
func (p piece) flipped(unauthenticated bool) Control {
	c := Control{Name: "flipped", Did: "one bit in the middle of a file of rows is flipped"}
	c.damage = damage{of: p.name, edits: []edit{{at: p.size / 2, flip: oneBit}}}
	switch compression := dumpfile.Compression(filepath.Base(dumpfile.Decrypted(p.name))); {
	case p.isEncrypted() && unauthenticated && compression == "":
		c.Impossible, c.Hint = "it cannot be detected: openssl enc has no checksum", directoryChecksum
	case p.isEncrypted():
		c.Expected = []outcome.Code{outcome.StreamCorrupt, outcome.StreamTruncated, outcome.DumpCorrupt, outcome.DumpTruncated}
	case compression == ".gz":
		c.Expected = []outcome.Code{outcome.DumpCorrupt, outcome.DumpTruncated}
	case compression == "":
		c.Impossible, c.Hint = "it cannot be detected: a file of rows that is not compressed has no checksum", directoryChecksum
	default:
		c.Impossible, c.Hint = "it cannot be detected: pg_dump compresses with "+compression[1:]+" without a checksum", directoryChecksum
	}
	return c
}

const directoryChecksum = "dump with --compress=gzip"

// wrongContents simulates an error response that was stored instead of the table of contents.
func (b Backup) wrongContents() Control {
	c := Control{
		Name: "wrong_object", Did: "the table of contents is an error page of an object store",
		Expected: []outcome.Code{outcome.DumpCorrupt, outcome.NotADump, outcome.StreamCorrupt},
	}
	for _, p := range b.Pieces {
		if filepath.Dir(p.name) == mainPart && dumpfile.IsContents(filepath.Base(p.name)) {
			c.damage = damage{of: p.name, edits: []edit{{put: []byte(errorPage), cut: toEnd}}}
		}
	}
	return c
}

// partControls returns a control for each part before the dump: its end is gone.
func (b Backup) partControls() (list []Control) {
	seen := map[string]int{}
	for i, part := range b.Before {
		p, ok := b.single(partName(i))
		one := Backup{File: part, Opener: b.Opener, Marks: b.PartMarks[i]}
		var c Control
		switch {
		case !ok:
			c.Impossible = "the part is a directory: only files of the dump's own directory are broken"
		case one.Marks.Outer != "":
			c = one.outerControls()[1]
		default:
			c = one.cutEnd()
		}
		c.Name, c.damage.of = "cut_"+part.Role, p.name
		if seen[part.Role]++; seen[part.Role] > 1 {
			c.Name += fmt.Sprintf("_%d", seen[part.Role])
		}
		c.Did = "of the part " + part.Role + ": " + c.Did
		list = append(list, c)
	}
	return list
}
