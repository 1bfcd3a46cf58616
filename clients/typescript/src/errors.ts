// The errors of this client. generated/problems.ts has a class for each code of the API.
import type { Problem, QueryProblem } from "./generated/reports.js";

/** Any failure of a call. */
export class AnlytError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The API could not be reached, or the connection was cut, at every attempt. `cause` is the last failure. */
export class DisconnectedError extends AnlytError {}

/** An answer that is not what the API sends, such as a page of a proxy. */
export class UnreadableAnswerError extends AnlytError {}

/** The query has more rows than the API returns for one query. Its rows up to there are no whole answer. */
export class TruncatedError extends AnlytError {}

/** An export failed, expired or was cancelled. */
export class ExportFailedError extends AnlytError {}

/** The API refused a request. Codes without a class of their own are of this class. */
export class ApiError extends AnlytError {
  readonly problem: Problem;
  /** The milliseconds after which a retry can help, if the API says so. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** The kind of problem, for programs. */
  get code(): string {
    return this.problem.code;
  }

  /** The HTTP status. */
  get status(): number {
    return this.problem.status;
  }

  /** The id of the request in the API's logs. */
  get requestId(): string {
    return this.problem.requestId;
  }

  /** All problems of a query; empty for other errors. */
  get problems(): readonly QueryProblem[] {
    return this.problem.problems ?? [];
  }
}

/** The milliseconds that a header Retry-After states. It has a number of seconds or a date. */
export function milliseconds(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const until = Date.parse(retryAfter);
  return Number.isNaN(until) ? null : Math.max(until - Date.now(), 0);
}
