/** A typed client of anlyt: reports, queries, exports and live throughput. */
export * from "./client.js";
export { AnlytError, ApiError, DisconnectedError, ExportFailedError, TruncatedError, UnreadableAnswerError } from "./errors.js";
export type * from "./generated/catalog.js";
export type { LiveThroughput } from "./generated/live.js";
export * from "./generated/problems.js";
export type * from "./generated/reports.js";
export { VERSION } from "./generated/version.js";
export * from "./queries.js";
export type { Retries } from "./retries.js";
