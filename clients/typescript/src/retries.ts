// When a call is repeated.

/** Pauses are random and double from `pause`. They and `longestPause` are in milliseconds. */
export interface Retries {
  /** The most attempts of one call; 4 by default. */
  readonly attempts: number;
  readonly pause: number;
  /** If `Retry-After` is longer, the call fails immediately. Otherwise no pause is shorter than it. */
  readonly longestPause: number;
}

export const defaultRetries: Retries = { attempts: 4, pause: 250, longestPause: 30_000 };

// Each call may be repeated: it reads, cancels, or has an idempotency key. 502 and 504 come from a proxy that lost its
// connection to the API.
const repeated = new Set([429, 502, 503, 504]);

/** What became of an attempt: a status and `Retry-After` in milliseconds, or status null for a cut connection. */
export interface Outcome {
  readonly status: number | null;
  readonly retryAfter: number | null;
}

/** The milliseconds until the next attempt, or null if there is none. `failed`: the number of failed attempts. */
export function nextPause(retries: Retries, { status, retryAfter }: Outcome, failed: number): number | null {
  if (failed >= retries.attempts || (status !== null && !repeated.has(status))) return null;
  if (retryAfter !== null && retryAfter > retries.longestPause) return null;
  const random = (0.5 + Math.random() / 2) * Math.min(retries.pause * 2 ** (failed - 1), retries.longestPause);
  return (retryAfter ?? 0) + random;
}

/** Waits. Throws the signal's reason if it is aborted before the end. */
export function sleep(time: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, time);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
