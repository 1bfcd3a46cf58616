// Writes generated/operations.ts: the types of operations.graphql in the schema, and the operations by name.
// `node generate.mjs [FILE]` writes FILE instead.
import { readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as typescript from "@graphql-codegen/typescript";
import * as operations from "@graphql-codegen/typescript-operations";
import { pruneSchema } from "@graphql-tools/utils";
import { buildASTSchema, Kind, parse, print, printSchema, visit } from "graphql";

const here = (name) => new URL(name, import.meta.url);
const read = async (name) => parse(await readFile(here(name), "utf8"));

const document = await read("operations.graphql");
const named = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
const asked = new Set(named.flatMap((each) => each.selectionSet.selections.map((field) => field.name.value)));

/** Who may read a field, which a directive says, changes no type. */
const plain = visit(await read("../../schema/graph.graphql"), {
  DirectiveDefinition: () => null,
  Directive: () => null,
});

/** The schema as far as the operations need it: what others ask may change without a change here. */
const needed = visit(plain, {
  SchemaDefinition: () => null,
  ObjectTypeDefinition(type) {
    if (type.name.value === "Subscription") return null;
    if (type.name.value !== "Query") return false;
    return { ...type, fields: type.fields.filter((field) => asked.has(field.name.value)) };
  },
});
const schema = parse(printSchema(pruneSchema(buildASTSchema(needed))));
const config = {
  onlyOperationTypes: true, // of the schema, only what the operations use
  enumsAsTypes: true, // Node runs TypeScript by leaving types out, and an enum is more than a type
  useTypeImports: true,
  skipTypename: true,
  strictScalars: true,
  scalars: {
    DateTime: "string",
    Date: "string",
    Interval: "string",
    Decimal: "string", // money: exact, so never a number
    Long: "number",
    CostsByCurrency: "Record<string, string>",
    JSON: "unknown",
  },
};

const types = await codegen({
  schema,
  documents: [{ document }],
  config,
  filename: "generated/operations.ts",
  plugins: [{ typescript: {} }, { operations: {} }],
  pluginMap: { typescript, operations },
});
const members = named.map(({ name: { value } }) => `  ${value}: { data: ${value}Query; variables: ${value}QueryVariables };`);
const texts = named.map((each) => `  ${each.name.value}: ${JSON.stringify(print(each))},`);
const byName = [
  `/** What each operation is answered with, and what it takes. */\nexport type Operations = {\n${members.join("\n")}\n};`,
  `export const texts: Record<keyof Operations, string> = {\n${texts.join("\n")}\n};`,
];
const header = "// Made by generate.mjs from schema/graph.graphql and operations.graphql; do not edit.\n";
const target = process.argv[2] ?? here("generated/operations.ts");
await writeFile(target, `${header}${types.trim()}\n\n${byName.join("\n\n")}\n`);
