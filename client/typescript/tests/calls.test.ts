// The rules of calls, against a real server in the process.

import assert from "node:assert/strict";
import { constants, createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { beforeEach, test } from "node:test";
import { context, propagation } from "@opentelemetry/api";
import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DeadlineExceeded, GatewayError, InvalidInput, OutcomeUnknown } from "../src/errors.js";
import { v1, type Client } from "../src/index.js";
import { all, AT_ONCE, connect, Failure, Open, Server, silent, STORE_UNAVAILABLE, task } from "./scripted.js";

const NAME = "generationTasks/1";
let server: Server;
let client: Client;

beforeEach(async () => {
  server = await Server.start();
  client = connect(server.endpoint);
});

const ids = (method: string) => server.of(method).map(({ requestId }) => requestId);

test("a create keeps its new request_id over retries, and two creates have two", async () => {
  server.script["createGenerationTask"] = [STORE_UNAVAILABLE, STORE_UNAVAILABLE, task()];
  assert.equal((await client.createTask({ prompt: "a cat" })).name, NAME);
  await client.createTask({ prompt: "a cat" });
  const [first, ...others] = ids("createGenerationTask");
  assert.match(first, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual(others.map((id) => id === first), [true, true, false]);
});

test("a request_id of the caller is kept, and so are the other fields", async () => {
  server.script["createGenerationTask"] = [task()];
  await client.createTask({ prompt: "a cat", duration: { seconds: 5 } }, { requestId: "one", waitForAssets: true });
  const [{ requestId, waitForAssets, generationTask }] = server.of("createGenerationTask");
  assert.deepEqual([requestId, waitForAssets, generationTask.duration.seconds], ["one", true, 5n]);
});

test("each create of a batch has a request_id of its own", async () => {
  const given = [{ asset: {} }, { requestId: "x" }];
  await client.batchCreateAssets(given);
  const [first, second] = server.of("batchCreateAssets")[0].requests;
  assert.deepEqual([first.requestId.length, second.requestId, given[0]], [36, "x", { asset: {} }]);
});

test("upstreams and models are listed, and tasks counted", async () => {
  server.script["listUpstreams"] = [v1.ListUpstreamsResponse.fromPartial({ upstreams: [{ upstream: "anyfast" }] })];
  server.script["listModels"] = [
    v1.ListModelsResponse.fromPartial({ models: [{ model: "seedance", maxDurationSeconds: 15 }] })];
  server.script["countGenerationTasks"] = [
    v1.CountGenerationTasksResponse.fromPartial({ counts: [{ state: v1.GenerationTask_State.RUNNING, tasks: 7n }] })];
  assert.deepEqual((await client.listUpstreams()).map(({ upstream }) => upstream), ["anyfast"]);
  assert.equal((await client.listModels("anyfast")).models[0]?.maxDurationSeconds, 15);
  assert.equal((await client.countTasks("", { labels: { shot: "12" } })).counts[0]?.tasks, 7n);
  assert.equal(server.of("listModels")[0].upstream, "anyfast");
  assert.deepEqual(server.of("countGenerationTasks")[0].labels, { shot: "12" });
});

test("a reconciliation without the id of a creation gets none", async () => {
  server.script["reconcileCreation"] = [v1.ReconcileCreationResponse.fromPartial({})];
  await client.reconcileCreation(v1.Creation_Kind.ASSET);
  assert.equal(server.of("reconcileCreation")[0].requestId, "");
});

test("a reconciliation is not repeated", async () => {
  server.script["reconcileCreation"] = [STORE_UNAVAILABLE, {}];
  const given = client.reconcileCreation(v1.Creation_Kind.ASSET, { requestId: "it", notAccepted: true });
  await assert.rejects(given, { reason: "STORE_UNAVAILABLE" });
  assert.deepEqual(server.of("reconcileCreation").map(({ kind, requestId }) => [kind, requestId]), [[2, "it"]]);
});

test("a delete is repeated only with allowMissing", async () => {
  server.script["deleteAsset"] = [STORE_UNAVAILABLE];
  await assert.rejects(client.deleteAsset("assets/1"), { reason: "STORE_UNAVAILABLE" });
  assert.equal(server.requests.length, 1);
  await assert.rejects(client.deleteAsset("assets/1", { allowMissing: true }), { reason: "STORE_UNAVAILABLE" });
  assert.equal(server.requests.length, 6);
});

test("bad input is told and not repeated", async () => {
  server.script["createGenerationTask"] = [new Failure(status.INVALID_ARGUMENT, "INVALID_INPUT")];
  await assert.rejects(client.createTask({}, { requestId: "mine" }), (error) =>
    error instanceof InvalidInput && error.requestId === "mine" && error.code === status.INVALID_ARGUMENT);
  assert.equal(server.requests.length, 1);
});

test("an unknown outcome has the request_id that is to be repeated", async () => {
  server.script["createAssetGroup"] = [new Failure(status.UNKNOWN, "OUTCOME_UNKNOWN")];
  await assert.rejects(client.createGroup({ displayName: "x" }), (error) =>
    error instanceof OutcomeUnknown && error.requestId === ids("createAssetGroup")[0]);
});

test("an error has the stack of its caller", async () => {
  server.script["getGenerationTask"] = [new Failure(status.NOT_FOUND, "RESOURCE_NOT_FOUND")];
  async function theCaller() {
    return await client.getTask(NAME);
  }
  await assert.rejects(theCaller(), (error) => error instanceof GatewayError && /theCaller/.test(error.stack ?? ""));
});

test("a list gives the items of all pages", async () => {
  server.script["listGenerationTasks"] = [
    { generationTasks: [task({ name: "1" }), task({ name: "2" })], nextPageToken: "more" }, STORE_UNAVAILABLE,
    { generationTasks: [], nextPageToken: "still more" }, { generationTasks: [task({ name: "3" })], nextPageToken: "" }];
  assert.deepEqual((await all(client.listTasks({ pageSize: 2 }))).map(({ name }) => name), ["1", "2", "3"]);
  assert.deepEqual(server.of("listGenerationTasks").map(({ pageToken, pageSize }) => [pageToken, pageSize]),
    [["", 2], ["more", 2], ["more", 2], ["still more", 2]]);
});

test("each try asks for the token", async () => {
  server.script["getGenerationTask"] = [STORE_UNAVAILABLE, task()];
  const given = ["second", "first"];
  await connect(server.endpoint, { token: async () => given.pop()! }).getTask(NAME);
  assert.deepEqual(server.sent("authorization"), ["Bearer first", "Bearer second"]);
});

test("the user agent has the version", async () => {
  await connect(server.endpoint, { userAgent: "shop/2" }).deleteAsset("assets/1");
  assert.match(String(server.sent("user-agent")[0]), /^shop\/2 seedance-gateway-typescript\/\d+\.\d+\.\d+ /);
});

test("the context of OpenTelemetry is passed on", async () => {
  propagation.setGlobalPropagator({
    inject: (_, carrier, setter) => setter.set(carrier, "traceparent", "00-4bf9-00f0-01"), extract: () => context.active(),
    fields: () => [],
  });
  await client.deleteAsset("assets/1");
  propagation.disable();
  assert.deepEqual(server.sent("traceparent"), ["00-4bf9-00f0-01"]);
});

test("the time limit is for all tries", async () => {
  server.script["getGenerationTask"] = [new Failure(status.UNAVAILABLE, "DRAINING", { retryDelayMs: 60_000 })];
  const begin = performance.now();
  await assert.rejects(client.getTask(NAME, { timeoutMs: 30_000 }), { reason: "DRAINING" });
  assert.ok(performance.now() - begin < 30_000);
});

test("a call that takes too long ends", async () => {
  server.script["getGenerationTask"] = [new Open().wait];
  await assert.rejects(client.getTask(NAME, { timeoutMs: 50 }), DeadlineExceeded);
});

test("a signal ends a call with its reason", async () => {
  const open = new Open();
  const controller = new AbortController();
  server.script["getGenerationTask"] = [async (served) => {
    controller.abort(new Error("enough"));
    await open.wait(served);
  }];
  await assert.rejects(client.getTask(NAME, { signal: controller.signal }), { message: "enough" });
  await open.ended;
  await assert.rejects(client.getTask(NAME, { signal: controller.signal }), { message: "enough" });
  assert.equal(server.requests.length, 1);
});

test("neither token nor prompt is logged", async () => {
  const refused = new Failure(status.INVALID_ARGUMENT, "INVALID_INPUT", { details: "bad private-prompt" });
  server.script["createGenerationTask"] = [STORE_UNAVAILABLE, refused];
  const said: string[] = [];
  const log = (message: string) => said.push(message);
  const logging = connect(server.endpoint, { token: "private-token", logger: { debug: log, info: log, warn: log } });
  await assert.rejects(logging.createTask({ prompt: "private-prompt" }), InvalidInput);
  assert.match(said.join(), /CreateGenerationTask: STORE_UNAVAILABLE; again in/);
  assert.doesNotMatch(said.join(), /private/);
});

test("every RPC of the protos has a method", async () => {
  const words = { AssetGroups: "Groups", AssetGroup: "Group", GenerationTasks: "Tasks", GenerationTask: "Task" };
  for (const service of [
    v1.AssetGroupServiceService, v1.AssetServiceService, v1.GenerationTaskServiceService, v1.CreationServiceService,
  ]) {
    for (const rpc of Object.keys(service)) {
      let name = Object.entries(words).reduce((text, [long, short]) => text.replace(new RegExp(`${long}$`), short), rpc);
      if (rpc === "downloadGenerationResult") name = "download";
      assert.equal(typeof client[name as keyof Client], "function", name);
    }
  }
});

/** A TCP server of the test, its port, and its connections. */
async function tcp(port = 0): Promise<{ server: TcpServer; port: number; sockets: Socket[]; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on("error", () => {})));
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const close = () => new Promise<void>((done) => {
    server.close(() => done());
    for (const socket of sockets) socket.destroy();
  });
  return { server, port: (server.address() as AddressInfo).port, sockets, close };
}

