// A typed client of anlyt's GraphQL: one function, and an error that says what the API said.
import { type Operations, texts } from "./generated/operations.ts";

type Problem = { message: string; extensions: { code: string; requestId: string } };

/** What the API refused, with its code (`RATE_LIMITED`, ...); `requestId` finds it in the API's logs. */
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

/** Asks the operation `name`; throws AnlytError when any part of it is refused. `headers` say who is asking. */
export async function ask<Name extends keyof Operations>(
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
