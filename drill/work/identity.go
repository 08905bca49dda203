package work

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
)

const identityName = "id"

// Identity returns the random word that is stored in a root and distinguishes
// it from every other root, including one with the same path on another machine
// or in another container. It returns "" for a root that has no identity, does
// not exist or is "".
func Identity(root string) string {
	if root == "" {
		return ""
	}
	id, err := os.ReadFile(filepath.Join(root, identityName))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// createIdentity stores an identity in a root that has none. If two processes
// try at the same time, one wins, because creating a link is atomic.
func createIdentity(root string) error {
	if Identity(root) != "" {
		return nil
	}
	temp, err := os.CreateTemp(root, ".id-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.WriteString(rand.Text() + "\n"); err != nil {
		_ = temp.Close() // the error of the write is the cause
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), filepath.Join(root, identityName)); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}
