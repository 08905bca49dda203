package restore

import (
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
)

func TestClientErrorsGetTheirCode(t *testing.T) {
	tests := []struct {
		name, line string
		exit       int
		want       outcome.Code
	}{
		{"RESTRICT_UNKNOWN", `psql:<stdin>:5: error: invalid command \restrict`, 3, outcome.ClientTooOld},
		{"RESTRICT_UNKNOWN at the end", `psql:<stdin>:900: error: invalid command \unrestrict`, 3, outcome.ClientTooOld},
		{"RESTRICT_VIOLATION", `psql:<stdin>:7: error: backslash commands are restricted; only \unrestrict is allowed`, 3, outcome.DumpHostile},
		{"UNRESTRICT_KEY", `psql:<stdin>:9: error: \unrestrict: wrong key`, 3, outcome.DumpHostile},
		{"CASCADE_N", `psql:<stdin>:9: error: invalid command \N`, 3, outcome.CopyFailed},
		{"CASCADE_DOT", `psql:<stdin>:9: error: invalid command \.`, 3, outcome.CopyFailed},
		{"ARCHIVE_TOO_NEW", `pg_restore: error: unsupported version (1.16) in file header`, 1, outcome.ClientTooOld},
		{"COMPRESSION_UNSUPPORTED", `pg_restore: error: this build does not support compression with ZSTD`, 1, outcome.ClientTooOld},
		{"ARCHIVE_TRUNCATED", `pg_restore: error: could not read from input file: end of file`, 1, outcome.DumpTruncated},
		{"EMPTY_BACKUP", `pg_restore: error: input file is too short (read 0, expected 5)`, 1, outcome.DumpTruncated},
		{"ARCHIVE_CORRUPT", `pg_restore: error: could not uncompress data: incorrect data check`, 1, outcome.DumpCorrupt},
		{"ARCHIVE_BLOCK_MISSING", `pg_restore: error: could not find block ID 3469 in archive -- possibly corrupt archive`, 1, outcome.DumpCorrupt},
		{"ARCHIVE_BLOCK_WRONG", `pg_restore: error: found unexpected block ID (3) when reading data -- expected 3469`, 1, outcome.DumpCorrupt},
		{"NOT_A_DUMP", `pg_restore: error: input file does not appear to be a valid archive`, 1, outcome.DumpCorrupt},
		{"SERVER_GONE", `psql:<stdin>:12: server closed the connection unexpectedly`, 2, outcome.SandboxLost},
		{"SERVER_GONE after", `psql:<stdin>:12: error: connection to server was lost`, 2, outcome.SandboxLost},
		{"DISK_FULL, so that the server cannot log it", `psql:<stdin>:5090: ERROR:  53100`, 3, outcome.SandboxDiskFull},
		{"DISK_FULL of pg_restore", `pg_restore: error: could not execute query: ERROR:  could not extend file "base/1/2": No space left on device`, 1, outcome.SandboxDiskFull},
		{"SHM_TOO_SMALL of pg_restore", `pg_restore: error: could not execute query: ERROR:  could not resize shared memory segment "/PostgreSQL.1" to 2 bytes: No space left on device`, 1, outcome.SharedMemoryTooSmall},
		{"no such tool", `OCI runtime exec failed: exec failed: unable to start container process`, 126, outcome.ImageUnavailable},
		{"killed", ``, 137, outcome.SandboxLost},
		{"an unknown error", `pg_restore: error: something new`, 1, outcome.RestoreFailed},
		{"no error at all", ``, 3, outcome.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := evidence{
				Tool: "psql", ExitCode: tt.exit, User: superuser,
				Log: []serverlog.Entry{record("57014", "canceling statement due to user request"), record("08P01", "unexpected EOF on client connection")},
			}
			if tt.line != "" {
				e.Stderr = []string{tt.line}
			}
			if f := classify(e); f.Code != tt.want {
				t.Errorf("%s: code %s, want %s", f.Error(), f.Code, tt.want)
			}
		})
	}
}
