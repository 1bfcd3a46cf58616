// What the compiler refuses: each line below a comment. It also reports a comment above a line without an error.
import { Client, query } from "@anlyt/client";

const api = new Client("http://127.0.0.1:1", { headers: {} });
const time = { last: "7d" };

// @ts-expect-error
query({ dataset: "dlr", measures: ["mesages"], time });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], dimensions: ["currency"], time });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time, filter: { field: "messages", op: "eq", value: 3 } });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time, filter: { field: "lane", op: "in", value: 3 } });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time, having: { field: "lane", op: "eq", value: "OTP" } });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time, orderBy: [{ field: "delivered" }] });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time: { last: "7d", granularity: "days" } });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time: {} });
// @ts-expect-error
query({ dataset: "dlr", measures: ["messages"], time, total: true });
query({ dataset: "dlr", measures: ["messages"], time, totals: true, orderBy: [{ field: "messages" }] });

// @ts-expect-error
await api.summary({ granularity: "day" });
// @ts-expect-error
await api.accountUsage();
// @ts-expect-error
console.log((await api.summary({ last: "7d" })).totalMesages);
for await (const row of api.rows({ dataset: "dlr", measures: ["messages"], time })) {
  // @ts-expect-error
  console.log(row.delivered);
  console.log(row.messages + 1);
}
