package prove

import (
	"strconv"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Backup is the intact backup on this machine's disk, which a drill has passed.
type Backup struct {
	fetch.File
	Located locate.Backup     // as it was located at its source
	Marks   inspect.Landmarks // where it can be damaged
	// Promised is what it promises of the database that was restored from it, and
	// Content what that holds.
	Promised inspect.Promise
	Content  Content
}

// Control is one way in which a backup breaks.
type Control struct {
	Name       string
	Did        string         // what is done to the copy, for a person
	Expected   []outcome.Code // that the drill of the copy may end in, the likeliest first
	Impossible string         // why this backup cannot be broken so that anybody could tell; empty: it can
	Hint       string         // what to do about that, or about a drill that passes

	damage damage // to the bytes of a copy
	loss   loss   // to the restored database instead
}

// Controls are all ways in which this backup is broken. What a control does
// follows from the backup's format and wrapping; those that it cannot show
// are among them, with the reason.
func Controls(b Backup, db *config.Database) []Control {
	list := []Control{b.cutHalf(), b.cutEnd()}
	if b.wrapped() {
		list = append(list, b.cutInside())
	}
	return append(list, b.flipped(), b.emptied(), b.wrongObject(), b.rowsRemoved(db.Verify), b.sequenceBack(), b.newerMajor(db))
}

func (b Backup) wrapped() bool { return b.Marks.Compression != "" }

// inside has a control's edits done to the dump itself.
func (b Backup) inside(c *Control) {
	c.damage.decoded = b.wrapped()
}

// cutCode is that of a file that ends early.
func (b Backup) cutCode() []outcome.Code {
	if b.wrapped() {
		return []outcome.Code{outcome.StreamTruncated}
	}
	return []outcome.Code{outcome.DumpTruncated}
}

// cutHalf is an upload that broke off, or a disk that was full.
func (b Backup) cutHalf() Control {
	return Control{
		Name: "cut_half", Did: "the second half of the file is gone", Expected: b.cutCode(),
		damage: damage{edits: []edit{{at: b.Size / 2, cut: rest}}},
	}
}

// cutEnd leaves out no more than the end: psql would restore such a plain dump
// without a word.
func (b Backup) cutEnd() Control {
	if !b.wrapped() {
		return b.cutDump("cut_end")
	}
	return Control{
		Name: "cut_end", Did: "the last byte of the file is gone", Expected: b.cutCode(),
		damage: damage{edits: []edit{{at: b.Size - 1, cut: rest}}},
	}
}

// cutInside is what pg_dump | gzip leaves when pg_dump dies: a whole stream of
// a dump that is not.
func (b Backup) cutInside() Control {
	c := b.cutDump("cut_inside")
	c.Did += ", within an intact " + b.Marks.Compression
	return c
}

// cutDump cuts the dump, in whatever it is wrapped, right before its end.
func (b Backup) cutDump(name string) Control {
	c := Control{Name: name, Did: "the end of the last block of data is gone", Expected: []outcome.Code{outcome.DumpTruncated}}
	at := b.Marks.End - 1
	if b.Marks.Archive == nil {
		c.Did, at = "pg_dump's last line is gone", b.Marks.Trailer
	}
	if at == 0 {
		c.Expected, c.Impossible = nil, "the dump has no last line of pg_dump's, so nothing shows that its end is missing"
		c.Hint = "dump with pg_dump and keep its comments"
		return c
	}
	c.damage = damage{edits: []edit{{at: at, cut: rest}}, decoded: b.wrapped()}
	return c
}

const (
	oneBit     = 1 << 3
	storeItSum = "compress the dump with gzip, or store its checksum beside it as NAME.sha256"
)

// flipped is rot: one bit in the middle of the data. Somebody must have summed
// the bytes for it to show: a checksum beside the backup, the compression of the
// file, or that of an archive's blocks.
func (b Backup) flipped() Control {
	c := Control{Name: "flipped", Did: "one bit in the middle of the data is flipped"}
	half := []edit{{at: b.Size / 2, flip: oneBit}}
	a := b.Marks.Archive
	switch {
	case b.Located.SHA256 != "":
		c.Expected = []outcome.Code{outcome.ChecksumMismatch}
		c.damage = damage{edits: half, summed: true}
	case b.wrapped() && b.Marks.Summed:
		// A flipped bit can make a decoder look for more than there is.
		c.Expected = []outcome.Code{outcome.StreamCorrupt, outcome.StreamTruncated}
		c.damage = damage{edits: half}
	case !b.wrapped() && a != nil && a.Chunk.Summed:
		c.Expected = []outcome.Code{outcome.DumpCorrupt}
		c.damage = damage{edits: []edit{{at: a.Chunk.At + a.Chunk.Size/2, flip: oneBit}}}
	default:
		c.Impossible, c.Hint = "nobody could tell: "+b.unsummed(), storeItSum
	}
	return c
}

// unsummed says why a flipped bit need not show.
func (b Backup) unsummed() string {
	a := b.Marks.Archive
	switch {
	case b.wrapped():
		return "its " + b.Marks.Compression + " carries no checksum"
	case a != nil && a.Pack != "":
		return "pg_dump compresses with " + a.Pack + " without a checksum"
	case a != nil:
		return "an archive that is not compressed carries no checksum"
	}
	return "a plain dump that is not compressed carries no checksum"
}

// emptied is a backup job that had nothing to write.
func (b Backup) emptied() Control {
	c := Control{Name: "emptied", Did: "the file has no bytes", Expected: []outcome.Code{outcome.BackupEmpty}}
	c.damage = damage{edits: []edit{{cut: rest}}, decoded: b.wrapped()}
	if b.wrapped() {
		c.Did = "the file is an intact " + b.Marks.Compression + " of nothing"
	}
	return c
}

// errorPage is how object stores and proxies answer.
const errorPage = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>
`

// wrongObject is an answer that was stored in place of what was asked for.
func (b Backup) wrongObject() Control {
	return Control{
		Name: "wrong_object", Did: "the file is an error page of an object store", Expected: []outcome.Code{outcome.NotADump},
		damage: damage{edits: []edit{{put: []byte(errorPage), cut: rest}}},
	}
}

// newerMajor is a backup made by a newer pg_dump than production can restore.
func (b Backup) newerMajor(db *config.Database) Control {
	c := Control{Name: "newer_major"}
	if b.Marks.Archive == nil {
		// As transaction_timeout of 17 is to 16.
		c.Did = "at its top it sets what only a newer major knows"
		c.Expected = []outcome.Code{outcome.VersionSkew}
		c.damage.edits = []edit{{at: b.Marks.First, put: []byte("SET drillgres_prove_newer_major = 0;\n")}}
		b.inside(&c)
		return c
	}
	const minor = int64(len("PGDMP") + 1)
	c.Did = "its archive format is one that only a newer major reads"
	c.Expected = []outcome.Code{outcome.DumpTooNew}
	if major, _ := strconv.Atoi(db.Postgres.Version); !inspect.ReadsArchives(major) {
		c.Expected = []outcome.Code{outcome.FormatUnsupported}
	}
	c.damage.edits = []edit{{at: minor, cut: 1, put: []byte{inspect.NewerArchive}}}
	b.inside(&c)
	return c
}
