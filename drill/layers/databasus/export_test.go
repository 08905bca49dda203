package databasus

import (
	"io"
	"sync"
)

var derived sync.Map // derived keys: each takes 100,000 iterations

// OpenCached is Open for tests that open the same backup thousands of times.
func OpenCached(r io.Reader, keys []*Key, ids []string) (*Opened, error) {
	return open(r, keys, ids, func(secret, id string, salt []byte) ([]byte, error) {
		name := secret + id + string(salt)
		if key, ok := derived.Load(name); ok {
			return key.([]byte), nil
		}
		key, err := derive(secret, id, salt)
		derived.Store(name, key)
		return key, err
	})
}
