package fetch

// FreeSpace is how many bytes this user may still write to the file system of
// dir; false where that cannot be told.
func FreeSpace(dir string) (int64, bool) { return freeSpace(dir) }
