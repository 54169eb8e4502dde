// When a call is tried again, by itself: no server, a clock that stands still.

import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DeadlineExceeded, GatewayError } from "../src/errors.js";
import { Settings, type Options } from "../src/options.js";
import { Attempts, jitter, type Attempting } from "../src/retry.js";
import { silent } from "./scripted.js";

const REFUSED = "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1 (2026-11-30T12:00:00.000Z). Resolution note: ";
let now = 1000;

function attempts(how: Attempting = {}, options: Options = {}): Attempts {
  const settings = new Settings({ endpoint: "gateway:1", logger: silent, ...options });
  return new Attempts("/seedance.gateway.v1.It/Get", settings, { timeoutMs: 1e5, clock: () => now, chance: () => 0.5, ...how });
}

function failure(code: status, retryDelayMs?: number): GatewayError {
  return Object.assign(new GatewayError("it failed", code, "R"), { retryDelayMs });
}

const refused = () => new ConnectionFailed(REFUSED, status.UNAVAILABLE);

/** The error that ends it, after refusals one after another. */
function refuseUntilThrown(tries: Attempts): unknown {
  try {
    for (;;) {
      const delay = tries.failed(refused());
      assert.ok(delay <= 2000);
      now += delay;
    }
  } catch (error) {
    return error;
  }
}

test("the delay is that of RetryInfo plus full jitter that doubles", () => {
  const tries = attempts();
  const delays = [1, 2, 3, 4].map(() => tries.failed(failure(status.UNAVAILABLE, 3000)));
  assert.deepEqual(delays, [3100, 3200, 3400, 3800]);
});

test("the jitter is between zero and the longest wait", () => {
  const { retry } = new Settings({});
  assert.equal(jitter(retry, 0, 0), 0);
  assert.equal(jitter(retry, 1000, 1), 20_000);
});

test("a call ends with its last error after five tries, a stream that moved after twenty", () => {
  for (const [tries, limit] of [[attempts(), 5], [attempts({ stream: true, timeoutMs: Infinity }), 20]] as const) {
    if (limit === 20) tries.progressed();
    for (let count = 1; count < limit; count++) tries.failed(failure(status.UNAVAILABLE));
    const last = failure(status.UNAVAILABLE);
    assert.throws(() => tries.failed(last), (error) => error === last);
  }
});

test("what needs a retry delay is not repeated without one", () => {
  for (const code of [status.RESOURCE_EXHAUSTED, status.ABORTED]) {
    assert.ok(attempts().failed(failure(code, 2000)) > 2000);
    assert.throws(() => attempts().failed(failure(code)), GatewayError);
  }
});

test("errors of the request are not repeated", () => {
  for (const code of [
    status.INVALID_ARGUMENT, status.NOT_FOUND, status.FAILED_PRECONDITION, status.ALREADY_EXISTS, status.UNKNOWN,
    status.INTERNAL, status.UNAUTHENTICATED, status.UNIMPLEMENTED, status.OUT_OF_RANGE,
  ]) assert.throws(() => attempts().failed(failure(code)), GatewayError, status[code]);
});

test("what broke off on the way is repeated", () => {
  assert.equal(attempts().failed(new ConnectionFailed("Connection dropped", status.UNAVAILABLE)), 100);
});

test("a wait that would pass the deadline is not begun", () => {
  assert.throws(() => attempts({ timeoutMs: 5000 }).failed(failure(status.UNAVAILABLE, 5000)), GatewayError);
});

test("the time of a watch ends with DeadlineExceeded", () => {
  const tries = attempts({ timeoutMs: 5000, stream: true });
  now += 5000;
  assert.throws(() => tries.failed(failure(status.UNAVAILABLE)), DeadlineExceeded);
});

test("a call that must not be repeated is when it was never sent", () => {
  const tries = attempts({ repeat: false });
  assert.equal(tries.failed(refused()), 100);
  assert.throws(() => tries.failed(new ConnectionFailed("Connection dropped", status.UNAVAILABLE)), ConnectionFailed);
});

test("a call waits for a connection as long as it may, a watch that has begun longer", () => {
  for (const [stream, seconds] of [[false, 20], [true, 600]] as const) {
    const begin = now;
    const tries = attempts({ timeoutMs: Infinity, stream });
    if (stream) tries.progressed();
    const error = refuseUntilThrown(tries) as ConnectionFailed;
    assert.ok(Math.abs(now - begin - seconds * 1000) < 1e-6);
    assert.equal(error.message, `cannot connect to gateway:1: connection refused (waited ${seconds} s)`);
  }
});

test("without a wait for connections a call fails at once", () => {
  const tries = attempts({}, { timeouts: { connectMs: 0 } });
  assert.throws(() => tries.failed(refused()), { message: "cannot connect to gateway:1: connection refused" });
});

test("a failure to connect says its cause", () => {
  const tries = attempts({}, { timeouts: { connectMs: 0 } });
  const error = new ConnectionFailed("No connection established. Last error: Error: self-signed certificate. Resolution note: ");
  assert.throws(() => tries.failed(error), { message: "cannot connect to gateway:1: self-signed certificate" });
});

test("one warning tells of a gateway that is away", () => {
  const levels: string[] = [];
  const logger = { debug: () => levels.push("debug"), info: () => levels.push("info"), warn: () => levels.push("warn") };
  for (let count = 0; count < 100; count++) attempts({}, { endpoint: "away:1", logger }).failed(refused());
  assert.deepEqual([levels[0], levels.filter((level) => level === "warn").length], ["warn", 1]);
});

test("ten seconds of refusals are at most twenty calls", () => {
  let seed = 1;
  const chance = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 2000; round++) {
    const tries = attempts({ timeoutMs: Infinity, stream: true, chance });
    tries.progressed();
    let calls = 0;
    for (const begin = now; now < begin + 10_000; calls++) now += tries.failed(failure(status.UNAVAILABLE));
    assert.ok(calls <= 20, `round ${round}: ${calls} calls`);
  }
});
