-- Abandons the unfinished batches of killed runs, which cannot finish them after this.
with given_up as (
    update anlyt.archive_batches set state = 'ABANDONED' where state <> 'ARCHIVED' returning batch, day
)
select batch, min(day) as first, max(day) as last from given_up group by batch
