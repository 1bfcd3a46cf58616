// Made by generate.mjs from schema/graph.graphql and operations.graphql; do not edit.
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An object of money by currency, as in REST: {"USD": "12.500000", "AFN": "830.000000"}. */
  CostsByCurrency: { input: Record<string, string>; output: Record<string, string>; }
  /** A UTC day: 2026-10-01. */
  Date: { input: string; output: string; }
  /** An RFC 3339 time. Arguments need an offset; answers are in UTC. */
  DateTime: { input: string; output: string; }
  /** Exact money as a string with 6 decimals: "0.012500". */
  Decimal: { input: string; output: string; }
  /** A half-open interval (ISO 8601): two DateTimes with a slash between, the second excluded: 2026-10-01T00:00:00Z/2026-10-08T00:00:00Z. Or an object of both, as in answers: {from: ..., to: ...}. Or the name of a period: today, yesterday, thisMonth, lastMonth. */
  Interval: { input: string; output: string; }
  /** Any JSON value; objects have REST's names. */
  JSON: { input: unknown; output: unknown; }
  /** A whole number that may exceed 32 bits. */
  Long: { input: number; output: number; }
};

/** The direction of messages. */
export type Direction =
  /** To a handset. */
  | 'MT'
  /** From a handset. */
  | 'MO'
  /** The events have no direction. */
  | 'UNKNOWN';

/** How reliable a point of a series is. */
export type Quality =
  /** Counted, with all events that have arrived. */
  | 'ACTUAL'
  /** Incomplete: the bucket ends after completeUntil, or the window has only some of its hours. */
  | 'PARTIAL'
  /** Not counted at this resolution: a share of the count of a longer bucket. */
  | 'INTERPOLATED'
  /** Computed from a sample or a sketch, with an error. */
  | 'ESTIMATED';

/** One condition: a comparison (`field`, `op`, `value`), or exactly one of `and`, `or` and `not`. */
export type QueryCondition = {
  /** All of these conditions. */
  and?: InputMaybe<Array<QueryCondition>>;
  /** Any of these conditions. */
  or?: InputMaybe<Array<QueryCondition>>;
  /** The opposite of this condition. */
  not?: InputMaybe<QueryCondition>;
  /** A dimension; in `having`, a measure. */
  field?: InputMaybe<Scalars['String']['input']>;
  /** An operator that `catalog` lists for it. One of eq, ne, in, notIn, gt, gte, lt, lte, prefix, isNull. */
  op?: InputMaybe<Scalars['String']['input']>;
  /** The value to compare with: a list for `in` and `notIn`, true (the default) or false for `isNull`. */
  value?: InputMaybe<Scalars['JSON']['input']>;
};

/** A query: measures by dimensions and time. The same in REST and GraphQL. */
export type QueryInput = {
  /** The events to query. One of dlr, cdr, compliance. */
  dataset: Scalars['String']['input'];
  /** 1 to 20 of the dataset's measures in `catalog`: the figures of each row. */
  measures: Array<Scalars['String']['input']>;
  /** Up to 10 of its dimensions: one row per combination that has events. */
  dimensions?: InputMaybe<Array<Scalars['String']['input']>>;
  /** The window and its time buckets. All pages of a query share one window. */
  time: QueryTime;
  /** Selects events: comparisons of dimensions, combined by `and`, `or` and `not`. At most 8 levels and 200 comparisons. */
  filter?: InputMaybe<QueryCondition>;
  /** Selects rows: comparisons of measures, which need not be among `measures`. */
  having?: InputMaybe<QueryCondition>;
  /** Columns of the answer to sort by, then time and dimensions. */
  orderBy?: InputMaybe<Array<QueryOrder>>;
  /** Rows per page, at most 10,000; all pages together have at most 100,000. Default: 500. */
  limit?: InputMaybe<Scalars['Int']['input']>;
  /** `page.endCursor` of the previous page of the same query. */
  after?: InputMaybe<Scalars['String']['input']>;
  /** Adds `previous` to each row: the same measures in an earlier window. One of previousPeriod, sameElapsed. */
  compareTo?: InputMaybe<Scalars['String']['input']>;
  /** Whether to add the measures over all rows. */
  totals?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether each bucket of the window has a row, for each combination of the dimensions that has events: without events, counts and sums are 0, all other measures null. Needs `time.granularity`. */
  fill?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether to return how the query would run, without running it. */
  explain?: InputMaybe<Scalars['Boolean']['input']>;
};

