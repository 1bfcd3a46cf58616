select
    part_evaluations as evaluations
from (
    select
        count() as part_evaluations
    from anlyt.facts_compliance as rows final
    where rows.tenant_id = {tenant:String}
        and rows.event_time >= {p1:DateTime64(6, 'UTC')}
        and rows.event_time < {p2:DateTime64(6, 'UTC')}
        and not(rows.verdict in {p3:Array(String)})
        and arrayExists(rule_type -> ifNull(startsWith(rule_type, {p4:String}), 0), emptyArrayToSingle(arrayMap(rule_type -> toNullable(toString(rule_type)), arrayDistinct(rows.rule_types))))
)
limit {p5:UInt64}

-- tenant = 't-1'
-- p1 = '2026-10-01 00:00:00.000000'
-- p2 = '2026-11-01 00:00:00.000000'
-- p3 = ['ALLOW', 'FLAG']
-- p4 = 'Q'
-- p5 = 501
