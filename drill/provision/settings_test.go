package provision

import (
	"testing"
)

func TestSettings(t *testing.T) {
	usual := sizing{Memory: 4 * gib, Shm: gib}
	tests := []struct {
		name string
		user map[string]string
		size sizing
		want map[string]string // empty: not set
	}{
		{"a rehearsal keeps durability", nil, usual, map[string]string{
			"wal_level": "minimal", "max_wal_senders": "0", "archive_mode": "off", "fsync": "", "full_page_writes": "", "synchronous_commit": "",
			"shared_buffers": "1024MB", "maintenance_work_mem": "192MB", "logging_collector": "on", "autovacuum": "",
		}},
		{"fast gives up durability", nil, sizing{Memory: 4 * gib, Shm: gib, Fast: true}, map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
		}},
		{"memory for index builds fits in memory, shm and jobs", nil, sizing{Memory: gib, Shm: 64 * mib, Jobs: 2}, map[string]string{
			"maintenance_work_mem": "24MB", "shared_buffers": "256MB",
		}},
		{"the user's settings win, in whatever case", map[string]string{"Shared_Buffers": "77MB"}, usual, map[string]string{
			"shared_buffers": "77MB", "Shared_Buffers": "",
		}},
		{"but not over the log", map[string]string{"lc_messages": "de_DE", "log_min_messages": "panic"}, usual, map[string]string{
			"lc_messages": "C", "log_min_messages": "error",
		}},
		{"archiving needs more than minimal WAL", map[string]string{"archive_mode": "on"}, usual, map[string]string{"wal_level": "replica"}},
		{"so do senders", map[string]string{"max_wal_senders": "4"}, usual, map[string]string{"wal_level": "replica"}},
		{"the user's level stays", map[string]string{"max_wal_senders": "4", "wal_level": "logical"}, usual, map[string]string{"wal_level": "logical"}},
		{"restored cron jobs do not run", map[string]string{"shared_preload_libraries": "pg_stat_statements, pg_cron"}, usual, map[string]string{
			"cron.database_name": "shop", "cron.launch_active_jobs": "off",
		}},
		{"no settings of pg_cron without it", map[string]string{"shared_preload_libraries": "not_pg_cron"}, usual, map[string]string{
			"cron.database_name": "",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := serverSettings(tt.user, tt.size, "shop")
			for name, want := range tt.want {
				if got[name] != want {
					t.Errorf("%s is %q, want %q", name, got[name], want)
				}
			}
		})
	}
}
