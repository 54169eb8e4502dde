// Writes the pieces of code of the README as modules into a folder, readme-1.ts and so on, so that they are compiled:
//
//   node readme.mjs README.md FOLDER

import { readFileSync, writeFileSync } from "node:fs";

const [, , readme, folder] = process.argv;
const blocks = [...readFileSync(readme, "utf8").matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
if (blocks.length < 5) throw new Error(`only ${blocks.length} pieces of code`);

// What a piece without imports takes for granted.
const GRANTED = `
import { readFileSync } from "node:fs";
import { Client, ConnectionFailed, errors, InvalidInput, newRequestId, OutcomeUnknown, v1 } from "seedance-gateway-client";
declare const client: Client, asset: v1.Asset, vault: { read(name: string): Promise<string> };
`;
blocks.forEach((code, index) => {
  const name = code.includes('from "express"') ? "express" : index + 1;
  writeFileSync(`${folder}/readme-${name}.ts`, code.includes("import ") ? code : GRANTED + code);
});
