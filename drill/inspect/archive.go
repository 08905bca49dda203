package inspect

// archive reads a pg_dump archive and learns from it what it promises.
type archive struct {
	*walker
	k     *catalog
	spent *budget

	sql   *script  // reads the definitions
	files []string // that hold the data of a directory or tar
	data  *unpacker
}

// readArchive reads a custom archive to the end of its last block. Of one whose
// layout is not known nothing but its version is told; [Judge] speaks about that.
func readArchive(f *feed, k *catalog, spent *budget) error {
	a := newArchive(f, k, spent)
	k.c.Format = Custom
	if !a.head() {
		return a.err
	}
	if a.format != archiveCustom {
		k.c.Format = Directory
	}
	a.contents()
	if a.err == nil && a.format == archiveCustom {
		a.allBlocks()
	}
	return a.err
}

func newArchive(f *feed, k *catalog, spent *budget) *archive {
	a := &archive{walker: newWalker(f, k.holds), k: k, spent: spent}
	a.sql = newScript(newFeed(nil, smallBuffer), k)
	a.sql.fragment = true
	return a
}

// head reads the header, and reports whether what follows can be read.
func (a *archive) head() bool {
	readable := a.walker.head()
	a.k.c.ArchiveVersion = a.version
	a.k.c.TakenAt = a.taken
	a.k.c.Database.Name = a.database
	a.k.c.ServerVersion = a.server
	a.k.c.DumpVersion = a.dump
	return readable
}

// contents learns from the table of contents.
func (a *archive) contents() {
	for e := range a.entries() {
		a.learn(e)
		if a.err == nil && a.k.full {
			a.err = a.k.check()
		}
	}
}
