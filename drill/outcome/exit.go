package outcome

// The exit codes that do not belong to a class.
const (
	ExitPassed      = 0
	ExitNotRecorded = 7 // the drill passed, but could not be recorded or sent
)

// ExitCode returns the exit code of the process after a failure of this class.
func (c Class) ExitCode() int {
	switch c {
	case ClassUsage:
		return 2
	case ClassBackup, ClassSchema:
		return 3
	case ClassApp:
		return 4
	case ClassEnvironment:
		return 5
	case ClassBudget:
		return 6
	case ClassSignal:
		return 130
	default:
		return 1
	}
}
