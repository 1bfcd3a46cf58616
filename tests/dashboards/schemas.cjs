// Prints JSON Schemas, made from Grafana's TypeScript types: `dashboard`, and the options of these kinds of panels.
// Usage: node schemas.cjs KIND...
const path = require("node:path");
const { createGenerator } = require("ts-json-schema-generator");

const TYPES = path.join(path.dirname(require.resolve("@grafana/schema/package.json")), "dist", "types", "raw");

function schema(folder, type) {
  const file = path.join(TYPES, folder, "x", "types.gen.d.ts");
  return createGenerator({ path: file, type, skipTypeCheck: true }).createSchema(type);
}

const kinds = process.argv.slice(2);
const panels = Object.fromEntries(kinds.map((kind) => [kind, schema(`composable/${kind}/panelcfg`, "*").definitions]));
console.log(JSON.stringify({ dashboard: schema("dashboard", "Dashboard"), panels }));
