//go:build !windows

package sqlite

import (
	"os"
	"os/exec"
	"syscall"
)

// asNobody runs a command as another user if this one is root.
func asNobody(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
