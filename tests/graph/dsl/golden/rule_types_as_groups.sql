select
    by_time as time,
    by_ruleType as ruleType,
    part_evaluations as evaluations,
    if(part_evaluations = 0, null, intDivOrZero(part_blocked * 20000 + part_evaluations, part_evaluations * 2)) as blockRate
from (
    select
        toUnixTimestamp(toDateTime(toStartOfMonth(toDate(rows.event_time, {p0:String})), {p0:String})) as by_time,
        rule_type as by_ruleType,
        count() as part_evaluations,
        countIf(rows.verdict = 'BLOCK') as part_blocked
    from anlyt.facts_compliance as rows final
    array join emptyArrayToSingle(arrayMap(rule_type -> toNullable(toString(rule_type)), arrayDistinct(rows.rule_types))) as rule_type
    where rows.tenant_id = {tenant:String}
        and rows.event_time >= {p2:DateTime64(6, 'UTC')}
        and rows.event_time < {p3:DateTime64(6, 'UTC')}
        and not(ifNull(rule_type = {p4:String}, 0))
    group by
        by_time,
        by_ruleType
)
order by
    time asc nulls last,
    ruleType asc nulls last
limit {p5:UInt64}

-- p0 = 'UTC'
-- tenant = 't-1'
-- p2 = '2026-10-01 00:00:00.000000'
-- p3 = '2026-11-01 00:00:00.000000'
-- p4 = 'URL'
-- p5 = 501
