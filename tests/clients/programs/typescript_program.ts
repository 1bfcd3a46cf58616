// Calls the API by the installed package, and prints what it returns and throws as JSON. Its argument has the addresses.
import { AnlytError, ApiError, Client, query, type Retries } from "@anlyt/client";

declare const process: { argv: string[] };

const addresses = JSON.parse(process.argv[2] ?? "{}") as Record<
  "api" | "limited" | "down" | "cut" | "dead" | "live" | "exports" | "cut exports",
  string
>;
const admin = { "X-Caller": "admin-dashboard" };
const tenant = (name: string) => ({ "X-Caller": "customer-portal", "X-Tenant-Id": name, "X-Account-Id": "acc-1" });
const window = { from: "2026-10-01T00:00:00Z", to: "2026-10-04T00:00:00Z" };
const once: Partial<Retries> = { attempts: 1 };
const soon: Partial<Retries> = { pause: 10 };

const byCode = query({
  dataset: "dlr",
  measures: ["messages", "deliveryRate", "avgLatencyMs"],
  dimensions: ["errorCode", "lane"],
  time: { ...window, granularity: "day", timezone: "Asia/Kabul" },
  filter: {
    and: [
      { or: [{ field: "lane", op: "in", value: ["OTP"] }, { field: "lane", op: "eq", value: "MARKETING" }] },
      { not: { field: "status", op: "eq", value: "EXPIRED" } },
    ],
  },
  having: { field: "messages", op: "gte", value: 1 },
  orderBy: [{ field: "time" }, { field: "messages", direction: "desc" }],
  compareTo: "previousPeriod",
  totals: true,
  limit: 50,
});

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of iterable) found.push(each);
  return found;
}

async function reports(): Promise<unknown> {
  const client = new Client(addresses.api, { headers: async () => admin });
  const page = await client.query(byCode);
  return {
    summary: await client.summary({ ...window, granularity: "daily" }),
    operator: await client.operatorPerformance("op-1", window),
    account: await client.accountUsage("acc-1", window),
    throughput: await client.throughput({ ...window, resolution: "1h", operatorId: "op-1" }),
    breakdown: await client.deliveryBreakdown(window),
    top: await client.topOperators({ ...window, limit: 2 }),
    quality: await client.mnoQuality({ ...window, lane: "OTP" }),
    cost: await client.costQuality(window),
    catalog: await client.catalog(),
    rows: await all(client.rows(byCode)),
    pages: (await all(client.pages(byCode))).map(({ data }) => data.length),
    totals: page.totals,
    meta: page.meta.source,
    money: await all(client.rows({ dataset: "cdr", measures: ["cost", "records"], dimensions: ["currency"], time: window })),
  };
}

async function failure(call: () => Promise<unknown>): Promise<object> {
  try {
    return { answer: await call() };
  } catch (error) {
    if (!(error instanceof ApiError)) return { class: (error as Error).name, isOurs: error instanceof AnlytError };
    const { name, code, status, retryAfter, requestId, problems } = error;
    return { class: name, code, status, retryAfter, hasId: requestId !== "", paths: problems.map(({ path }) => path) };
  }
}

async function failures(): Promise<unknown> {
  const [first, second] = [new Client(addresses.api, { headers: tenant("t-1") }), new Client(addresses.api, { headers: tenant("t-2") })];
  const small = { ...byCode, limit: 1 };
  const after = (await first.query(small)).page.endCursor ?? null;
  const limited = (retries: Partial<Retries>) => new Client(addresses.limited, { headers: tenant("t-2"), retries });
  let refused: object = { answer: null };
  while ("answer" in refused) refused = await failure(() => limited(once).catalog());
  const aborted = AbortSignal.abort(new Error("The user left."));
  return {
    window: await failure(() => first.mnoQuality({ from: window.to, to: window.from })),
    query: await failure(() => first.query({ dataset: "dlr", measures: ["messages"], time: { last: "7 days", timezone: "Nowhere" } })),
    nobody: await failure(() => new Client(addresses.api, { headers: {} }).summary()),
    forbidden: await failure(() => first.summary()),
    account: await failure(() => first.accountUsage("acc-2")),
    unknown: await failure(() => new Client(addresses.api, { headers: admin }).operatorPerformance("op-9")),
    foreign: await failure(() => second.query(small, { after })),
    tampered: await failure(() => first.query(small, { after: `x${after}` })),
    limited: refused,
    "limited and repeated": await failure(async () => (await limited(soon).mnoQuality(window)).mnos.length),
    down: await failure(() => new Client(addresses.down, { headers: admin, retries: once }).summary()),
    dead: await failure(() => new Client(addresses.dead, { headers: admin, retries: soon }).summary()),
    "no API": await failure(() => new Client(`${addresses.down}/docs`, { headers: admin }).summary()),
    aborted: await failure(() => first.mnoQuality(window, { signal: aborted })),
  };
}

/** An export and its files; the same one by its key; one whose first connections are cut; and a cancelled one. */
async function exports(): Promise<unknown> {
  const client = new Client(addresses.exports, { headers: admin });
  const whole = { ...byCode, limit: 10_000 };
  const done = await client.export(whole, { key: "the-same" });
  const afterCuts = await new Client(addresses["cut exports"], { headers: admin, retries: soon }).requestExport(whole, { format: "parquet" });
  const listed = (await client.listExports()).data;
  const cancelled = await client.cancelExport(afterCuts.id);
  await client.cancelExport((await client.requestExport(whole, { key: "cancelled" })).id);
  const files = done.files ?? [];
  return {
    files: await Promise.all(files.map(async ({ url }) => (await fetch(url)).text())),
    rows: [done.rows, files.reduce((sum, { rows }) => sum + rows, 0)],
    "is same": (await client.requestExport(whole, { key: "the-same" })).id === done.id,
    listed: listed.map(({ id }) => id).join() === [afterCuts.id, done.id].join(),
    formats: listed.map(({ request }) => request.format),
    cancelled: cancelled.status,
    "other query": await failure(() => client.requestExport(byCode, { key: "the-same" })),
    failed: await failure(() => client.export(whole, { key: "cancelled" })),
    "without S3": await failure(() => new Client(addresses.api, { headers: admin, retries: once }).export(byCode)),
  };
}

async function live(): Promise<unknown> {
  const events: unknown[] = [];
  for await (const event of new Client(addresses.live, { headers: admin, retries: soon }).liveThroughput(1)) {
    if (events.push(event) === 2) break;
  }
  const portal = new Client(addresses.api, { headers: tenant("t-1") });
  return { events, refused: await failure(() => portal.liveThroughput().next()) };
}

console.log(
  JSON.stringify({
    sync: await reports(),
    repeated: await new Client(addresses.cut, { headers: admin, retries: soon }).summary({ ...window, granularity: "daily" }),
    failures: await failures(),
    exports: await exports(),
    live: await live(),
  }),
);
