// Package outcome defines the vocabulary of a drill: its stages, what can fail
// and whose fault that is, and the result that is reported. It knows nothing
// about Postgres, containers or storage and imports only the standard library.
package outcome
