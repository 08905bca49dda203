// Package prove is the drill's negative control: it breaks copies of a backup
// that a drill has passed, and requires that the drill of each fails with the
// code that the damage deserves.
//
// [Prover.Prove] is the story. Most controls damage the bytes of a copy. Two take
// rows or the state of a sequence away from the restored database by SQL, and from
// what the dump promises: what follows then sees what it would see of a dump of a
// database that had lost them.
package prove
