// TLS and mTLS, with certificates that openssl makes.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ServerCredentials } from "@grpc/grpc-js";
import { ConnectionFailed } from "../src/errors.js";
import type { Tls } from "../src/index.js";
import { connect, Server, task } from "./scripted.js";

const skip = spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl";
const folder = mkdtempSync(join(tmpdir(), "tls-"));
const read = (name: string) => readFileSync(join(folder, name));

before(() => {
  if (skip) return;
  for (const name of ["server", "client"]) {
    execFileSync("openssl", [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
      `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost", "-keyout", join(folder, `${name}.key`), "-out",
      join(folder, `${name}.pem`)], { stdio: "ignore" });
  }
});
after(() => rmSync(folder, { recursive: true }));

async function serve(authorities: Buffer | null = null): Promise<Server> {
  const pair = { private_key: read("server.key"), cert_chain: read("server.pem") };
  const server = await Server.start(ServerCredentials.createSsl(authorities, [pair], authorities !== null));
  server.script["getGenerationTask"] = [task({ name: "it" })];
  return server;
}

async function get(server: Server, tls: Tls): Promise<string> {
  const client = connect(`localhost:${server.port}`, { tls, token: "secret", timeouts: { connectMs: 0 } });
  return (await client.getTask("generationTasks/1")).name;
}

test("the gateway is checked against the authorities", { skip }, async () => {
  const server = await serve();
  assert.equal(await get(server, { ca: read("server.pem") }), "it");
  assert.deepEqual(server.sent("authorization"), ["Bearer secret"]);
  await assert.rejects(get(server, { ca: read("client.pem") }), (error) =>
    error instanceof ConnectionFailed && /cannot connect to localhost:\d+: self-signed certificate/.test(error.message));
});

test("a client certificate is presented", { skip }, async () => {
  const server = await serve(read("client.pem"));
  const [ca, cert, key] = [read("server.pem"), read("client.pem"), read("client.key").toString()];
  assert.equal(await get(server, { ca, cert, key }), "it");
  await assert.rejects(get(server, { ca }), ConnectionFailed);
});
