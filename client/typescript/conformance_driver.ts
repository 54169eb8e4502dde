// Driver of the conformance suite (client/conformance/README.md).

import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { Client, GatewayError, newRequestId, status, v1 } from "seedance-gateway-client";

/** `any`: parameters are checked by the suite, which made them. */
type Params = any;
type Result = Record<string, unknown>;

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

const stateOf = (task: v1.GenerationTask): string => v1.GenerationTask_State[task.state] ?? "";

/** Bytes that are no picture, which counts what was read. */
class Noise {
  read = 0;

  constructor(private readonly size: number) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let left = this.size; left > 0; left -= 65536) {
      const piece = Buffer.alloc(Math.min(65536, left), 0x55);
      this.read += piece.length;
      yield piece;
    }
  }
}

function createGroup(client: Client): Promise<v1.AssetGroup> {
  return client.createGroup({ displayName: `conformance ${newRequestId()}` });
}

async function watch(client: Client, { name, pause }: Params): Promise<Result> {
  let state = "";
  for await (const task of client.watchTask(name)) {
    state = stateOf(task);
    say({ event: "snapshot", state, revision: Number(task.revision) });
    if (pause) await setTimeout(pause * 1000);
  }
  return { name, state };
}

async function create(client: Client, { prompt = "a cat walks in the rain" }: Params): Promise<{ name: string }> {
  const { name } = await client.createTask({ prompt });
  return { name };
}

async function download(client: Client, { name, output }: Params): Promise<Result> {
  const { sizeBytes, sha256 } = await client.download(name, output);
  return { size: sizeBytes, sha256 };
}

const operations: Record<string, (client: Client, params: Params) => Promise<Result>> = {
  create, watch, download,

  async generate(client, params) {
    return watch(client, { ...params, ...await create(client, params) });
  },

  async job(client, params) {
    const group = await createGroup(client);
    let asset = await client.uploadAsset(params.file, { assetGroup: group.name, displayName: "hero" });
    asset = await client.watchAsset(asset.name).wait();
    const { name } = await client.createTask({ prompt: "@image1 walks in the rain", references: [{ asset: asset.name }] });
    return {
      asset_state: v1.Asset_State[asset.state], ...await watch(client, { name }), ...await download(client, { ...params, name }),
    };
  },

  async upload(client, params) {
    const group = await createGroup(client);
    const noise = new Noise(params.size);
    say({ event: "ready" });
    try {
      const asset = await client.uploadAsset(
        params.file ?? noise, { assetGroup: group.name, displayName: "hero", mediaType: v1.MediaType.IMAGE },
        { fileName: "hero.png", sizeBytes: params.size });
      return { asset: asset.name };
    } catch (error) {
      return { error: described(error), read: noise.read };
    }
  },

  async tasks(client, params) {
    const live = client.watchTasks();
    await live.waitSynced();
    const names: string[] = [];
    for (let count = 0; count < params.count; count++) names.push((await create(client, params)).name);
    let states: string[] = [];
    for await (const { task } of live) {
      say({ event: "change", state: task ? stateOf(task) : "" });
      states = names.map((name) => live.tasks.get(name)).map((made) => (made ? stateOf(made) : ""));
      if (states.every((state) => state === "SUCCEEDED")) break;
    }
    return { states };
  },

  async errors(client, params) {
    const found: Result[] = [];
    for (const name of params.names) {
      await client.getTask(name).catch((error: unknown) => found.push(described(error)));
    }
    return { errors: found };
  },
};

function described(error: unknown): Result {
  if (!(error instanceof GatewayError)) throw error;
  return {
    type: error.name, reason: error.reason, code: error.code === undefined ? "" : status[error.code], message: error.message,
    advice: error.advice, retry_delay: error.retryDelayMs === undefined ? null : error.retryDelayMs / 1000,
    resource_name: error.resourceName, upstream_code: error.metadata["upstream_code"],
    violations: error.violations.map(({ field, description }) => [field, description]),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, endpoint, params } = JSON.parse(line);
  const client = new Client({ endpoint, retry: params.attempts ? { attempts: params.attempts } : {} });
  const run = operations[operation];
  try {
    say({ result: run ? await run(client, params) : { unsupported: operation } });
  } catch (error) {
    say({ result: { error: described(error) } });
  } finally {
    client.close();
  }
  break;
}
