// The examples and pieces of the README in the project of a user (EXAMPLES), against the gateway and the sandbox of
// SEEDANCE_GATEWAY and SEEDANCE_SANDBOX.

import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { Client } from "../src/index.js";
import { silent } from "./scripted.js";

const { EXAMPLES = "", SEEDANCE_GATEWAY = "", SEEDANCE_SANDBOX = "", MEDIA = "" } = process.env;
const skip = SEEDANCE_GATEWAY && SEEDANCE_SANDBOX && EXAMPLES ? false : "no SEEDANCE_GATEWAY, SEEDANCE_SANDBOX, EXAMPLES";
const root = mkdtempSync(join(tmpdir(), "examples-"));
const processes: ChildProcess[] = [];
let folder: string;
let control: string;
let endpoint: string;

/** Starts a program and waits until it has written what `pattern` finds to a file. */
async function start(program: string, parameters: string[], file: string, pattern: RegExp): Promise<RegExpExecArray> {
  const log = openSync(join(root, "log"), "a");
  const child = spawn(program, parameters, { stdio: ["ignore", log, log], env: { ...process.env, SANDBOX_KEY: "sandbox-key" } });
  processes.push(child);
  const ended = once(child, "exit").then(([code]) => assert.fail(`${program}: ${code}\n${readFileSync(join(root, "log"))}`));
  const look = (): RegExpExecArray | null => {
    try {
      return pattern.exec(readFileSync(file, "utf8"));
    } catch {
      return null;
    }
  };
  const written = new Promise<RegExpExecArray>((done) => {
    const watcher = watch(root, () => {
      const found = look();
      if (found) done(found);
      if (found) watcher.close();
    });
  });
  ended.catch(() => {}); // At the end of the test nobody waits for it.
  return look() ?? Promise.race([written, ended]);
}

before(async () => {
  if (skip) return;
  const ports = join(root, "sandbox.ports");
  const [, listen, port] = await start(SEEDANCE_SANDBOX, [
    "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--port-file", ports, "--asset-seconds", "0.3", "--task-seconds",
    "1.5", "--group-lag-seconds", "0.1"], ports, /listen=(\S+)\s[^]*control=(\S+)\s/);
  control = `http://${port}`;
  const config = join(root, "gateway.yaml");
  writeFileSync(config, `
server: {listen: "127.0.0.1:0", port_file: "${root}/gateway.port"}
store: {sqlite: {path: "${root}/gateway.db"}}
upstreams: [{name: anyfast, anyfast: {base_url: "http://${listen}", api_key: {env: SANDBOX_KEY}, allow_plain_http: true}}]
tasks: {poll_interval_queued: 0.2s, poll_interval_running: 0.2s, poll_interval_watched: 0.2s, poll_interval_asset: 0.2s}
`);
  [, endpoint = ""] = await start(SEEDANCE_GATEWAY, ["--config", config], join(root, "gateway.port"), /(\S+:\d+)\s/);
});
beforeEach(() => (folder = mkdtempSync(join(root, "user-"))));
after(() => {
  for (const child of processes) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

/** What a program of the user's project writes to standard output. */
async function run(name: string, ...parameters: string[]): Promise<string> {
  const file = join(EXAMPLES, name);
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...parameters], { cwd: folder, timeout: 120_000 });
  return stdout;
}

function assertMp4(name: string): void {
  assert.equal(readFileSync(join(folder, name)).toString("latin1", 4, 8), "ftyp");
}

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ endpoint, logger: silent });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

test("the first lines of the README make a video", { skip }, async () => {
  const lines = readFileSync(join(EXAMPLES, "readme-1.ts"), "utf8").split("\n").filter((line) => line.trim());
  assert.ok(lines.length <= 12, `${lines.length} lines`);
  const program = readFileSync(join(EXAMPLES, "readme-1.js"), "utf8").replace("127.0.0.1:8443", endpoint);
  writeFileSync(join(EXAMPLES, "readme-1-run.js"), program);
  assert.match(await run("readme-1-run.js"), /^100 %$/m);
  assertMp4("rain.mp4");
});

test("generate_video uses files and downloads the video", { skip }, async () => {
  const said = await run(
    "generate_video.js", endpoint, join(MEDIA, "hero.png"), join(MEDIA, "clip.mp4"), "--prompt", "@image1 in @video1",
    "--output", "out.mp4");
  assert.match(said, /SUCCEEDED/);
  assertMp4("out.mp4");
});

test("watch_dashboard ends when all tasks of the label have", { skip }, async () => {
  await withClient(async (client) => {
    for (const shot of ["12", "12", "13"]) {
      await client.createTask({ prompt: shot === "13" ? "[stuck] a cat" : "a cat", labels: { shot } });
    }
  });
  const said = await run("watch_dashboard.js", endpoint, "--label", "shot=12");
  assert.equal(said.trim().split("\n").at(-1), "SUCCEEDED 2");
});

test("bulk_upload pays once for each file", { skip }, async () => {
  const pictures = join(folder, "pictures");
  mkdirSync(pictures);
  for (const name of ["hero.png", "clip.mp4", "music.mp3"]) copyFileSync(join(MEDIA, name), join(pictures, name));
  const bills = async () => {
    const { bills } = await (await fetch(`${control}/ledger`)).json() as { bills: { action: string }[] };
    return bills.filter(({ action }) => action === "CreateAsset").length;
  };
  const earlier = await bills();
  assert.match(await run("bulk_upload.js", endpoint, "pictures"), /3 of 3 files/);
  assert.equal((await run("bulk_upload.js", endpoint, "pictures")).match(/\(was there\)/g)?.length, 3);
  assert.equal(await bills() - earlier, 3);
});

test("the bridge of the README sends a browser what a task does, and an order makes one video", { skip }, async () => {
  const child = spawn(process.execPath, [join(EXAMPLES, "readme-express.js")], {
    stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, SEEDANCE_ENDPOINT: endpoint, PORT: "0" } });
  processes.push(child);
  const [said] = await once(child.stdout, "data");
  const site = `http://127.0.0.1:${/port: (\d+)/.exec(String(said))?.[1]}`;
  const order = async (body: object) => fetch(`${site}/videos/6f9d3f0e-64a8-4b4e-9d7e-0d2f4a6c8e10`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const [one, two] = await Promise.all([order({ prompt: "a cat" }), order({ prompt: "a cat" })].map(async (answer) =>
    await (await answer).json() as { name: string }));
  assert.match(one!.name, /^generationTasks\//);
  assert.equal(one!.name, two!.name);
  const events = await (await fetch(`${site}/progress?name=${one!.name}`)).text();
  assert.match(events, /^data: \{"state":"SUCCEEDED","percent":100\}\n\n$/m);
  const refused = await fetch(`${site}/videos/6f9d3f0e-64a8-4b4e-9d7e-0d2f4a6c8e11`, {
    method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  assert.equal(refused.status, 422);
  assert.match(await refused.text(), /prompt/);
});
