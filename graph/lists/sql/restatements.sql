-- The newest $5 changes of the rows of subjects ($3: scope; $4: an id, or null for all) on closed days, from $1 to $2, as JSON.
with changes as (
    select day, number, scope, scope_id as id, changed_at, settled_at, causes, is_archived,
        json_agg(row_to_json(side)) filter (where not side.is_after) -> 0 as before,
        json_agg(row_to_json(side)) filter (where side.is_after) -> 0 as after
    from anlyt.restated_rows
    join anlyt.restatements using (day, number)
    cross join lateral (
        select is_after, {counters}, total_cost::text as total_cost, currencies, costs::text[] as costs
    ) as side
    where day between $1 and $2 and scope = $3 and ($4::text is null or scope_id = $4)
    group by day, number, scope, scope_id, changed_at, settled_at, causes, is_archived
    order by settled_at desc, day desc, scope_id
    limit $5
)
select coalesce(json_agg(changes order by settled_at desc, day desc, id), '[]')::text from changes
