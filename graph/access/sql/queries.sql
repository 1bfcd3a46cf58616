-- name: add_pseudonyms
-- Adds a tenant's pseudonyms.
insert into anlyt.mno_pseudonyms (tenant_id, mno, pseudonym)
select $1, mno, pseudonym from unnest($2::text[], $3::text[]) as added (mno, pseudonym)

-- name: lock_pseudonyms
-- Serialises the assignment of a tenant's pseudonyms.
select pg_advisory_xact_lock(hashtext('anlyt.mno_pseudonyms'), hashtext($1))

-- name: log_unmasking
-- Logs an answer that shows a tenant real MNO names.
insert into anlyt.unmasking_log (tenant_id, caller, request_id, what) values ($1, $2, $3, $4)

-- name: mno_names
-- Whether a tenant has an addendum in force, and its pseudonyms: two arrays in the same order.
select
    exists (
        select from anlyt.data_share_addenda
        where tenant_id = $1 and valid_from <= now() and (valid_to is null or now() < valid_to) and revoked_at is null
    ) as unmasked,
    array(select mno from anlyt.mno_pseudonyms where tenant_id = $1 order by mno) as mnos,
    array(select pseudonym from anlyt.mno_pseudonyms where tenant_id = $1 order by mno) as pseudonyms

-- name: signing_key
-- The signing key of all processes.
select key from anlyt.signing_key

-- name: has_pair
-- One row if the last week's call detail records have the account under the tenant.
select 1 from facts_cdr
where tenant_id = {tenant:String} and account_id = {account:String} and event_time >= now() - interval 7 day
limit 1

-- name: tenant_of_account
-- A tenant of the account in the last day's call detail records; no row if there are none.
select tenant_id from facts_cdr
where account_id = {account:String} and event_time >= now() - interval 1 day
limit 1