/** A column to sort by; ties are broken by time and dimensions. */
export type QueryOrder = {
  /** `time`, or a dimension or measure of the query. */
  field: Scalars['String']['input'];
  /** Null comes last in both. One of asc, desc. Default: asc. */
  direction?: InputMaybe<Scalars['String']['input']>;
};

/** The window, half-open and exact, and its time buckets. */
export type QueryTime = {
  /** Start: RFC 3339 with an offset, between 2000 and 2100; exact, not snapped. */
  from?: InputMaybe<Scalars['DateTime']['input']>;
  /** End, excluded: RFC 3339 with an offset. */
  to?: InputMaybe<Scalars['DateTime']['input']>;
  /** In place of `from` and `to`: a day or month of `timezone`; today and thisMonth end now. One of today, yesterday, thisMonth, lastMonth. */
  window?: InputMaybe<Scalars['String']['input']>;
  /** In place of `from` and `to`: hours or days (of 24 hours) until now, such as 24h or 7d. */
  last?: InputMaybe<Scalars['String']['input']>;
  /** The length of the rows' time buckets. One of minute, hour, day, week, month, none. Default: none. */
  granularity?: InputMaybe<Scalars['String']['input']>;
  /** IANA zone of `window` and of the buckets, such as Asia/Kabul. Default: UTC. */
  timezone?: InputMaybe<Scalars['String']['input']>;
};

export type MnoQualityQueryVariables = Exact<{
  from?: InputMaybe<Scalars['DateTime']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  last?: InputMaybe<Scalars['String']['input']>;
  lane?: InputMaybe<Scalars['String']['input']>;
}>;


export type MnoQualityQuery = { mnoQuality?: { dataAsOf?: string | null, window: { from: string, to: string }, mnos: Array<{ mno: string, messages?: number | null, deliveryRate?: number | null, errorRate?: number | null, p95LatencyMs?: number | null, suppressed: boolean, lowSample: boolean }> } | null };

export type UsageQueryVariables = Exact<{
  account: Scalars['ID']['input'];
  from?: InputMaybe<Scalars['DateTime']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  last?: InputMaybe<Scalars['String']['input']>;
}>;


export type UsageQuery = { account?: { messagesSent: number, messagesDelivered: number, deliveryRate?: number | null, totalCost: string, dailyBreakdown: Array<{ date: string, sent: number, delivered: number, cost: string, quality: Quality }> } | null };

export type LanesQueryVariables = Exact<{
  input: QueryInput;
}>;


export type LanesQuery = { query?: { data: Array<unknown>, page: { endCursor?: string | null, hasNextPage: boolean }, meta: { source: string, dataAsOf?: string | null } } | null };

/** The answer and the variables of each operation. */
export type Operations = {
  MnoQuality: { data: MnoQualityQuery; variables: MnoQualityQueryVariables };
  Usage: { data: UsageQuery; variables: UsageQueryVariables };
  Lanes: { data: LanesQuery; variables: LanesQueryVariables };
};

export const texts: Record<keyof Operations, string> = {
  MnoQuality: "query MnoQuality($from: DateTime, $to: DateTime, $last: String, $lane: String) {\n  mnoQuality(from: $from, to: $to, last: $last, lane: $lane) {\n    window {\n      from\n      to\n    }\n    mnos {\n      mno\n      messages\n      deliveryRate\n      errorRate\n      p95LatencyMs\n      suppressed\n      lowSample\n    }\n    dataAsOf\n  }\n}",
  Usage: "query Usage($account: ID!, $from: DateTime, $to: DateTime, $last: String) {\n  account(id: $account, from: $from, to: $to, last: $last) {\n    messagesSent\n    messagesDelivered\n    deliveryRate\n    totalCost\n    dailyBreakdown {\n      date\n      sent\n      delivered\n      cost\n      quality\n    }\n  }\n}",
  Lanes: "query Lanes($input: QueryInput!) {\n  query(input: $input) {\n    data\n    page {\n      endCursor\n      hasNextPage\n    }\n    meta {\n      source\n      dataAsOf\n    }\n  }\n}",
};
