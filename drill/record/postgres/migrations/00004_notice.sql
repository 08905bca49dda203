-- What receivers were told. A notice is JSON, because only drillgres reads its fields.

-- +goose Up
create table restore_drill_notice (
  database text not null,
  receiver text not null,
  kind     text not null,
  notice   jsonb not null,
  noted_at timestamptz not null default now(),
  primary key (database, receiver, kind)
);
