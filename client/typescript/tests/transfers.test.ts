// Uploads and downloads, against a real server in the process.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { after, beforeEach, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DataLoss, InvalidInput, TransferTooSlow } from "../src/errors.js";
import { v1, type Client } from "../src/index.js";
import { BROKEN, connect, Failure, Open, Server, task, type Served } from "./scripted.js";

const DATA = Buffer.concat(Array.from({ length: 4096 }, () => Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))));
const ASSET = { assetGroup: "assetGroups/1", displayName: "hero" };
const NAME = "generationTasks/1";
const folder = mkdtempSync(join(tmpdir(), "transfers-"));
let server: Server;
let client: Client;
let path: string;
let count = 0;

beforeEach(async () => {
  server = await Server.start();
  client = connect(server.endpoint);
  path = join(mkdtempSync(join(folder, `${count++}-`)), "hero.png");
});
after(() => rmSync(folder, { recursive: true }));

const inFolder = () => readdirSync(join(path, ".."));

/** Takes an upload, or fails after some messages. */
class Taker {
  metadata: v1.UploadAssetRequest_Metadata | undefined;
  data = Buffer.alloc(0);

  constructor(private readonly failAfter = Infinity, private readonly error = BROKEN) {}

  readonly take = async ({ requests }: Served): Promise<object> => {
    let number = 0;
    for await (const request of requests) {
      if (number++ === this.failAfter) return this.error;
      this.metadata ??= request.metadata;
      this.data = Buffer.concat([this.data, request.chunk ?? Buffer.alloc(0)]);
    }
    return v1.Asset.fromPartial({ name: "assets/1" });
  };
}

/** A stream without an end, which counts what was read. */
class Endless {
  count = 0;
  left = false;

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (; ; this.count += 65536) yield Buffer.alloc(65536);
    } finally {
      this.left = true;
    }
  }
}

test("a path, bytes, a stream and a function are sent whole", async () => {
  writeFileSync(path, DATA);
  for (const [source, fileName, sizeBytes] of [
    [path, "hero.png", DATA.length], [DATA, "hero", DATA.length], [Readable.from([DATA]), "hero", 0],
    [() => Readable.from([DATA.subarray(0, 1000), DATA.subarray(1000)]), "hero", DATA.length],
  ] as const) {
    const taker = new Taker();
    const steps: number[][] = [];
    server.script["uploadAsset"] = [taker.take];
    const asset = await client.uploadAsset(source, ASSET, {
      reuseContent: true, sizeBytes, onProgress: (done, total) => steps.push([done, total]) });
    assert.deepEqual([asset.name, taker.data.equals(DATA)], ["assets/1", true]);
    const { metadata } = taker;
    assert.deepEqual([metadata?.fileName, metadata?.sizeBytes, metadata?.reuseContent, metadata?.requestId.length],
      [fileName, BigInt(sizeBytes), true, 36]);
    assert.deepEqual([steps[0], steps.at(-1)], [[0, sizeBytes], [DATA.length, sizeBytes]]);
  }
});

test("a try that broke off begins anew with the same request_id", async () => {
  const [broken, whole] = [new Taker(3), new Taker()];
  server.script["uploadAsset"] = [broken.take, whole.take];
  await client.uploadAsset(() => Readable.from([DATA]), ASSET);
  assert.ok(whole.data.equals(DATA));
  assert.equal(whole.metadata?.requestId, broken.metadata?.requestId);
});

test("a slow transfer is repeated, and not without a delay", async () => {
  server.script["uploadAsset"] = [
    new Taker(1, new Failure(status.ABORTED, "TRANSFER_TOO_SLOW", { retryDelayMs: 1 })).take, new Taker().take];
  await client.uploadAsset(DATA, ASSET);
  server.script["uploadAsset"] = [new Taker(1, new Failure(status.ABORTED, "TRANSFER_TOO_SLOW")).take];
  await assert.rejects(client.uploadAsset(DATA, ASSET), TransferTooSlow);
});

test("a stream is sent once", async () => {
  server.script["uploadAsset"] = [new Taker(2).take, new Taker().take];
  await assert.rejects(client.uploadAsset(Readable.from([DATA]), ASSET), ConnectionFailed);
  assert.equal(server.requests.length, 1);
});

test("a stream is not read before there is a connection", async () => {
  const source = new Endless();
  const away = connect("127.0.0.1:1", { timeouts: { connectMs: 200 } });
  await assert.rejects(away.uploadAsset(source, ASSET), /connection refused/);
  assert.equal(source.count, 0);
});

test("a refusal ends the reading", async () => {
  server.script["uploadAsset"] = [new Failure(status.INVALID_ARGUMENT, "INVALID_INPUT")];
  const source = new Endless();
  await assert.rejects(client.uploadAsset(source, ASSET), InvalidInput);
  assert.ok(source.count < 8 << 20);
  assert.ok(source.left);
});