/** An endpoint that refuses connections. */
async function nobody(): Promise<string> {
  const { port, close } = await tcp();
  await close();
  return `127.0.0.1:${port}`;
}

test("connection refused is said plainly", async () => {
  const away = connect(await nobody(), { timeouts: { connectMs: 0 } });
  await assert.rejects(away.getTask(NAME), (error) => error instanceof ConnectionFailed
    && /^cannot connect to 127\.0\.0\.1:\d+: connection refused$/.test(error.message));
});

test("a wait for a connection is bounded", async () => {
  const away = connect(await nobody(), { timeouts: { connectMs: 300 } });
  const begin = performance.now();
  await assert.rejects(away.getTask(NAME), /connection refused/);
  assert.ok(performance.now() - begin >= 300);
});

test("a gateway that takes connections and never answers is given up, and a new connection is made", async () => {
  const mute = await tcp();
  const waiting = connect(`127.0.0.1:${mute.port}`, { timeouts: { connectMs: 300 } });
  await assert.rejects(Promise.all([waiting.getTask(NAME), waiting.watchTask(NAME).wait()]), /no answer/);
  const asked = waiting.getTask(NAME, { timeoutMs: 30_000 });
  await assert.rejects(asked, /cannot connect to 127\.0\.0\.1:\d+: no answer/);
  assert.ok(mute.sockets.length >= 2);
  await mute.close();
});

