package watch

import "time"

// Sampling returns the number of samples, the mean and the longest interval
// between them, and the mean duration of one. Call it after End.
func (w *Watch) Sampling() (samples int, mean, longest, took time.Duration) {
	s := w.sampler
	n := s.count
	return n, s.span / time.Duration(n), s.longest, s.took / time.Duration(n)
}
