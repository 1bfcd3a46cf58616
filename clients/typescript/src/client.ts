// The client: sends calls, repeats them, and reads their answers.
import { AnlytError, ApiError, DisconnectedError, ExportFailedError, milliseconds, TruncatedError, UnreadableAnswerError } from "./errors.js";
import type { LiveThroughput } from "./generated/live.js";
import { asError } from "./generated/problems.js";
import { type CallOptions, type ExportAnswer, type Problem, Reports } from "./generated/reports.js";
import { eventOf, lines, subscription } from "./live.js";
import type { CompareTo, DatasetName, Dimension, Granularity, Measure, Query, QueryAnswer, Row } from "./queries.js";
import { defaultRetries, nextPause, type Retries, sleep } from "./retries.js";

const QUERY_PATH = "/v1/anlyt/query";
const EXPORTS_PATH = "/v1/anlyt/exports";
const GRAPHQL_PATH = "/graphql";
const FOLLOWED_EVERY = 1000; // ms
const JSON_TYPE = "application/json";

export type CallerHeaders = Readonly<Record<string, string>>;

export interface ClientOptions {
  /**
   * The headers that identify the caller: a bearer token, or those of a trusted network. Give a function for headers
   * that change, such as a token that is renewed: each attempt calls it.
   */
  readonly headers: CallerHeaders | (() => CallerHeaders | Promise<CallerHeaders>);
  /** The milliseconds that one attempt may take, or a live stream be silent; 60,000 by default. */
  readonly timeout?: number;
  readonly retries?: Partial<Retries>;
}

export type FileFormat = "csv" | "arrow" | "parquet";

export interface ExportOptions extends CallOptions {
  /** The format of the files; CSV by default. */
  readonly format?: FileFormat;
  /** The same request with the same key is the same export, however often it is sent. */
  readonly key?: string;
}

/** What a request has besides its URL and its identity. */
interface Sent {
  readonly method: "GET" | "POST" | "DELETE";
  readonly body?: string;
  readonly key?: string;
}

type Received = { response: Response; body: string };

/** A client of one API. */
export class Client extends Reports {
  readonly #url: string;
  readonly #headers: ClientOptions["headers"];
  readonly #timeout: number;
  readonly #retries: Retries;

  constructor(url: string, options: ClientOptions) {
    super();
    this.#url = url.replace(/\/+$/, "");
    this.#headers = options.headers;
    this.#timeout = options.timeout ?? 60_000;
    this.#retries = { ...defaultRetries, ...options.retries };
  }

  /** One page of a query: the first, or the one after a cursor. */
  async query<
    D extends DatasetName,
    M extends Measure<D>,
    X extends Dimension<D> = never,
    G extends Granularity = "none",
    C extends CompareTo = never,
  >(
    query: Query<D, M, X, G, C>,
    { after, ...call }: CallOptions & { after?: string | null } = {},
  ): Promise<QueryAnswer<Row<D, M, X, G, C>, Row<D, M, never, "none", C>>> {
    const body = JSON.stringify(after ? { ...query, after } : query);
    return this.#call(new URL(this.#url + QUERY_PATH), { method: "POST", body }, call);
  }

  /** Every page of a query. Throws TruncatedError at the end if the API left out rows. */
  async *pages<
    D extends DatasetName,
    M extends Measure<D>,
    X extends Dimension<D> = never,
    G extends Granularity = "none",
    C extends CompareTo = never,
  >(
    query: Query<D, M, X, G, C>,
    call: CallOptions = {},
  ): AsyncGenerator<QueryAnswer<Row<D, M, X, G, C>, Row<D, M, never, "none", C>>> {
    for (let after: string | null = null; ; ) {
      const answer: QueryAnswer<Row<D, M, X, G, C>, Row<D, M, never, "none", C>> = await this.query(query, {
        ...call,
        after,
      });
      yield answer;
      if (!answer.page.hasNextPage) {
        if (!answer.meta.truncated) return;
        throw new TruncatedError(`The query has more than ${answer.meta.rowCap} rows. Query a shorter window, or fewer dimensions.`);
      }
      after = answer.page.endCursor ?? null;
    }
  }

  /** Every row of a query, page by page. Throws TruncatedError at the end if the API left out rows. */
  async *rows<
    D extends DatasetName,
    M extends Measure<D>,
    X extends Dimension<D> = never,
    G extends Granularity = "none",
    C extends CompareTo = never,
  >(query: Query<D, M, X, G, C>, call: CallOptions = {}): AsyncGenerator<Row<D, M, X, G, C>> {
    for await (const page of this.pages(query, call)) yield* page.data;
  }

  /** Requests files with all rows of a query; `limit` of the query is the most rows. */
  async requestExport<
    D extends DatasetName,
    M extends Measure<D>,
    X extends Dimension<D> = never,
    G extends Granularity = "none",
    C extends CompareTo = never,
  >(query: Query<D, M, X, G, C>, { format = "csv", key = randomKey(), ...call }: ExportOptions = {}): Promise<ExportAnswer> {
    const body = JSON.stringify({ format, ...query });
    return this.#call(new URL(this.#url + EXPORTS_PATH), { method: "POST", body, key }, call);
  }

  /**
   * As `requestExport`, and waits until it is done: the answer has links to its files. Throws ExportFailedError if the
   * export fails, expires or is cancelled.
   */
  async export<
    D extends DatasetName,
    M extends Measure<D>,
    X extends Dimension<D> = never,
    G extends Granularity = "none",
    C extends CompareTo = never,
  >(query: Query<D, M, X, G, C>, options: ExportOptions = {}): Promise<ExportAnswer> {
    const { id } = await this.requestExport(query, options);
    for (;;) {
      const found = await this.followExport(id, options);
      if (found.status === "done") return found;
      if (found.status !== "queued" && found.status !== "running") {
        throw new ExportFailedError(`The export ${id} is ${found.status}. ${found.reason ?? ""}`.trimEnd());
      }
      await sleep(FOLLOWED_EVERY, options.signal);
    }
  }

