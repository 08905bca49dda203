// Package evidence writes and verifies signed evidence of drills for an auditor. Each drill
// has a folder, <database>/<run id>:
//
//	result.json       the result, as in the history
//	test-result.json  an in-toto statement with the predicate test-result v0.1: the backup
//	                  passed, failed, or was verified and something else failed; missing if
//	                  the drill is unproved
//	report.html       the result as a page for people
//	statement.json    an in-toto statement with the Record of the drill, which names the
//	                  hashes of the other files, of the backup, and of the record before
//
// Statements are in DSSE envelopes with ed25519 signatures. An in-toto statement has exactly
// one predicate, so that there are two of them: the record is for drillgres and people, the
// test result for generic tools.
//
// The formats are small and fixed, so this package writes them with the standard library. The
// types of in-toto/attestation are generated from protocol buffers, whose JSON encoding
// promises no stable bytes and makes every number of a predicate a float.
package evidence
