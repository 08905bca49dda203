// Package inspect decodes backups, reads what dumps contain, and checks that they
// are complete. It uses only their bytes, and bounded memory.
package inspect
