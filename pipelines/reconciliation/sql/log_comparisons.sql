-- The rows of run $1, one per day and currency.
insert into anlyt.reconciliation_log (
    run_id, day, currency, ours, theirs, our_messages, their_messages, reason, difference, divergence, status
)
select $1::int8, * from unnest(
    $2::date[], $3::text[], $4::numeric[], $5::numeric[], $6::int8[], $7::int8[], $8::text[], $9::numeric[],
    $10::numeric[], $11::text[]
)
