package prove

import (
	"strconv"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Backup is the intact backup on the disk of this machine. Its drill has passed.
type Backup struct {
	fetch.File
	Opener  layers.Opener     // of the layers around it
	Located locate.Backup     // at its source
	Marks   inspect.Landmarks // the places where it can be damaged
	// Promised is what it promises about the database that was restored from it, and
	// Content is what that database contains.
	Promised inspect.Promise
	Content  Content

	Pieces    []piece             // its files
	PartMarks []inspect.Landmarks // the same places in the parts before it
}

// Control is one way in which a backup breaks.
type Control struct {
	Name       string
	Did        string         // describes what is done to the copy
	Expected   []outcome.Code // the codes with which the drill of the copy may fail, the likeliest first
	Impossible string         // why such damage to this backup cannot be detected; empty: it can
	Hint       string         // what to do about that, or if the drill of the copy passes

	damage damage // to the bytes of a copy
	loss   loss   // to the restored database instead
}

// Controls returns all controls of a backup. What they do depends on its format and
// compression. Controls that are impossible are included, with the reason.
func Controls(b Backup, db *config.Database) []Control {
	var list []Control
	switch b.Marks.Outer {
	case "":
		list = b.dumpControls()
	case directoryFormat:
		list = b.directoryControls()
	default:
		list = b.outerControls()
	}
	list = append(append(list, b.partControls()...), b.rowsRemoved(db.Verify), b.sequenceBack())
	if b.Marks.Outer == "" {
		list = append(list, b.newerMajor(db))
	}
	return list
}

// dumpControls returns the controls that break a file in which the places to break are known.
func (b Backup) dumpControls() []Control {
	list := []Control{b.cutHalf(), b.cutEnd()}
	if b.wrapped() {
		list = append(list, b.cutInside())
	}
	return append(list, b.flipped(), b.emptied(), b.wrongObject())
}

func (b Backup) wrapped() bool { return b.Marks.Compression != "" }

// editDump makes a control edit the dump instead of the file around it.
func (b Backup) editDump(c *Control) {
	c.damage.decoded = b.wrapped()
}

// cutCode returns the code of a file that ends early.
func (b Backup) cutCode() []outcome.Code {
	if b.wrapped() {
		return []outcome.Code{outcome.StreamTruncated}
	}
	return []outcome.Code{outcome.DumpTruncated}
}

// cutHalf simulates an upload that was interrupted or a disk that was full.
func (b Backup) cutHalf() Control {
	return Control{
		Name: "cut_half", Did: "the second half of the file is gone", Expected: b.cutCode(),
		damage: damage{edits: []edit{{at: b.Size / 2, cut: toEnd}}},
	}
}

// cutEnd removes only the end. psql restores such a plain dump without an error.
func (b Backup) cutEnd() Control {
	if !b.wrapped() {
		return b.cutDump("cut_end")
	}
	return Control{
		Name: "cut_end", Did: "the last byte of the file is gone", Expected: b.cutCode(),
		damage: damage{edits: []edit{{at: b.Size - 1, cut: toEnd}}},
	}
}

// cutInside simulates pg_dump | gzip after pg_dump was killed: an intact compressed
// stream of an incomplete dump.
func (b Backup) cutInside() Control {
	c := b.cutDump("cut_inside")
	c.Did += ", within an intact " + b.Marks.Compression
	return c
}

// cutDump cuts the dump right before its end, inside its compression if it has one.
func (b Backup) cutDump(name string) Control {
	c := Control{Name: name, Did: "the end of the last block of data is gone", Expected: []outcome.Code{outcome.DumpTruncated}}
	at := b.Marks.End - 1
	if b.Marks.Archive == nil {
		c.Did, at = "pg_dump's last line is gone", b.Marks.Trailer
	}
	if at == 0 {
		c.Expected, c.Impossible = nil, "the dump does not have pg_dump's last line, so a missing end cannot be detected"
		c.Hint = "dump with pg_dump, and keep its comments"
		return c
	}
	c.damage = damage{edits: []edit{{at: at, cut: toEnd}}, decoded: b.wrapped()}
	return c
}

const (
	oneBit      = 1 << 3
	addChecksum = "compress the dump with gzip, or store its checksum in a sidecar file NAME.sha256"
)

// flipped simulates bit rot: it flips one bit in the middle of the data. Only a
// checksum can detect it: in a sidecar file, in the compression of the file, or in the
// blocks of an archive.
func (b Backup) flipped() Control {
	c := Control{Name: "flipped", Did: "one bit in the middle of the data is flipped"}
	half := []edit{{at: b.Size / 2, flip: oneBit}}
	a := b.Marks.Archive
	switch {
	case b.Located.SHA256 != "":
		c.Expected = []outcome.Code{outcome.ChecksumMismatch}
		c.damage = damage{edits: half, summed: true}
	case b.wrapped() && b.Marks.Summed:
		// A flipped bit can make a decoder expect more data than exists.
		c.Expected = []outcome.Code{outcome.StreamCorrupt, outcome.StreamTruncated}
		c.damage = damage{edits: half}
	case !b.wrapped() && a != nil && a.Chunk.Summed:
		c.Expected = []outcome.Code{outcome.DumpCorrupt}
		c.damage = damage{edits: []edit{{at: a.Chunk.At + a.Chunk.Size/2, flip: oneBit}}}
	default:
		c.Impossible, c.Hint = "it cannot be detected: "+b.whyNoChecksum(), addChecksum
	}
	return c
}

// whyNoChecksum returns why a flipped bit may stay undetected.
func (b Backup) whyNoChecksum() string {
	a := b.Marks.Archive
	switch {
	case b.wrapped():
		return "its " + b.Marks.Compression + " has no checksum"
	case a != nil && a.Pack != "":
		return "pg_dump compresses with " + a.Pack + " without a checksum"
	case a != nil:
		return "an archive that is not compressed has no checksum"
	}
	return "a plain dump that is not compressed has no checksum"
}

// emptied simulates a backup job that wrote nothing.
func (b Backup) emptied() Control {
	c := Control{Name: "emptied", Did: "the file is empty", Expected: []outcome.Code{outcome.BackupEmpty}}
	c.damage = damage{edits: []edit{{cut: toEnd}}, decoded: b.wrapped()}
	if b.wrapped() {
		c.Did = "the file is an intact " + b.Marks.Compression + " of nothing"
	}
	return c
}

// errorPage is a typical error response of an object store.
const errorPage = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>
`

// wrongObject simulates an error response that was stored instead of the backup.
func (b Backup) wrongObject() Control {
	return Control{
		Name: "wrong_object", Did: "the file is an error page of an object store", Expected: []outcome.Code{outcome.NotADump},
		damage: damage{edits: []edit{{put: []byte(errorPage), cut: toEnd}}},
	}
}

// newerMajor simulates a backup from a pg_dump that is newer than production.
func (b Backup) newerMajor(db *config.Database) Control {
	c := Control{Name: "newer_major"}
	if b.Marks.Archive == nil {
		// It looks to the server as transaction_timeout, new in 17, looks to 16.
		c.Did = "its first statement sets a parameter that only a newer major has"
		c.Expected = []outcome.Code{outcome.VersionSkew}
		c.damage.edits = []edit{{at: b.Marks.First, put: []byte("SET drillgres_prove_newer_major = 0;\n")}}
		b.editDump(&c)
		return c
	}
	const minor = int64(len("PGDMP") + 1)
	c.Did = "its archive format is one that only a newer major reads"
	c.Expected = []outcome.Code{outcome.DumpTooNew}
	if major, _ := strconv.Atoi(db.Postgres.Version); !inspect.ReadsArchives(major) {
		c.Expected = []outcome.Code{outcome.FormatUnsupported}
	}
	c.damage.edits = []edit{{at: minor, cut: 1, put: []byte{inspect.NewerArchive}}}
	b.editDump(&c)
	return c
}
