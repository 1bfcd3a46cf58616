// Writes generated/operations.ts: the types of the operations in operations.graphql, and their texts by name.
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
const queried = new Set(named.flatMap((each) => each.selectionSet.selections.map((field) => field.name.value)));

/** The schema without directives: they say who may read a field, and change no type. */
const plain = visit(await read("../../schema/graph.graphql"), {
  DirectiveDefinition: () => null,
  Directive: () => null,
});

/** The part of the schema that the operations use, so that other changes of the schema change nothing here. */
const needed = visit(plain, {
  SchemaDefinition: () => null,
  ObjectTypeDefinition(type) {
    if (type.name.value === "Subscription") return null;
    if (type.name.value !== "Query") return false;
    return { ...type, fields: type.fields.filter((field) => queried.has(field.name.value)) };
  },
});
const schema = parse(printSchema(pruneSchema(buildASTSchema(needed))));
const config = {
  onlyOperationTypes: true, // only the types that the operations use
  enumsAsTypes: true, // Node runs TypeScript by removing types, and an enum has a value at run time
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
  `/** The answer and the variables of each operation. */\nexport type Operations = {\n${members.join("\n")}\n};`,
  `export const texts: Record<keyof Operations, string> = {\n${texts.join("\n")}\n};`,
];
const header = "// Made by generate.mjs from schema/graph.graphql and operations.graphql; do not edit.\n";
const target = process.argv[2] ?? here("generated/operations.ts");
await writeFile(target, `${header}${types.trim()}\n\n${byName.join("\n\n")}\n`);
