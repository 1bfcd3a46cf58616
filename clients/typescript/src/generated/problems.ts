// Made by `python -m tools.export`; do not edit.
import { ApiError } from "../errors.js";
import type { Problem } from "./reports.js";

/** A malformed time, or a window that is empty, reversed or too long: `INVALID_WINDOW`. */
export class InvalidWindowError extends ApiError {}

/** A wrong parameter, header or body: `INVALID_QUERY`. */
export class InvalidQueryError extends ApiError {}

/** A request without a valid credential: `UNAUTHENTICATED`. */
export class UnauthenticatedError extends ApiError {}

/** A request that this caller may never make: `FORBIDDEN`. */
export class ForbiddenError extends ApiError {}

/** A request for an account that is not the caller's, whether it exists or not: `FORBIDDEN_ACCOUNT`. */
export class ForbiddenAccountError extends ApiError {}

/** An unknown path, or an id without any data: `NOT_FOUND`. */
export class NotFoundError extends ApiError {}

/** A method that the path does not allow: `METHOD_NOT_ALLOWED`. */
export class MethodNotAllowedError extends ApiError {}

/** An Accept header that excludes all media types of the endpoint: `NOT_ACCEPTABLE`. */
export class NotAcceptableError extends ApiError {}

/** A body that does not arrive in time: `REQUEST_TIMEOUT`. */
export class RequestTimeoutError extends ApiError {}

/** A body longer than any request of this API: `PAYLOAD_TOO_LARGE`. */
export class PayloadTooLargeError extends ApiError {}

/** A URL longer than any request of this API: `URI_TOO_LONG`. */
export class UriTooLongError extends ApiError {}

/** A body that is not declared as JSON: `UNSUPPORTED_MEDIA_TYPE`. */
export class UnsupportedMediaTypeError extends ApiError {}

/** A request beyond the caller's limit: `RATE_LIMITED`. */
export class RateLimitedError extends ApiError {}

/** A request beyond the limits of one request: `QUERY_TOO_EXPENSIVE`. */
export class QueryTooExpensiveError extends ApiError {}

/** NATS, PostgreSQL or ClickHouse does not answer: `DEPENDENCY_UNAVAILABLE`. */
export class DependencyUnavailableError extends ApiError {}

const classes: Record<string, typeof ApiError | undefined> = {
  INVALID_WINDOW: InvalidWindowError,
  INVALID_QUERY: InvalidQueryError,
  UNAUTHENTICATED: UnauthenticatedError,
  FORBIDDEN: ForbiddenError,
  FORBIDDEN_ACCOUNT: ForbiddenAccountError,
  NOT_FOUND: NotFoundError,
  METHOD_NOT_ALLOWED: MethodNotAllowedError,
  NOT_ACCEPTABLE: NotAcceptableError,
  REQUEST_TIMEOUT: RequestTimeoutError,
  PAYLOAD_TOO_LARGE: PayloadTooLargeError,
  URI_TOO_LONG: UriTooLongError,
  UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaTypeError,
  RATE_LIMITED: RateLimitedError,
  QUERY_TOO_EXPENSIVE: QueryTooExpensiveError,
  DEPENDENCY_UNAVAILABLE: DependencyUnavailableError,
};

export const statuses: Record<string, number | undefined> = {
  INVALID_WINDOW: 400,
  INVALID_QUERY: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  FORBIDDEN_ACCOUNT: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  QUERY_TOO_EXPENSIVE: 422,
  DEPENDENCY_UNAVAILABLE: 503,
};

/** The error of the class that the problem's code has. */
export function asError(problem: Problem, retryAfter: number | null = null): ApiError {
  return new (classes[problem.code] ?? ApiError)(problem, retryAfter);
}