test("a refusal ends an upload whose source has nothing to read", async () => {
  server.script["uploadAsset"] = [new Failure(status.INVALID_ARGUMENT, "INVALID_INPUT")];
  await assert.rejects(client.uploadAsset(new Readable({ read() {} }), ASSET), InvalidInput);
});

test("a gateway that does not read holds the source back", async () => {
  const open = new Open();
  const source = new Endless();
  const controller = new AbortController();
  server.script["uploadAsset"] = [open.wait];
  const sending = client.uploadAsset(source, ASSET, { signal: controller.signal });
  // Without a limit each turn of the loop would read a piece.
  for (let turn = 0; turn < 5000; turn++) await new Promise(setImmediate);
  assert.ok(source.count > 0 && source.count < 8 << 20, `${source.count} bytes read`);
  controller.abort(new Error("enough"));
  await assert.rejects(sending, { message: "enough" });
  await open.ended;
});

test("a source that fails creates nothing", async () => {
  const open = new Open();
  server.script["uploadAsset"] = [open.wait];
  async function* failing() {
    yield DATA.subarray(0, 1000);
    throw new Error("the disk is gone");
  }
  await assert.rejects(client.uploadAsset(failing(), ASSET), { message: "the disk is gone" });
  await open.ended;
});

test("a path that cannot be read makes no call", async () => {
  await assert.rejects(client.uploadAsset(path, ASSET), { code: "ENOENT" });
  assert.equal(server.requests.length, 0);
});

const first = (total = DATA.length) => ({ data: Buffer.alloc(0), totalSizeBytes: BigInt(total), contentType: "video/mp4" });
const data = (begin: number, end?: number) => ({ data: DATA.subarray(begin, end), totalSizeBytes: 0n, contentType: "" });
const hash = () => createHash("sha256").update(DATA).digest("hex");

function serve(sha256: string, ...handlers: object[]): void {
  server.script["downloadGenerationResult"] = handlers;
  server.script["getGenerationTask"] = [task({ result: { sha256 } })];
}

test("a download goes on at the offset and renames the file at the end", async () => {
  const half = DATA.length / 2;
  let read!: () => void;
  const seen = new Promise<void>((done) => (read = done));
  serve(hash(), [first(), data(0, half), async () => (await seen, BROKEN)], [first(), data(half)]);
  const steps: number[][] = [];
  const result = await client.download(NAME, path, { onProgress: (done, total) => {
    steps.push([done, total]);
    read();
  } });
  assert.deepEqual(server.of("downloadGenerationResult").map(({ offset }) => offset), [0n, BigInt(half)]);
  assert.deepEqual(result, { sizeBytes: DATA.length, sha256: hash(), contentType: "video/mp4" });
  assert.deepEqual(steps, [[half, DATA.length], [DATA.length, DATA.length]]);
  assert.ok(readFileSync(path).equals(DATA));
  assert.deepEqual(inFolder(), ["hero.png"]);
});

test("a stream may be the target, and is not ended", async () => {
  serve("", [first(), data(0)]);
  const pieces: Buffer[] = [];
  const target = new Writable({ write: (piece, _, done) => (pieces.push(piece), done()) });
  assert.equal((await client.download(NAME, target)).sha256, hash());
  assert.ok(Buffer.concat(pieces).equals(DATA));
  assert.equal(target.writableEnded, false);
});

test("another hash is an error and leaves no file", async () => {
  serve("00", [first(), data(0)]);
  await assert.rejects(client.download(NAME, path), DataLoss);
  assert.deepEqual(inFolder(), []);
});

test("an error leaves the file that was there", async () => {
  writeFileSync(path, "before");
  serve("", [first(), data(0, 10), new Failure(status.FAILED_PRECONDITION, "RESULT_EXPIRED")]);
  await assert.rejects(client.download(NAME, path), { reason: "RESULT_EXPIRED" });
  assert.equal(readFileSync(path, "utf8"), "before");
  assert.deepEqual(inFolder(), ["hero.png"]);
});

test("a target that fails ends the call", async () => {
  const open = new Open();
  serve("", [first(), data(0, 100), open.wait]);
  const full = new Writable({ write: (_, __, done) => done(new Error("no space left")) });
  await assert.rejects(client.download(NAME, full), { message: "no space left" });
  await open.ended;
});

test("a folder that is missing makes no call", async () => {
  await assert.rejects(client.download(NAME, join(folder, "none", "video.mp4")), { code: "ENOENT" });
  assert.equal(server.requests.length, 0);
});

test("a file of unknown size ends with OK", async () => {
  serve("", [first(0), data(0, 100)]);
  assert.equal((await client.download(NAME, path)).sizeBytes, 100);
});
