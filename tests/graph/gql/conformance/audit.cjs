// node audit.cjs URL [CERTIFICATE AUTHORITY]: what graphql-http's audit finds wrong with an endpoint, as JSON.
// The certificate has its key in the same file; with it, each request is made over TLS.
const { readFileSync } = require("node:fs");
const { request } = require("node:https");
const { auditServer } = require("graphql-http");

const [url, certificate, authority] = process.argv.slice(2);

const asAdmin = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, "X-Caller": "admin-dashboard" } });

const overTls = (address, { method = "GET", headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const pair = readFileSync(certificate);
    const sent = request(address, { method, headers, cert: pair, key: pair, ca: readFileSync(authority) }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () =>
        resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode, headers: answer.headers })),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });

auditServer({ url, fetchFn: certificate ? overTls : asAdmin }).then((results) =>
  console.log(
    JSON.stringify({
      passed: results.filter((each) => each.status === "ok").length,
      complaints: results
        .filter((each) => each.status !== "ok")
        .map(({ status, name, reason }) => ({ status, name, reason })),
    }),
  ),
);
