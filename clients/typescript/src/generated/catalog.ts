// Made by `python -m tools.export`; do not edit.
/** The datasets of the query language: the values that each name has in rows. */
export interface Datasets {
  /** Delivery reports of operators, by the time at which they were received. */
  dlr: {
    measures: {
      /** Delivery reports, each counted once. */
      messages: number;
      /** Reports of status `DELIVERED`. */
      delivered: number;
      /** Reports of status `FAILED`, `UNDELIVERABLE`, `UNDELIVERED`, `EXPIRED`, `REJECTED`. */
      failed: number;
      /** Reports of status `PENDING`; all others are terminal. */
      pending: number;
      /** Delivered over terminal reports; null if there is none. */
      deliveryRate: number | null;
      /** Failed over terminal reports; null if there is none. */
      errorRate: number | null;
      /** Terminal reports with an error code over all terminal ones. */
      esmeErrorRate: number | null;
      /** Mean latency of terminal reports, rounded half up; null if there is none. */
      avgLatencyMs: number | null;
      /** Median latency of terminal reports. */
      p50LatencyMs: number | null;
      /** Latency that 95 % of terminal reports do not exceed. */
      p95LatencyMs: number | null;
      /** Latency that 99 % of terminal reports do not exceed. */
      p99LatencyMs: number | null;
      /** Highest rate that a report's snapshot of its connection showed; null without reports. */
      maxTps: number | null;
    };
    dimensions: {
      /** The tenant that the message belongs to; `unknown` if its event names none. */
      tenantId: string;
      /** The account that sent the message. */
      accountId: string;
      /** The operator's connection that carried the message. */
      operatorId: string;
      /** The mobile network operator; under a pseudonym for a tenant without a data-share addendum. */
      mno: string;
      /** The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ... */
      lane: string;
      /** `MT`: to a handset, `MO`: from one; `unknown` if the event does not say. */
      direction: string;
      /** What became of the message, as reported. */
      status: string;
      /** The operator's code of the error; null if it reported none. */
      errorCode: string | null;
      /** The first 2-8 digits of the destination. */
      destinationPrefix: string;
    };
  };
  /** Call detail records, by the time of the call. */
  cdr: {
    measures: {
      /** Call detail records, each counted once. */
      records: number;
      /** Segments of their messages. */
      segments: number;
      /** What the records are charged at. Needs one currency: group by it, filter one, or have no other. */
      cost: string | null;
      /** Cost over records; null if there is none. Needs one currency: group by it, filter one, or have no other. */
      avgCost: string | null;
      /**
       * Cost of all records over delivered ones; null if there is none. Needs one currency: group by it, filter one,
       * or have no other.
       */
      costPerDelivered: string | null;
    };
    dimensions: {
      /** The tenant that the message belongs to; `unknown` if its event names none. */
      tenantId: string;
      /** The account that sent the message. */
      accountId: string;
      /** The operator's connection that carried the message. */
      operatorId: string;
      /** The mobile network operator; under a pseudonym for a tenant without a data-share addendum. */
      mno: string;
      /** The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ... */
      lane: string;
      /** `MT`: to a handset, `MO`: from one; `unknown` if the event does not say. */
      direction: string;
      /** What became of the message, as reported. */
      status: string;
      /** The first 2-8 digits of the destination. */
      destinationPrefix: string;
      /** The currency of the charge (ISO 4217). */
      currency: string;
    };
  };
  /** Evaluations of messages against compliance rules, by the time of the evaluation. */
  compliance: {
    measures: {
      /** Evaluations, each counted once. */
      evaluations: number;
      /** Evaluations with the verdict `BLOCK`. */
      blocked: number;
      /** Evaluations with the verdict `HOLD`. */
      held: number;
      /** Evaluations with the verdict `FLAG`. */
      flagged: number;
      /** Evaluations with the verdict `ALLOW`. */
      allowed: number;
      /** Blocked over all evaluations; null if there is none. */
      blockRate: number | null;
      /** Mean time that an evaluation took, rounded half up; null if there is none. */
      avgEvaluationMs: number | null;
    };
    dimensions: {
      /** The tenant that the message belongs to; `unknown` if its event names none. */
      tenantId: string;
      /** The account that sent the message. */
      accountId: string;
      /** The mobile network operator; under a pseudonym for a tenant without a data-share addendum. */
      mno: string;
      /** The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ... */
      lane: string;
      /** What the compliance rules decided. */
      verdict: string;
      /**
       * The types of the rules that were hit: an evaluation counts once under each of its distinct types, and under
       * null if it has none. Without grouping by it, a filter keeps an evaluation if it keeps one of its types.
       */
      ruleType: string | null;
    };
  };
}
