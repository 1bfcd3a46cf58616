-- Up to which message of its stream each function's events are in this database, for a replay after a fail-over that lost
-- the last transactions. A position is recorded after the transactions that it stands for, so no copy of the database
-- has it without them. It advances only on the timeline of `timeline`: another one began when a standby was promoted or a backup
-- restored, and the acknowledgements since then say nothing about what was lost before.
alter table anlyt.sources add column acknowledged bigint not null default 0;
alter table anlyt.sources
    add column timeline text not null default substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
