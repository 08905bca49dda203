package work

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

const identityName = "id"

// Identity returns a word that distinguishes a root on this machine from every other
// root, including one with the same path on another machine or in another container. It
// is made from the random word that is stored in the root, and from the machine: the
// stored word may have been copied with the image of a machine. It returns "" for a root
// that has no stored word, does not exist or is "".
func Identity(root string) string {
	word := storedWord(root)
	if word == "" {
		return ""
	}
	return identityOn(machineOf(root), word)
}

// identityOn returns the identity of a root with that stored word on a machine.
func identityOn(machine, word string) string {
	sum := sha256.Sum256([]byte(word + "\n" + machine))
	return hex.EncodeToString(sum[:16])
}

func storedWord(root string) string {
	if root == "" {
		return ""
	}
	id, err := os.ReadFile(filepath.Join(root, identityName))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// machineOf returns what distinguishes this machine from a copy of it, as far as that is
// known: its id and its name. A container has another name after each start. If its root
// is on a volume, which is kept between starts, machineOf returns the id of the running
// kernel instead of the name.
func machineOf(root string) string {
	name, _ := os.Hostname() // empty if unknown
	name, _, _ = strings.Cut(name, ".")
	if inContainer() && onVolume(root) {
		name = firstLine("/proc/sys/kernel/random/boot_id")
	}
	return firstLine("/etc/machine-id") + "/" + name
}

func inContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}

// firstLine returns the first line of a file, or an empty string if it cannot be read.
func firstLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// createIdentity stores a random word in a root that has none. If two processes
// try at the same time, one wins, because creating a link is atomic.
func createIdentity(root string) error {
	if storedWord(root) != "" {
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
