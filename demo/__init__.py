"""A synthetic SMS platform: the producer side of the streams, for `anlyt dev --demo`.

Read in this order: `world` (who sends, who carries), `rhythm` (when), `outcomes` (what becomes of each message),
`billing` and `delivery` (the events that tell it), `wire` (what transport does to events), `mistakes` (bad
ones), `traffic` (all of it, in order of publication), `jetstream` and `feed` (the only parts that do I/O).

It stands for other teams' services, so it shares no types with the product: it writes the public JSON itself.
"""
