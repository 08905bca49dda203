// Package prove is the negative control of a drill: it breaks copies of a backup
// whose drill has passed, and requires that the drill of each copy fails with the
// right code.
//
// Start with [Prover.Prove]. Most controls damage the bytes of a copy. Two remove rows
// or the state of a sequence from the restored database by SQL, and from what the dump
// promises. The later stages then see what they would see after restoring a dump of a
// database that had lost them.
package prove