test("a connection that the gateway ends for too many pings counts as broken", async () => {
  const sessions: ServerHttp2Session[] = [];
  const calm = createHttp2Server().on("session", (session) => sessions.push(session));
  calm.on("stream", (stream) => stream.session!.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings")));
  await new Promise<void>((done) => calm.listen(0, "127.0.0.1", done));
  const pinging = connect(`127.0.0.1:${(calm.address() as AddressInfo).port}`, { retry: { ...AT_ONCE, attempts: 3 } });
  await assert.rejects(pinging.getTask(NAME), ConnectionFailed);
  assert.equal(sessions.length, 3);
  for (const session of sessions) session.destroy();
  await new Promise<unknown>((done) => calm.close(done));
});

test("a call waits for a gateway that comes", async () => {
  const endpoint = await nobody();
  const [, port] = endpoint.split(":");
  const warnings: string[] = [];
  let coming: Promise<Server> | undefined;
  const early = connect(endpoint, { logger: { ...silent, warn: (message) => {
    warnings.push(message);
    coming ??= Server.start(undefined, Number(port)).then((late) => Object.assign(late, { script: { getGenerationTask: [task()] } }));
  } } });
  assert.equal((await early.getTask(NAME)).name, NAME);
  await coming;
  assert.match(warnings[0] ?? "", /^GenerationTaskService\/GetGenerationTask: .*connection refused; it waits for the gateway$/);
});

test("a client that is closed makes no further call", async () => {
  server.script["getGenerationTask"] = [task()];
  await client.getTask(NAME);
  client.close();
  await assert.rejects(client.getTask(NAME), { message: "the client is closed" });
  await assert.rejects(all(client.listTasks()), { message: "the client is closed" });
  await assert.rejects(client.watchTask(NAME).wait(), { message: "the client is closed" });
});
