// Package corpus drills every broken and every good backup of fixtures/backups;
// see docs/corpus.md.
package corpus
