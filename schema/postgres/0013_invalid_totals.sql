-- A row of billing.daily_totals that cannot be compared is a finding, whatever billing-service wrote into it.

alter table anlyt.reconciliation_log
    alter column currency type text, -- as billing wrote it: what is not three capital letters is INVALID
    drop constraint reconciliation_log_status_check,
    add constraint reconciliation_log_status_check
        check (status in ('OK', 'DIVERGED', 'MISSING_OURS', 'MISSING_THEIRS', 'INVALID')),
    add column reason text; -- of INVALID: which value of billing's is no total; theirs is null then, divergence 1
