// What the compiler has to refuse: each line that is marked, and no other.
import { Client, query } from "@anlyt/client";

const api = new Client("http://127.0.0.1:1", { headers: {} });
const time = { last: "7d" };

query({ dataset: "dlr", measures: ["mesages"], time }); // wrong
query({ dataset: "dlr", measures: ["messages"], dimensions: ["currency"], time }); // wrong
query({ dataset: "dlr", measures: ["messages"], time, filter: { field: "messages", op: "eq", value: 3 } }); // wrong
query({ dataset: "dlr", measures: ["messages"], time, filter: { field: "lane", op: "in", value: 3 } }); // wrong
query({ dataset: "dlr", measures: ["messages"], time, having: { field: "lane", op: "eq", value: "OTP" } }); // wrong
query({ dataset: "dlr", measures: ["messages"], time, orderBy: [{ field: "delivered" }] }); // wrong
query({ dataset: "dlr", measures: ["messages"], time: { last: "7d", granularity: "days" } }); // wrong
query({ dataset: "dlr", measures: ["messages"], time: {} }); // wrong
query({ dataset: "dlr", measures: ["messages"], time, total: true }); // wrong
query({ dataset: "dlr", measures: ["messages"], time, totals: true, orderBy: [{ field: "messages" }] });

await api.summary({ granularity: "day" }); // wrong
await api.accountUsage(); // wrong
console.log((await api.summary({ last: "7d" })).totalMesages); // wrong
for await (const row of api.rows({ dataset: "dlr", measures: ["messages"], time })) {
  console.log(row.delivered); // wrong
  console.log(row.messages + 1);
}
