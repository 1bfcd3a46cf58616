// node subscribe.cjs URL HEADERS QUERY COUNT: what graphql-sse's client gets, as a line of JSON for each result, and for
// the error that ends it. It leaves after COUNT results, and does not try again.
const { createClient } = require("graphql-sse");

const [url, headers, query, count] = process.argv.slice(2);
const client = createClient({ url, headers: JSON.parse(headers), retryAttempts: 0 });

(async () => {
  let seen = 0;
  try {
    for await (const result of client.iterate({ query })) {
      console.log(JSON.stringify({ result }));
      if (++seen === Number(count)) break;
    }
    console.log(JSON.stringify({ end: true }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message, status: error.response?.status }));
  }
})();
