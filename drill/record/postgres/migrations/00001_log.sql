-- Migrations are never changed, only added to.

-- +goose Up
create table restore_drill_log (
  database           text not null,
  run_id             text not null,
  started_at         timestamptz,
  finished_at        timestamptz,
  verdict            text not null,
  code               text not null, -- of the failure; empty: it passed
  exit_code          integer not null,
  backup_uri         text not null,
  backup_taken_at    timestamptz,
  backup_modified_at timestamptz,
  restore_seconds    double precision not null,
  total_seconds      double precision not null,
  result             jsonb not null, -- the whole JSON result
  recorded_at        timestamptz not null default now(),
  primary key (database, run_id)
);
create index restore_drill_log_started on restore_drill_log (database, started_at desc);

create table restore_drill_accepted (
  database    text not null,
  run_id      text not null,
  reason      text not null,
  accepted_by text not null,
  accepted_at timestamptz not null,
  primary key (database, run_id)
);
