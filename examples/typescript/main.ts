// node main.ts URL TENANT ACCOUNT LAST (or FROM TO): prints figures of one account, as customer-portal shows them, as JSON.
import { AnlytError, execute } from "./client.ts";

const [url, tenant, account, first, to] = process.argv.slice(2);
if (!url || !tenant || !account || !first) {
  console.error("Usage: node main.ts URL TENANT ACCOUNT LAST (or FROM TO)");
  process.exit(2);
}
const window = to ? { from: first, to } : { last: first };
const portal = { "X-Caller": "customer-portal", "X-Tenant-Id": tenant, "X-Account-Id": account };

try {
  const [quality, usage, lanes] = await Promise.all([
    execute(url, portal, "MnoQuality", window),
    execute(url, portal, "Usage", { account, ...window }),
    execute(url, portal, "Lanes", {
      input: { dataset: "dlr", measures: ["messages", "deliveryRate"], dimensions: ["lane"], time: window },
    }),
  ]);
  console.log(JSON.stringify({ mnos: quality.mnoQuality?.mnos, sent: usage.account?.messagesSent, lanes: lanes.query?.data }));
} catch (error) {
  if (!(error instanceof AnlytError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
}
