package inspect

import "github.com/drillgres/drillgres/drill/layers"

// archive reads a pg_dump archive and adds what it promises to a catalog.
type archive struct {
	*walker
	k      *catalog
	budget *layers.Budget

	sql    *script  // reads the definitions
	files  []string // with the data of a dump in directory or tar format
	byFile map[string]*block
	data   *unpacker
	later  []int64 // the first entries after the rows
}

// readArchive reads a custom archive to the end of its last block. If the layout
// of its version is unknown, it reads only the version, and [Judge] reports that.
func readArchive(f *feed, k *catalog, spent *layers.Budget) error {
	a := newArchive(f, k, spent)
	k.c.Format = Custom
	if !a.readHeader() {
		return a.err
	}
	if a.format != archiveCustom {
		k.c.Format = Directory
	}
	a.readEntries()
	if a.err == nil && a.format == archiveCustom {
		a.noteBlocks()
		a.beginBlocks()
		a.readBlocks()
		a.placeBlocks()
	}
	return a.err
}

func newArchive(f *feed, k *catalog, spent *layers.Budget) *archive {
	a := &archive{walker: newWalker(f, k.reserve), k: k, budget: spent, byFile: map[string]*block{}}
	a.sql = newScript(newFeed(nil, smallBuffer), k)
	a.sql.fragment = true
	return a
}

// readHeader reads the header. It reports whether the entries can be read.
func (a *archive) readHeader() bool {
	readable := a.walker.readHeader()
	a.k.c.ArchiveVersion = a.version
	a.k.c.TakenAt = a.taken
	a.k.c.Database.Name = a.database
	a.k.c.ServerVersion = a.server
	a.k.c.DumpVersion = a.dump
	return readable
}

// readEntries reads the table of contents.
func (a *archive) readEntries() {
	for e := range a.entries() {
		a.addEntry(e)
		a.noteLater(e)
		if a.err == nil && a.k.full {
			a.err = a.k.checkMemory()
		}
	}
}
