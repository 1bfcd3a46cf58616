// Made by `python -m tools.export`; do not edit.
import type { components, operations } from "./openapi.js";

export type Window = components["schemas"]["Window"];
export type Point = components["schemas"]["Point"];
export type Summary = components["schemas"]["Summary"];
export type OperatorPerformance = components["schemas"]["OperatorPerformance"];
export type UsageDay = components["schemas"]["UsageDay"];
export type AccountUsage = components["schemas"]["AccountUsage"];
export type ThroughputPoint = components["schemas"]["ThroughputPoint"];
export type Throughput = components["schemas"]["Throughput"];
export type ByStatus = components["schemas"]["ByStatus"];
export type OperatorShare = components["schemas"]["OperatorShare"];
export type DeliveryBreakdown = components["schemas"]["DeliveryBreakdown"];
export type TopOperators = components["schemas"]["TopOperators"];
export type Comparison = components["schemas"]["Comparison"];
export type Finding = components["schemas"]["Finding"];
export type Acceptance = components["schemas"]["Acceptance"];
export type ExplainedComparison = components["schemas"]["ExplainedComparison"];
export type AccountMove = components["schemas"]["AccountMove"];
export type DayExplanation = components["schemas"]["DayExplanation"];
export type LedgerAmounts = components["schemas"]["LedgerAmounts"];
export type LedgerRefusals = components["schemas"]["LedgerRefusals"];
export type LedgerLine = components["schemas"]["LedgerLine"];
export type LedgerHour = components["schemas"]["LedgerHour"];
export type Ledger = components["schemas"]["Ledger"];
export type RestatedFigures = components["schemas"]["RestatedFigures"];
export type Restatement = components["schemas"]["Restatement"];
export type Restatements = components["schemas"]["Restatements"];
export type MnoQualityFigures = components["schemas"]["MnoQualityFigures"];
export type MnoQuality = components["schemas"]["MnoQuality"];
export type CostQualityDay = components["schemas"]["CostQualityDay"];
export type MnoCostQuality = components["schemas"]["MnoCostQuality"];
export type CostQuality = components["schemas"]["CostQuality"];
export type CatalogMeasure = components["schemas"]["CatalogMeasure"];
export type CatalogDimension = components["schemas"]["CatalogDimension"];
export type CatalogDataset = components["schemas"]["CatalogDataset"];
export type Catalog = components["schemas"]["Catalog"];
export type QueryWindow = components["schemas"]["QueryWindow"];
export type ExtractMeta = components["schemas"]["ExtractMeta"];
export type FileLink = components["schemas"]["FileLink"];
export type ManifestLink = components["schemas"]["ManifestLink"];
export type ExportAnswer = components["schemas"]["ExportAnswer"];
export type Page = components["schemas"]["Page"];
export type ExportList = components["schemas"]["ExportList"];
export type PublicKey = components["schemas"]["PublicKey"];
export type PublicKeys = components["schemas"]["PublicKeys"];
export type Verified = components["schemas"]["Verified"];
export type QueryMeta = components["schemas"]["QueryMeta"];
export type QueryStatement = components["schemas"]["QueryStatement"];
export type Explanation = components["schemas"]["Explanation"];
export type QueryProblem = components["schemas"]["QueryProblem"];
export type Problem = components["schemas"]["Problem"];

/** The options of a report. */
export type Options<Name extends keyof operations> = NonNullable<operations[Name]["parameters"] extends { query?: infer Query } ? Query : never>;

/** What a call may have beside its parameters: `signal` ends it. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The reports of the API. */
export abstract class Reports {
  protected abstract report<T>(path: string, options: object, call: CallOptions): Promise<T>;

  /** The totals of the whole platform, and a series. */
  summary(options: Options<"summary"> = {}, call: CallOptions = {}): Promise<Summary> {
    return this.report(`/v1/internal/analytics/summary`, options, call);
  }

  /** The performance of one operator. */
  operatorPerformance(operatorId: string, options: Options<"operatorPerformance"> = {}, call: CallOptions = {}): Promise<OperatorPerformance> {
    return this.report(`/v1/internal/analytics/operators/${encodeURIComponent(operatorId)}/performance`, options, call);
  }

  /** The messages of one account, and their cost. */
  accountUsage(accountId: string, options: Options<"accountUsage"> = {}, call: CallOptions = {}): Promise<AccountUsage> {
    return this.report(`/v1/internal/analytics/accounts/${encodeURIComponent(accountId)}/usage`, options, call);
  }

  /** Messages over time. */
  throughput(options: Options<"throughput"> = {}, call: CallOptions = {}): Promise<Throughput> {
    return this.report(`/v1/internal/analytics/throughput`, options, call);
  }

  /** Messages by delivery status, on the platform and by operator. */
  deliveryBreakdown(options: Options<"deliveryBreakdown"> = {}, call: CallOptions = {}): Promise<DeliveryBreakdown> {
    return this.report(`/v1/internal/analytics/delivery-breakdown`, options, call);
  }

  /** The operators with most messages. */
  topOperators(options: Options<"topOperators"> = {}, call: CallOptions = {}): Promise<TopOperators> {
    return this.report(`/v1/internal/analytics/top-operators`, options, call);
  }

  /** What could explain that our cost of a day differs from billing's, with amounts. */
  reconciliationExplanation(reconciliationDay: string, call: CallOptions = {}): Promise<DayExplanation> {
    return this.report(`/v1/reconciliation/${encodeURIComponent(reconciliationDay)}/explanation`, {}, call);
  }

  /** What became of every message that our streams stored: counted, a copy, refused or waiting. */
  ledger(options: Options<"ledger"> = {}, call: CallOptions = {}): Promise<Ledger> {
    return this.report(`/v1/ledger`, options, call);
  }

  /** What changed on closed days: what they said, what they say since, when, and by how many events. */
  restatements(options: Options<"restatements"> = {}, call: CallOptions = {}): Promise<Restatements> {
    return this.report(`/v1/restatements`, options, call);
  }

  /** The quality of each MNO. */
  mnoQuality(options: Options<"mnoQuality"> = {}, call: CallOptions = {}): Promise<MnoQuality> {
    return this.report(`/v1/insights/mno-quality`, options, call);
  }

  /** The cost and the delivery rate of each MNO. */
  costQuality(options: Options<"costQuality"> = {}, call: CallOptions = {}): Promise<CostQuality> {
    return this.report(`/v1/insights/cost-quality`, options, call);
  }

  /** The datasets, measures and dimensions of the query language. */
  catalog(call: CallOptions = {}): Promise<Catalog> {
    return this.report(`/v1/anlyt/catalog`, {}, call);
  }

  /** The caller's exports. */
  listExports(options: Options<"listExports"> = {}, call: CallOptions = {}): Promise<ExportList> {
    return this.report(`/v1/anlyt/exports`, options, call);
  }

  /** The status of an export, and its files. */
  followExport(exportId: string, call: CallOptions = {}): Promise<ExportAnswer> {
    return this.report(`/v1/anlyt/exports/${encodeURIComponent(exportId)}`, {}, call);
  }

  /** The public keys that verify manifests. */
  exportKeys(call: CallOptions = {}): Promise<PublicKeys> {
    return this.report(`/v1/anlyt/keys`, {}, call);
  }
}
