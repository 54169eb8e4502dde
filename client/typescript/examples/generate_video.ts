// Makes a video from a prompt and reference files, and downloads it.
//
//   node generate_video.js 127.0.0.1:8443 --prompt '@image1 walks in the rain' hero.png --output rain.mp4

import { basename } from "node:path";
import { parseArgs } from "node:util";
import { Client, GatewayError, newRequestId, raiseForError, v1 } from "seedance-gateway-client";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prompt: { type: "string", default: "a fox runs through the snow" },
    output: { type: "string", default: "video.mp4" },
    tls: { type: "boolean", default: false },
  },
});
const [endpoint = "", ...files] = positionals;
const { prompt = "", output = "", tls = false } = values;

/** The name of an asset of the file, usable in tasks. */
async function upload(client: Client, assetGroup: string, path: string): Promise<string> {
  const asset = await client.uploadAsset(path, { assetGroup, displayName: basename(path) });
  raiseForError(await client.watchAsset(asset.name).wait());
  console.log(`${path} is ${asset.name}`);
  return asset.name;
}

async function generate(client: Client): Promise<void> {
  const references = [];
  if (files.length) {
    const group = await client.createGroup({ displayName: `example ${newRequestId().slice(0, 8)}` });
    for (const path of files) references.push({ asset: await upload(client, group.name, path) });
  }
  let task = await client.createTask({ prompt, references });
  for await (task of client.watchTask(task.name)) {
    console.log(task.name, v1.GenerationTask_State[task.state], `${task.progressPercent} %`);
  }
  const { sizeBytes, sha256 } = await client.download(raiseForError(task).name, output);
  console.log(`${output}: ${sizeBytes} bytes, SHA-256 ${sha256}`);
}

const client = new Client({ endpoint, tls, token: process.env["SEEDANCE_TOKEN"] });
try {
  await generate(client);
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(String(error));
  process.exitCode = 1;
} finally {
  client.close();
}
