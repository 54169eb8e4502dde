// Watches and live maps, against a real server in the process.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DeadlineExceeded, GatewayError, ResourceNotFound } from "../src/errors.js";
import { v1, type Client, type Watch } from "../src/index.js";
import { all, BROKEN, connect, Failure, Open, Seen, Server, snapshot } from "./scripted.js";

const NAME = "generationTasks/1";
const { RUNNING, SUCCEEDED } = v1.GenerationTask_State;
let server: Server;
let client: Client;

beforeEach(async () => {
  server = await Server.start();
  client = connect(server.endpoint);
});

/** Revisions of all snapshots, counted one by one. */
async function revisions(seen: Seen, watch: Watch<v1.GenerationTask>): Promise<number[]> {
  const result: number[] = [];
  for await (const task of watch) {
    result.push(Number(task.revision));
    seen.add();
  }
  return result;
}

const NOT_FOUND = new Failure(status.NOT_FOUND, "RESOURCE_NOT_FOUND");
const tokens = () => server.of("watchGenerationTask").map(({ resumeToken }) => resumeToken);

test("a watch resumes with the last token until the end", async () => {
  const seen = new Seen();
  const drained = new Failure(status.UNAVAILABLE, "DRAINING", { retryDelayMs: 0, resumeToken: "trailer" });
  server.script["watchGenerationTask"] = [
    [snapshot(RUNNING, 1), seen.whenRead(1, BROKEN)], [new Failure(status.INTERNAL)], [new Failure(status.UNKNOWN)],
    [snapshot(RUNNING, 1), snapshot(RUNNING, 2), seen.whenRead(2, drained)], [snapshot(SUCCEEDED, 3)]];
  assert.deepEqual(await revisions(seen, client.watchTask(NAME)), [1, 2, 3]);
  assert.deepEqual(tokens(), ["", "token-1", "token-1", "token-1", "token-2"]);
});

test("a watch ends once", async () => {
  server.script["watchGenerationTask"] = [[snapshot(SUCCEEDED, 1), snapshot(SUCCEEDED, 2)]];
  const watch = client.watchTask(NAME);
  assert.deepEqual((await all(watch)).map(({ revision }) => revision), [1n]);
  assert.deepEqual(await all(watch), []);
  assert.equal(server.requests.length, 1);
});

test("wait returns the last snapshot", async () => {
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), snapshot(SUCCEEDED, 2)]];
  assert.equal((await client.watchTask(NAME).wait()).revision, 2n);
});

test("a watch goes on where another one ended", async () => {
  server.script["watchGenerationTask"] = [[snapshot(SUCCEEDED, 2)]];
  const watch = client.watchTask(NAME, { resumeToken: "before" });
  await watch.wait();
  assert.deepEqual([tokens(), watch.resumeToken], [["before"], "token-2"]);
});

test("a stale token begins anew with the fresh one", async () => {
  const seen = new Seen();
  const stale = new Failure(status.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", { metadata: { resume_token: "fresh" } });
  server.script["watchGenerationTask"] = [
    [snapshot(RUNNING, 900), seen.whenRead(1, BROKEN)], [stale], [snapshot(SUCCEEDED, 5)]];
  assert.deepEqual(await revisions(seen, client.watchTask(NAME)), [900, 5]);
  assert.equal(tokens()[2], "fresh");
});

test("an error of the gateway ends a watch", async () => {
  server.script["watchGenerationTask"] = [[NOT_FOUND]];
  await assert.rejects(client.watchTask(NAME).wait(), ResourceNotFound);
});

test("a watch gives up after fruitless tries", async () => {
  const seen = new Seen();
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), seen.whenRead(1, BROKEN)], [BROKEN]];
  await assert.rejects(revisions(seen, client.watchTask(NAME)), ConnectionFailed);
  assert.equal(server.requests.length, 20);
});

test("silence counts as a break", async () => {
  const open = new Open();
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), open.wait], [snapshot(SUCCEEDED, 2)]];
  const impatient = connect(server.endpoint, { timeouts: { idleMs: 200 } });
  assert.equal((await impatient.watchTask(NAME).wait()).revision, 2n);
  await open.ended;
});

test("the time limit of a watch ends it", async () => {
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), new Open().wait]];
  await assert.rejects(client.watchTask(NAME, { timeoutMs: 300 }).wait(), DeadlineExceeded);
});

test("an asset is watched likewise", async () => {
  const asset = v1.Asset.fromPartial({ name: "assets/1", state: v1.Asset_State.ACTIVE, revision: 1 });
  server.script["watchAsset"] = [[BROKEN], [{ asset, heartbeat: false, resumeToken: "t" }]];
  assert.deepEqual(await client.watchAsset("assets/1").wait(), asset);
});

