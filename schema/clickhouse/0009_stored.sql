-- Facts by the time at which the stream stored them: the pipeline `tlog` reads those of a few minutes. Parts that are older
-- than this step have no such index; they are skipped as soon as they are merged.
alter table anlyt.facts_compliance add index if not exists stored ver type minmax granularity 4;

alter table anlyt.facts_cdr add index if not exists stored ver type minmax granularity 4;
