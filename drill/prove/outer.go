package prove

import (
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// directoryFormat is Landmarks.Outer of a directory of files.
const directoryFormat = string(inspect.Directory)

// outerControls returns the controls that break a file from the outside: its inside is in
// layers that a copy cannot be given again, or in several files.
func (b Backup) outerControls() []Control {
	list := []Control{
		{
			Name: "cut_half", Did: "the second half of the file is gone", Expected: b.outerCut(),
			damage: damage{edits: []edit{{at: b.Size / 2, cut: toEnd}}},
		},
		{
			Name: "cut_end", Did: "the last byte of the file is gone", Expected: b.outerCut(),
			damage: damage{edits: []edit{{at: b.Size - 1, cut: toEnd}}},
		},
		b.outerFlip(),
		{
			Name: "emptied", Did: "the file is empty", Expected: []outcome.Code{outcome.BackupEmpty},
			damage: damage{edits: []edit{{cut: toEnd}}},
		},
		b.wrongObject(),
	}
	for i := range list {
		if why := b.whyNotBroken(list[i].Name); why != "" {
			list[i].Impossible, list[i].Expected = why, nil
		}
	}
	return list
}

// whyNotBroken returns why a control cannot be carried out; empty: it can.
func (b Backup) whyNotBroken(control string) string {
	outer := b.Marks.Outer
	if control == "cut_end" && (outer == "tar" || outer == string(inspect.Tar)) {
		return "a tar archive ends in padding, of which nothing needs the last byte"
	}
	return ""
}

// outerCut returns the codes of a file that ends early.
func (b Backup) outerCut() []outcome.Code {
	switch b.Marks.Outer {
	case string(inspect.Tar):
		return []outcome.Code{outcome.DumpTruncated}
	case layers.OpenSSL: // a cut at the end of a block looks like damage
		return []outcome.Code{outcome.StreamTruncated, outcome.StreamCorrupt}
	}
	return []outcome.Code{outcome.StreamTruncated}
}

// outerFlip simulates bit rot. Only a checksum can detect it.
func (b Backup) outerFlip() Control {
	c := Control{Name: "flipped", Did: "one bit in the middle of the file is flipped"}
	half := []edit{{at: b.Size / 2, flip: oneBit}}
	switch outer := b.Marks.Outer; {
	case b.Located.SHA256 != "":
		c.Expected = []outcome.Code{outcome.ChecksumMismatch}
		c.damage = damage{edits: half, summed: true}
	case outer == layers.OpenSSL, outer == "tar", outer == string(inspect.Tar):
		c.Impossible, c.Hint = "it cannot be detected: "+outer+" has no checksum", addChecksum
	default:
		c.Expected = []outcome.Code{outcome.StreamCorrupt, outcome.StreamTruncated}
		c.damage = damage{edits: half}
	}
	return c
}
