// Uploads the files of a folder as assets of one group, a few at a time, and says what became of each.
//
//   node bulk_upload.js 127.0.0.1:8443 pictures/
//
// Run again after an error, it pays for nothing twice: files that the group has already are found by their content.

import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Client, GatewayError, raiseForError } from "seedance-gateway-client";

const { values, positionals: [endpoint = "", folder = "."] } = parseArgs({
  allowPositionals: true,
  options: { group: { type: "string" }, "at-a-time": { type: "string", default: "4" } },
});

/** The group of this name, which is made if there is none. */
async function groupNamed(client: Client, displayName: string): Promise<string> {
  for await (const group of client.listGroups({ displayNameContains: displayName })) {
    if (group.displayName === displayName) return group.name;
  }
  return (await client.createGroup({ displayName })).name;
}

async function upload(client: Client, assetGroup: string, path: string): Promise<boolean> {
  try {
    const asset = await client.uploadAsset(path, { assetGroup, displayName: basename(path) }, { reuseContent: true });
    raiseForError(await client.watchAsset(asset.name).wait());
    console.log(`${path}: ${asset.name}${asset.reused ? " (was there)" : ""}`);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    console.error(`${path}: ${error}`);
    return false;
  }
}

const client = new Client({ endpoint, token: process.env["SEEDANCE_TOKEN"] });
try {
  const entries = await readdir(folder, { withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(folder, entry.name)).sort();
  const group = await groupNamed(client, values.group ?? basename(resolve(folder)));
  const waiting = [...paths];
  let done = 0;
  const worker = async () => {
    for (let path; (path = waiting.shift());) if (await upload(client, group, path)) done += 1;
  };
  await Promise.all(Array.from({ length: Number(values["at-a-time"]) }, worker));
  console.log(`${done} of ${paths.length} files are in ${group}`);
  if (done < paths.length) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(String(error));
  process.exitCode = 1;
} finally {
  client.close();
}
