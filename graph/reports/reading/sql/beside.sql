-- A row of marks.sql, and rows, in one snapshot.
select * from (marks) as marks full join (rows) as cells on false
