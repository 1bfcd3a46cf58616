-- Differences with billing that somebody has looked into and accepted. A row is only ever added. It covers the comparison
-- of its day and currency for as long as the difference is the same: another difference is a new finding.
create table anlyt.reconciliation_acceptances (
    acceptance_id bigint generated always as identity primary key,
    day date not null,
    currency text not null,
    difference numeric not null, -- ours - theirs, as it was accepted
    accepted_at timestamptz not null default clock_timestamp(),
    accepted_by text not null check (accepted_by <> ''),
    note text not null check (note <> '') -- why
);
create index reconciliation_acceptances_by_day on anlyt.reconciliation_acceptances (day, currency, acceptance_id desc);

create trigger only_added_to before update or delete or truncate on anlyt.reconciliation_acceptances
for each statement execute function anlyt.refuse_change();
