package dir

import "io/fs"

type fileID struct{}

// hardLinked reports no hard links: Windows does not state them in a listing.
func hardLinked(fs.FileInfo) (fileID, bool) { return fileID{}, false }