  /** Cancels an export at any time, and deletes its files. */
  async cancelExport(exportId: string, call: CallOptions = {}): Promise<ExportAnswer> {
    const path = `${EXPORTS_PATH}/${encodeURIComponent(exportId)}`;
    return this.#call(new URL(this.#url + path), { method: "DELETE" }, call);
  }

  /**
   * What the platform counts, every so many seconds (1 to 30), for administrators. It does not end. It subscribes again
   * whenever a stream ends; what is counted between two streams is in no event.
   */
  async *liveThroughput(every = 5, { signal }: CallOptions = {}): AsyncGenerator<LiveThroughput> {
    for (let failed = 0; ; ) {
      const sent: Sent = { method: "POST", body: subscription(every) };
      const headers = await this.#allHeaders("text/event-stream", sent);
      try {
        for await (const event of this.#subscribe(every, sent, headers, signal)) {
          failed = 0;
          yield event;
        }
      } catch (failure) {
        const error = asFailure(failure, signal);
        failed += 1;
        const outcome = error instanceof ApiError ? error : { status: null, retryAfter: null };
        const pause = nextPause(this.#retries, outcome, failed);
        if (pause === null) throw error;
        await sleep(pause, signal);
      }
    }
  }

  protected override report<T>(path: string, options: object, call: CallOptions): Promise<T> {
    const url = new URL(this.#url + path);
    for (const [name, value] of Object.entries(options)) if (value !== undefined) url.searchParams.set(name, String(value));
    return this.#call(url, { method: "GET" }, call);
  }

  async #call<T>(url: URL, sent: Sent, { signal }: CallOptions): Promise<T> {
    for (let failed = 1; ; failed += 1) {
      const outcome = await this.#attempt(url, sent, signal);
      const isCut = outcome instanceof DisconnectedError;
      const status = isCut ? null : outcome.response.status;
      const retryAfter = isCut ? null : milliseconds(outcome.response.headers.get("Retry-After"));
      const pause = nextPause(this.#retries, { status, retryAfter }, failed);
      if (pause !== null) await sleep(pause, signal);
      else if (isCut) throw outcome;
      else return result<T>(outcome);
    }
  }

  /** One attempt, body included. Throws the signal's reason if the caller aborts it. */
  async #attempt(url: URL, sent: Sent, signal?: AbortSignal): Promise<Received | DisconnectedError> {
    const headers = await this.#allHeaders(JSON_TYPE, sent);
    try {
      const limit = AbortSignal.timeout(this.#timeout);
      const response = await fetch(url, request(headers, sent, either(limit, signal)));
      return { response, body: await response.text() };
    } catch (failure) {
      const error = asFailure(failure, signal);
      if (error instanceof DisconnectedError) return error;
      throw error;
    }
  }

  async *#subscribe(every: number, sent: Sent, headers: CallerHeaders, signal?: AbortSignal): AsyncGenerator<LiveThroughput> {
    const silence = new AbortController();
    const silent = () => silence.abort(new DisconnectedError("The stream was silent for too long."));
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(silent, every * 1000 + this.#timeout);
    };
    let timer = setTimeout(silent, every * 1000 + this.#timeout);
    try {
      const response = await fetch(this.#url + GRAPHQL_PATH, request(headers, sent, either(silence.signal, signal)));
      if (!response.ok || !response.body) throw refusal({ response, body: await response.text() });
      for await (const line of lines(response.body, restart)) {
        const event = eventOf(line);
        if (event) yield event;
      }
      throw new DisconnectedError("The stream ended.");
    } finally {
      clearTimeout(timer);
    }
  }

  async #allHeaders(accept: string, { body, key }: Sent): Promise<CallerHeaders> {
    const caller = typeof this.#headers === "function" ? await this.#headers() : this.#headers;
    const optional = { ...(body === undefined ? {} : { "Content-Type": JSON_TYPE }), ...(key === undefined ? {} : { "Idempotency-Key": key }) };
    return { ...caller, Accept: accept, ...optional };
  }
}

function request(headers: CallerHeaders, { method, body }: Sent, signal: AbortSignal): RequestInit {
  return { method, headers, signal, ...(body === undefined ? {} : { body }) };
}

/** So that all attempts of a call are one export. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
}

function either(own: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal ? AbortSignal.any([signal, own]) : own;
}

function result<T>(received: Received): T {
  if (!received.response.ok) throw refusal(received);
  try {
    return JSON.parse(received.body) as T;
  } catch (cause) {
    throw new UnreadableAnswerError(`${received.response.url} answered what is not JSON.`, { cause });
  }
}

/** The error of a refused request. A response that is no problem document has a code such as HTTP_502. */
function refusal({ response, body }: Received): ApiError {
  const { status, statusText } = response;
  const requestId = response.headers.get("X-Request-Id") ?? "";
  let problem: Problem = { type: "about:blank", title: statusText, status, code: `HTTP_${status}`, detail: statusText, requestId };
  if (response.headers.get("Content-Type")?.includes("json")) {
    try {
      problem = { ...problem, ...(JSON.parse(body) as Partial<Problem>) };
    } catch {
      // A proxy may cut or replace a body.
    }
  }
  return asError(problem, milliseconds(response.headers.get("Retry-After")));
}

/** What to throw: the caller's own reason if it aborted, an error of the API as it is, otherwise DisconnectedError. */
function asFailure(failure: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (failure instanceof AnlytError) return failure;
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  return new DisconnectedError(cause instanceof Error ? cause.message : String(failure), { cause: failure });
}
