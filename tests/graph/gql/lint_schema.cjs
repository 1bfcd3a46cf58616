// Prints what graphql-eslint's recommended rules for schemas find in a file: [[rule, message], ...].
// One rule is off: `strict-id-in-types` wants an `id` in each type, for clients that keep entities; our types are values
// of one answer.
"use strict";

const path = require("node:path");
const { ESLint } = require("eslint");
const graphql = require("@graphql-eslint/eslint-plugin");

async function main(schema) {
  const eslint = new ESLint({
    cwd: path.dirname(schema),
    overrideConfigFile: true,
    overrideConfig: {
      files: ["**/*.graphql"],
      languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema } } },
      plugins: { "@graphql-eslint": graphql },
      rules: {
        ...graphql.configs["flat/schema-recommended"].rules,
        "@graphql-eslint/strict-id-in-types": "off",
      },
    },
  });
  const [file] = await eslint.lintFiles([schema]);
  console.log(JSON.stringify(file.messages.map(({ ruleId, message }) => [ruleId, message])));
}

main(process.argv[2]);
