// Package chaos provokes faults in real drills, at every stage; see
// docs/faults.md.
package chaos
