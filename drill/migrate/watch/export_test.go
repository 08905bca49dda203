package watch

import "time"

// Sampling tells how often the locks were looked at: in all, the mean of the
// time from one to the next, and the longest. Call it after End.
func (w *Watch) Sampling() (samples int, mean, longest, took time.Duration) {
	s := w.sampler
	n := len(s.times)
	return n, s.span / time.Duration(n), s.longest, s.took / time.Duration(n)
}
