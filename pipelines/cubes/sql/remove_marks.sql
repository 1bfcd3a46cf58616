-- Removes marks that were seen; one of the same cells that came meanwhile stays.
delete from anlyt.dirty
where cube = {cube:String} and (tenant_id, hour) in {cells:Array(Tuple(String, DateTime('UTC')))} and mark_id in {marks:Array(UUID)}
