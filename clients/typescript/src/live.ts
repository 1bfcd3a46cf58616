// The stream of live throughput: a GraphQL subscription over server-sent events.
import { ApiError } from "./errors.js";
import { type LiveThroughput, LIVE_THROUGHPUT } from "./generated/live.js";
import { asError, statuses } from "./generated/problems.js";

type Refusal = { message: string; extensions?: { code?: string; requestId?: string } };
type Result = { data?: { liveThroughput?: LiveThroughput | null } | null; errors?: Refusal[] };

/** The body of the request. */
export const subscription = (every: number): string =>
  JSON.stringify({ query: LIVE_THROUGHPUT, variables: { every } });

/** The lines of a stream of bytes. */
export async function* lines(stream: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const parts = (text + decoder.decode(value, { stream: true })).split("\n");
      text = parts.pop() ?? "";
      yield* parts;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // a cut stream cannot be cancelled
  }
}

/** The event that a line has, if it has one. Throws ApiError if the API refuses or ends the subscription. */
export function eventOf(line: string): LiveThroughput | null {
  const data = line.startsWith("data:") ? line.slice("data:".length).trim() : "";
  if (!data) return null; // each event of this API has one line of data
  const result = JSON.parse(data) as Result;
  const refusal = result.errors?.[0];
  if (refusal) throw asApiError(refusal);
  return result.data?.liveThroughput ?? null;
}

function asApiError({ message, extensions = {} }: Refusal): ApiError {
  const code = extensions.code ?? "INTERNAL";
  const requestId = extensions.requestId ?? "";
  const status = statuses[code] ?? 500; // the response has none, because its stream began
  return asError({ type: "about:blank", title: code, status, code, detail: message, requestId });
}
