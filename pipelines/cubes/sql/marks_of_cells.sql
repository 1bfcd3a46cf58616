-- The marks of some cells. Read before the facts: every fact of such a mark is there when they are read.
select mark_id from anlyt.dirty
where cube = {cube:String} and (tenant_id, hour) in {cells:Array(Tuple(String, DateTime('UTC')))}
