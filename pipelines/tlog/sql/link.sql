-- The links of the chains over closed days. $1 is of other sources.
select 'link/compliance/' || number as subject, null::text as tenant_id, day, number as position, null::timestamptz as made_at,
    array['compliance', number::text, encode(hash, 'hex')] as fields
from anlyt.integrity_links
where $1::date is not null
