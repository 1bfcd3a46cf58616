// A typed client of anlyt's GraphQL API: one function, and an error with the API's message.
import { type Operations, texts } from "./generated/operations.ts";

type Problem = { message: string; extensions: { code: string; requestId: string } };

/** A refusal of the API, with its code (`RATE_LIMITED`, ...). `requestId` is also in the API's logs. */
export class AnlytError extends Error {
  readonly code: string;
  readonly requestId: string;
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null) {
    super(problem.message);
    this.code = problem.extensions.code;
    this.requestId = problem.extensions.requestId;
    this.retryAfter = retryAfter;
  }
}

/** Runs the operation `name`. Throws AnlytError if any part of it is refused. `headers` identify the caller. */
export async function execute<Name extends keyof Operations>(
  url: string,
  headers: Record<string, string>,
  name: Name,
  variables: Operations[Name]["variables"],
): Promise<Operations[Name]["data"]> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ query: texts[name], variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { data: Operations[Name]["data"]; errors?: Problem[] };
  const problem = answer.errors?.[0];
  if (problem) {
    const seconds = response.headers.get("Retry-After");
    throw new AnlytError(problem, seconds === null ? null : Number(seconds));
  }
  return answer.data;
}
