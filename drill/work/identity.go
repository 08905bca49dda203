package work

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
)

const identityName = "id"

// Identity tells one root from all others, also from one of the same path on
// another machine or in another container: it is a random word that lies in
// it. A root that does not exist, or is "", has none.
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

// identify gives a root its identity, once. Of two processes that try at a
// time one wins: a link is made whole or not at all.
func identify(root string) error {
	if Identity(root) != "" {
		return nil
	}
	temp, err := os.CreateTemp(root, ".id-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.WriteString(rand.Text() + "\n"); err != nil {
		_ = temp.Close() // the error of the write says more
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
