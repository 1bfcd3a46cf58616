-- Whether a tenant has an addendum in force, and the pseudonyms that it has been given: two arrays in one order.
select
    exists (
        select from anlyt.data_share_addenda
        where tenant_id = $1 and valid_from <= now() and (valid_to is null or now() < valid_to) and revoked_at is null
    ) as unmasked,
    array(select mno from anlyt.mno_pseudonyms where tenant_id = $1 order by mno) as mnos,
    array(select pseudonym from anlyt.mno_pseudonyms where tenant_id = $1 order by mno) as pseudonyms
