"""Benchmarks. Each compares variants side by side in one run and prints all figures, also the bad ones.

`__main__` lists them. Of the whole service: `freshness`, `growth`, `crowd` and `workers`, with `options`. All others
are of one part. They share: `stores`, `host`, `processes` and `deployment` start what is measured; `events`, `live` and
`producer` publish; `traffic` and `reports` fill the stores; `requests` and `load` ask; `report` and `progress` print.
"""
