// Package prove is the drill's negative control: it breaks copies of a backup
// that a drill has passed and requires that the drill of each goes red with the
// code that the damage deserves.
package prove
