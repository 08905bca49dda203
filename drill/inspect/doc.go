// Package inspect decodes backups and reads what dumps say of themselves and
// whether they are whole, from their bytes alone and in bounded memory.
package inspect
