// Package outcome is the vocabulary of a drill: its stages, what can fail and
// whose fault that is, and the result that is reported. It knows nothing of
// Postgres, containers or storage and needs the standard library alone.
package outcome
