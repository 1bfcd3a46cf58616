-- What we counted beside what billing-service charged, a row for each comparison of a day and currency.

-- A day is compared again while late events may come: the newest row of a day and currency is what holds.
create table anlyt.reconciliation_log (
    run_id bigint not null, -- anlyt.pipeline_runs, which forgets sooner
    day date not null, -- UTC
    currency char(3) not null,
    ours numeric, -- null: we have nothing billed in that currency on that day
    theirs numeric, -- null: billing.daily_totals has no row
    difference numeric not null, -- ours - theirs; what is missing counts as 0
    divergence numeric not null, -- abs(difference) / abs(theirs); with theirs = 0: 0 if ours is 0 too, else 1
    status text not null check (status in ('OK', 'DIVERGED', 'MISSING_OURS', 'MISSING_THEIRS')),
    our_messages bigint, -- charged less refunded, of the whole day: we do not count messages by currency
    their_messages bigint, -- of the whole day, too
    compared_at timestamptz not null default clock_timestamp(),
    primary key (day, currency, run_id)
);

-- The list of all comparisons, newest first, is read a page at a time.
create index reconciliation_log_newest_first on anlyt.reconciliation_log (run_id desc, day desc, currency desc);
