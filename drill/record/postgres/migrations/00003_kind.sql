-- What has none gets it when it is read.

-- +goose Up
alter table restore_drill_log add column kind text not null default ''; -- drill, answer; empty: recorded by drillgres 0.1
