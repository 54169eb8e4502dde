// What streams have read, and where they go on: no server, no I/O.

import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DataLoss, Draining, GatewayError, ResumeTokenExpired } from "../src/errors.js";
import { hasEnded, toDate, v1 } from "../src/index.js";
import { Settings } from "../src/options.js";
import { Attempts } from "../src/retry.js";
import { checkFile, DownloadState, TasksState, WatchState } from "../src/streams.js";
import { silent, snapshot, task } from "./scripted.js";

const { RUNNING, SUCCEEDED } = v1.GenerationTask_State;
const broken = new ConnectionFailed("Connection dropped", status.UNAVAILABLE);
const drained = Object.assign(new Draining("away", status.UNAVAILABLE, "DRAINING"), { resumeToken: "trailer" });
const attempts = () => new Attempts("Watch", new Settings({ logger: silent }), { stream: true });
const watch = (token = "") =>
  new WatchState("generationTasks/1", token, (message: v1.WatchGenerationTaskResponse) => message.generationTask);

function stale(fresh = "fresh"): GatewayError {
  const error = new ResumeTokenExpired("stale", status.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED");
  return Object.assign(error, { metadata: { resume_token: fresh } });
}

test("a watch goes on with the token of the last message", () => {
  const state = watch();
  state.take(snapshot(RUNNING, 5));
  assert.deepEqual(state.take({ generationTask: undefined, heartbeat: true, resumeToken: "beat" }), []);
  assert.equal(state.request().resumeToken, "beat");
});

test("no revision is given twice", () => {
  const state = watch();
  assert.deepEqual([5, 5, 6].map((revision) => state.take(snapshot(RUNNING, revision)).length), [1, 0, 1]);
});

test("a watch is done with a terminal state and not with an unknown one", () => {
  const state = watch();
  state.take(snapshot(99 as v1.GenerationTask_State, 5));
  assert.equal(state.done, false);
  assert.throws(() => state.final(), GatewayError);
  state.take(snapshot(SUCCEEDED, 6));
  assert.equal(state.done, true);
  assert.equal(state.final().revision, 6n);
});

test("a stale token begins anew at once and takes smaller revisions", () => {
  const state = watch();
  state.take(snapshot(RUNNING, 500));
  assert.equal(state.ended(stale(), attempts()), undefined);
  assert.equal(state.request().resumeToken, "fresh");
  assert.equal(state.take(snapshot(RUNNING, 3)).length, 1);
});

test("a second fresh token without a message is an error", () => {
  const state = watch();
  state.ended(stale(), attempts());
  assert.ok(state.ended(stale("fresher"), attempts()));
});

test("the token of a trailer is not taken because messages before it may be lost", () => {
  const state = watch();
  state.take(snapshot(RUNNING, 5));
  assert.equal(state.ended(drained, attempts()), drained);
  assert.equal(state.request().resumeToken, "token-5");
});

test("an end in good order is no fruitless try", () => {
  const [state, tries] = [watch(), attempts()];
  for (let count = 0; count < 100; count++) tries.failed(state.ended(drained, tries)!);
});

test("a stream that ends well without a message begins with the current state", () => {
  const state = watch("behind the end");
  assert.ok(state.ended(undefined, attempts()));
  assert.equal(state.request().resumeToken, "");
});

test("an asset ends when its check has", () => {
  assert.equal(hasEnded(v1.Asset.fromPartial({ state: v1.Asset_State.PROCESSING })), false);
  assert.equal(hasEnded(v1.Asset.fromPartial({ state: v1.Asset_State.EXPIRED })), true);
});

/** What a message changes in a map: the new revision of each name. */
function take(
  state: TasksState, revisions: Record<string, number>, more: v1.DeepPartial<v1.WatchGenerationTasksResponse> = {},
): Record<string, bigint | undefined> {
  const generationTasks = Object.entries(revisions).map(([name, revision]) => ({ name, revision }));
  const [changes] = state.take(v1.WatchGenerationTasksResponse.fromPartial({ generationTasks, ...more }));
  return Object.fromEntries(changes!.map((change) => [change.name, change.task?.revision]));
}

test("the map follows changes and removals", () => {
  const state = new TasksState({});
  assert.deepEqual(take(state, { a: 1, b: 2 }, { synced: true }), { a: 1n, b: 2n });
  assert.deepEqual(take(state, { a: 3 }, { removed: ["b", "never seen"] }), { a: 3n, b: undefined });
  assert.deepEqual([...state.tasks.keys()], ["a"]);
});

test("what vanished while a stream began anew is removed when it is synced", () => {
  const state = new TasksState({});
  take(state, { a: 1, b: 2 }, { synced: true, resumeToken: "t" });
  assert.equal(state.ended(stale(), attempts()), undefined);
  assert.deepEqual(take(state, { a: 1 }), {});
  assert.ok(state.tasks.has("b"));
  assert.deepEqual(take(state, { c: 9 }, { synced: true }), { c: 9n, b: undefined });
});

test("a map whose stream broke before its first token starts over", () => {
  const state = new TasksState({});
  take(state, { a: 1 });
  state.ended(broken, attempts());
  assert.deepEqual(take(state, { b: 2 }, { synced: true, resumeToken: "t" }), { b: 2n, a: undefined });
});

test("a map whose stream goes on removes nothing", () => {
  const state = new TasksState({ labels: { shot: "12" } });
  take(state, { a: 1 }, { synced: true, resumeToken: "t" });
  state.ended(broken, attempts());
  assert.deepEqual([state.request().resumeToken, state.request().labels], ["t", { shot: "12" }]);
  assert.deepEqual(take(state, { b: 2 }, { synced: true }), { b: 2n });
  assert.ok(state.tasks.has("a"));
});

function chunk(state: DownloadState, text: string, total = 0): Uint8Array[] {
  return state.take({ data: Buffer.from(text), totalSizeBytes: BigInt(total), contentType: "" });
}

test("a download goes on at the offset reached", () => {
  const state = new DownloadState({});
  chunk(state, "", 10);
  assert.deepEqual(chunk(state, "1234"), [Buffer.from("1234")]);
  assert.equal(state.ended(broken), broken);
  assert.equal(state.request().offset, 4n);
});

test("all bytes are the end whatever the status, too few are none", () => {
  const state = new DownloadState({});
  chunk(state, "1", 10);
  assert.ok(state.ended(undefined));
  chunk(state, "234567890");
  assert.equal(state.ended(broken), undefined);
  assert.equal(state.done, true);
  assert.equal(state.result().sha256, "c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646");
});

test("a file that changed, or has more bytes than announced, is an error", () => {
  const state = new DownloadState({});
  chunk(state, "", 10);
  assert.throws(() => chunk(state, "", 11), DataLoss);
  assert.throws(() => chunk(new DownloadState({}), "12", 1), DataLoss);
});

test("the result is compared with what the gateway knows", () => {
  const file = { sizeBytes: 2, sha256: "ab", contentType: "video/mp4" };
  for (const result of [undefined, {}, { sizeBytes: 2, sha256: "ab" }]) checkFile(file, task({ result }));
  for (const result of [{ sizeBytes: 3 }, { sizeBytes: 2, sha256: "cd" }]) {
    assert.throws(() => checkFile(file, task({ result })), DataLoss);
  }
});

test("int64 and times keep every digit", () => {
  const time = { seconds: 253402300799n, nanos: 999_999_999 };
  const given = task({ revision: 2n ** 63n - 1n, seed: -1, createTime: time, duration: { seconds: 5 } });
  const read = v1.GenerationTask.decode(v1.GenerationTask.encode(given).finish());
  assert.deepEqual([read.revision, read.seed, read.createTime], [9223372036854775807n, -1n, time]);
  assert.equal(toDate(read.createTime)?.toISOString(), "9999-12-31T23:59:59.999Z");
  assert.equal(toDate(read.endTime), undefined);
  const json = v1.GenerationTask.toJSON(task({ ...read, createTime: { seconds: 1, nanos: 5e8 } })) as Record<string, unknown>;
  assert.deepEqual([json["revision"], json["createTime"]], ["9223372036854775807", "1970-01-01T00:00:01.500Z"]);
  assert.equal(v1.GenerationTask.fromJSON(JSON.parse(JSON.stringify(json))).revision, read.revision);
});