test("to leave the loop ends the call", async () => {
  const open = new Open();
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), open.wait]];
  for await (const _ of client.watchTask(NAME)) break;
  await open.ended;
});

test("close ends the loop over a watch, and the call", async () => {
  const open = new Open();
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), open.wait]];
  const watch = client.watchTask(NAME);
  assert.equal((await watch.next()).value?.revision, 1n);
  const reading = watch.next();
  watch.close();
  assert.equal((await reading).done, true);
  await assert.rejects(watch.wait(), GatewayError);
  await open.ended;
});

test("a signal ends a watch with its reason", async () => {
  const open = new Open();
  server.script["watchGenerationTask"] = [[snapshot(RUNNING, 1), open.wait]];
  const controller = new AbortController();
  const watch = client.watchTask(NAME, { signal: controller.signal });
  await watch.next();
  const reading = watch.wait();
  controller.abort(new Error("the reader left"));
  await assert.rejects(reading, { message: "the reader left" });
  await open.ended;
  await assert.rejects(client.watchTask(NAME, { signal: controller.signal }).wait(), { message: "the reader left" });
});

test("the end of the client ends a watch, also while it waits for the next try", async () => {
  server.script["watchGenerationTask"] = [[new Failure(status.UNAVAILABLE, "DRAINING", { retryDelayMs: 60_000 })]];
  const waits = new Promise<void>((heard) => {
    client = connect(server.endpoint, { logger: { debug() {}, warn() {}, info: () => heard() } });
  });
  const reading = client.watchTask(NAME).wait();
  await waits;
  client.close();
  await assert.rejects(reading, { message: "the client is closed" });
});

function tasks(
  named: Record<string, number>, more: v1.DeepPartial<v1.WatchGenerationTasksResponse> = {},
): v1.WatchGenerationTasksResponse {
  const generationTasks = Object.entries(named).map(([name, revision]) => ({ name, revision }));
  return v1.WatchGenerationTasksResponse.fromPartial({ generationTasks, ...more });
}

test("a live map holds what the stream says through breaks", async () => {
  const read = new Seen();
  server.script["watchGenerationTasks"] = [
    [tasks({ a: 1, b: 2 }, { synced: true, resumeToken: "t" }), read.whenRead(2, BROKEN)],
    [tasks({ a: 3 }, { removed: ["b"], resumeToken: "u" }), read.whenRead(4, BROKEN)], [new Open().wait]];
  const live = client.watchTasks({ labels: { shot: "12" } });
  const seen = [];
  for await (const { name, task } of live) {
    seen.push([name, task?.revision]);
    read.add();
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, [["a", 1n], ["b", 2n], ["a", 3n], ["b", undefined]]);
  assert.deepEqual([...live.tasks].map(([name, { revision }]) => [name, revision]), [["a", 3n]]);
  const requests = server.of("watchGenerationTasks").slice(0, 2);
  assert.deepEqual(requests.map(({ resumeToken, labels }) => [resumeToken, labels.shot]), [["", "12"], ["t", "12"]]);
});

test("a live map is synced with everything that matches", async () => {
  server.script["watchGenerationTasks"] = [[tasks({ a: 1 }), tasks({ b: 1 }, { synced: true }), new Open().wait]];
  const live = client.watchTasks();
  await live.waitSynced();
  assert.deepEqual([...live.tasks.keys()], ["a", "b"]);
});

test("a slow reader of a map gets the newest change of each task", async () => {
  const messages = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((revision) => tasks({ a: revision }, { synced: revision === 9 }));
  server.script["watchGenerationTasks"] = [[...messages, new Open().wait]];
  const live = client.watchTasks();
  await live.waitSynced();
  assert.equal((await live.next()).value?.task?.revision, 9n);
});

test("the error of a live map reaches its reader", async () => {
  server.script["watchGenerationTasks"] = [[NOT_FOUND]];
  const live = client.watchTasks();
  await assert.rejects(live.waitSynced(), ResourceNotFound);
  await assert.rejects(all(live), ResourceNotFound);
});

test("a live map that is closed ends its call and its iteration", async () => {
  const open = new Open();
  server.script["watchGenerationTasks"] = [[tasks({ a: 1 }, { synced: true }), open.wait]];
  const live = client.watchTasks();
  await live.waitSynced();
  live.close();
  assert.deepEqual(await all(live), []);
  await open.ended;
  const other = client.watchTasks();
  other.close();
  assert.deepEqual(await all(other), []);
});
