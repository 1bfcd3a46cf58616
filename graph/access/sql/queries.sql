-- name: add_pseudonyms
-- Gives a tenant further pseudonyms.
insert into anlyt.mno_pseudonyms (tenant_id, mno, pseudonym)
select $1, mno, pseudonym from unnest($2::text[], $3::text[]) as given (mno, pseudonym)

-- name: lock_pseudonyms
-- One process at a time gives a tenant pseudonyms.
select pg_advisory_xact_lock(hashtext('anlyt.mno_pseudonyms'), hashtext($1))

-- name: log_unmasking
-- An answer that shows a tenant the names of MNOs.
insert into anlyt.unmasking_log (tenant_id, caller, request_id, what) values ($1, $2, $3, $4)

-- name: mno_names
-- Whether a tenant has an addendum in force, and the pseudonyms that it has been given: two arrays in one order.
select
    exists (
        select from anlyt.data_share_addenda
        where tenant_id = $1 and valid_from <= now() and (valid_to is null or now() < valid_to) and revoked_at is null
    ) as unmasked,
    array(select mno from anlyt.mno_pseudonyms where tenant_id = $1 order by mno) as mnos,
    array(select pseudonym from anlyt.mno_pseudonyms where tenant_id = $1 order by mno) as pseudonyms

-- name: signing_key
-- The key that all processes sign with.
select key from anlyt.signing_key

-- name: has_pair
-- A row if call detail records of the last week have an account under a tenant.
select 1 from facts_cdr
where tenant_id = {tenant:String} and account_id = {account:String} and event_time >= now() - interval 7 day
limit 1

-- name: tenant_of_account
-- The tenant under which call detail records of the last day have an account; no row without any.
select tenant_id from facts_cdr
where account_id = {account:String} and event_time >= now() - interval 1 day
limit 1
