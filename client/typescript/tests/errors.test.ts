// Errors: one class for each reason, every detail, and nothing secret.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import * as errors from "../src/errors.js";
import { Duration } from "../src/generated/google/protobuf/duration.js";
import { BadRequest, ErrorInfo, QuotaFailure, ResourceInfo, RetryInfo } from "../src/generated/google/rpc/error_details.js";
import { Status } from "../src/generated/google/rpc/status.js";
import { Client, v1 } from "../src/index.js";
import { any, task } from "./scripted.js";

const State = v1.GenerationTask_State;
const REASONS = Object.keys(v1.ErrorReason).filter((name) => !/^-?\d|^UNSPECIFIED$|^UNRECOGNIZED$/.test(name));

function of(code: status, ...details: { typeUrl: string; value: Uint8Array }[]): errors.GatewayError {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(Status.encode({ code, message: "", details }).finish()));
  metadata.set("resume-token", "here");
  return errors.fromServiceError(Object.assign(new Error(), { code, details: "x", metadata }) as ServiceError, "4b1e");
}

function info(fields: v1.DeepPartial<ErrorInfo>) {
  return any("ErrorInfo", ErrorInfo.encode(ErrorInfo.fromPartial(fields)));
}

test("every reason has a class with its name", () => {
  assert.ok(REASONS.length > 30);
  for (const reason of REASONS) {
    const { name, constructor } = of(status.UNKNOWN, info({ reason }));
    assert.deepEqual([name.toUpperCase(), constructor.name], [reason.replaceAll("_", ""), name]);
  }
});

test("an unknown reason is kept", () => {
  for (const reason of ["NEW_ONE", "toString"]) {
    const { name, reason: kept } = of(status.ABORTED, info({ reason }));
    assert.deepEqual([name, kept], ["GatewayError", reason]);
  }
});

test("every detail is read", () => {
  const found = of(
    status.RESOURCE_EXHAUSTED, info({ reason: "RATE_LIMITED", metadata: { advice: "wait", upstream_code: "429" } }),
    any("RetryInfo", RetryInfo.encode({ retryDelay: Duration.fromPartial({ seconds: 1, nanos: 5e8 }) })),
    any("QuotaFailure", QuotaFailure.encode({ violations: [{ subject: "upstream:anyfast", description: "50 assets" }] })),
    any("BadRequest", BadRequest.encode({ fieldViolations: [{ field: "asset.display_name", description: "is empty" }] })),
    any("ResourceInfo", ResourceInfo.encode(ResourceInfo.fromPartial({ resourceType: "T", resourceName: "assets/1" }))));
  assert.ok(found instanceof errors.RateLimited);
  const { retryDelayMs, quotaSubject, quotaDescription, violations, resourceType, resourceName, advice, resumeToken } = found;
  assert.deepEqual(
    { retryDelayMs, quotaSubject, quotaDescription, violations, resourceType, resourceName, advice, resumeToken },
    { retryDelayMs: 1500, quotaSubject: "upstream:anyfast", quotaDescription: "50 assets",
      violations: [{ field: "asset.display_name", description: "is empty" }], resourceType: "T", resourceName: "assets/1",
      advice: "wait", resumeToken: "here" });
  assert.equal(found.metadata["upstream_code"], "429");
  assert.equal(String(found), "RATE_LIMITED: x\n  asset.display_name: is empty\n  wait\n  request_id: 4b1e");
});

test("bytes that are no status count as no details", () => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from([255, 255]));
  const broken = Object.assign(new Error(), { code: status.UNAVAILABLE, details: "x", metadata }) as ServiceError;
  const found = errors.fromServiceError(broken);
  assert.deepEqual([found.name, found.reason], ["ConnectionFailed", ""]);
  const part = of(status.UNAVAILABLE, { typeUrl: "type.googleapis.com/google.rpc.ErrorInfo", value: Uint8Array.of(255) });
  assert.equal(part.name, "ConnectionFailed");
});

test("a status without a reason was made on the way", () => {
  assert.ok(of(status.INTERNAL) instanceof errors.ConnectionFailed);
  assert.ok(of(status.DEADLINE_EXCEEDED) instanceof errors.DeadlineExceeded);
  assert.equal(of(status.PERMISSION_DENIED).name, "GatewayError");
});

test("an unknown outcome says what to do with which request_id", () => {
  const found = String(of(status.UNKNOWN, info({ reason: "OUTCOME_UNKNOWN" })));
  assert.match(found, /request_id: 4b1e\n {2}Repeat the call with this request_id/);
});

test("classes differ for TypeScript too", () => {
  const error = of(status.ABORTED, info({ reason: "INTERNAL" }));
  if (error instanceof errors.InvalidInput) assert.fail();
  else assert.equal(error.reason, "INTERNAL"); // Does not compile when InvalidInput is the same type as GatewayError.
});

test("a client shows no token", () => {
  const client = new Client({ token: "secret" });
  assert.doesNotMatch(inspect(client, { depth: 9, showHidden: true }), /secret/);
  client.close();
});

test("certificate and key go together", () => {
  assert.throws(() => new Client({ tls: { cert: "x" } }), TypeError);
});

test("a failed task throws its reason with advice", () => {
  const failed = task({ state: State.FAILED, error: {
    reason: v1.ErrorReason.OUTPUT_MODERATION, message: "blocked", advice: "change it", upstreamCode: "X" } });
  assert.throws(() => errors.raiseForError(failed), (error) => error instanceof errors.Moderated
    && error.name === "OutputModeration" && error.advice === "change it" && error.code === undefined
    && error.metadata["upstream_code"] === "X" && error.resourceName === "generationTasks/1");
});

test("a task that has not failed is returned, in doubt or not", () => {
  for (const state of [State.SUCCEEDED, State.RUNNING]) {
    const given = task({ state });
    assert.equal(errors.raiseForError(given), given);
  }
  const doubt = task({ state: State.SUBMIT_UNKNOWN, error: { reason: v1.ErrorReason.OUTCOME_UNKNOWN } });
  assert.equal(errors.raiseForError(doubt), doubt);
});

test("what was cancelled, expired, or failed for an unknown reason throws", () => {
  assert.throws(() => errors.raiseForError(task({ state: State.CANCELLED })), errors.Cancelled);
  const asset = v1.Asset.fromPartial({ state: v1.Asset_State.EXPIRED });
  assert.throws(() => errors.raiseForError(asset), errors.ResourceNotFound);
  const failed = v1.Asset.fromPartial({ state: v1.Asset_State.FAILED, error: { reason: 9999 as v1.ErrorReason } });
  assert.throws(() => errors.raiseForError(failed), { name: "GatewayError", reason: "" });
});
