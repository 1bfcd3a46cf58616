-- Gives a tenant further pseudonyms.
insert into anlyt.mno_pseudonyms (tenant_id, mno, pseudonym)
select $1, mno, pseudonym from unnest($2::text[], $3::text[]) as given (mno, pseudonym)
