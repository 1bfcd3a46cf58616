// Made by `python -m tools.export`; do not edit.
/** The messages and reports that the platform counted between two reads. */
export interface LiveThroughput {
  /** When the counts were read (UTC). */
  time: string;
  /** Seconds since the counts were read before. */
  seconds: number;
  /** Messages counted since then; negative where refunds exceed messages. */
  messages: number;
  /** Reports of delivery counted since then. */
  delivered: number;
  /** Reports of failure counted since then. */
  failed: number;
  /** Messages counted per second, 4 decimals. */
  tps: number;
  /** Newest event time that is counted; null when nothing is. */
  dataAsOf: string | null;
  /** All events that had reached our streams by this time are counted, from all sources; null while not known. */
  completeUntil: string | null;
}

export const LIVE_THROUGHPUT = `subscription ($every: Int!) {
  liveThroughput(every: $every) { time seconds messages delivered failed tps dataAsOf completeUntil }
}`;
