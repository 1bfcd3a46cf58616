"""A synthetic SMS platform: the producers of the streams, for `anlyt dev --demo`.

Read in this order: `world` (senders and SMPP links), `rhythm` (when messages are sent), `outcomes` (whether and when
each arrives), `billing`, `delivery`, `charging` and `compliance` (events), `wire` (delays and copies in transport),
`mistakes` (bad events), `traffic` (all events in order of publication), `totals` (billing's daily totals). Only
`jetstream`, `feed` and `billing_ledger` do I/O.

It imitates other teams' services, so it shares no types with the product and writes the public JSON itself.
"""
