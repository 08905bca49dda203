-- What was drilled before counts as the newest backup of its time.

-- +goose Up
alter table restore_drill_log add column backup_chosen text not null default 'latest'; -- latest, key, file
