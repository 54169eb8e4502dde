/**
 * What a call, a task or an asset can fail with: one class for each reason of seedance.gateway.v1.ErrorReason. A reason
 * that this release does not know, and a status without a reason, is a plain GatewayError.
 */

import { status, type ServiceError } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, QuotaFailure, ResourceInfo, RetryInfo } from "./generated/google/rpc/error_details.js";
import { Status } from "./generated/google/rpc/status.js";
import { milliseconds } from "./time.js";
import { Asset_State, ErrorReason, GenerationTask_State, type Asset, type GenerationTask } from "./v1.js";

/** A rule that a field of the request breaks. */
export interface FieldViolation {
  /** Path in the request, for example `generation_task.references[2].role`. */
  readonly field: string;
  /** The rule, with the value and the limit. */
  readonly description: string;
}

/** Base of all errors of this package. Decide by the class or by `reason`, never by a text. */
export class GatewayError extends Error {
  override readonly name: string = "GatewayError";
  /** What to do, in a sentence or two for people. */
  advice = "";
  /** Every broken rule of the request. */
  violations: readonly FieldViolation[] = [];
  /** Milliseconds; not before they have passed. */
  retryDelayMs: number | undefined;
  /** For example `seedance.gateway.v1.Asset`. */
  resourceType = "";
  /** For example `assets/anyfast~asset-1`; of a failed create, what stays readable. */
  resourceName = "";
  /** What the limit belongs to, for example `upstream:anyfast`. */
  quotaSubject = "";
  /** What the limit is. */
  quotaDescription = "";
  /** The vendor's `upstream_code`, `upstream_message`, and others. */
  metadata: Readonly<Record<string, string>> = {};
  /** Of the call: another call with it never pays twice. */
  requestId = "";
  /** Of the trailer: the gateway ended the stream in good order. */
  resumeToken = "";

  /**
   * `code`: status of the call; undefined: the error of a task or an asset. `reason`: name of an ErrorReason without
   * prefix; empty: not made by the gateway.
   */
  constructor(message: string, readonly code?: status, readonly reason: string = "") {
    super(message);
  }

  /** Whether the request surely never left this machine. */
  get neverSent(): boolean {
    return false;
  }

  /** Everything that people need, in several lines. */
  override toString(): string {
    const name = this.reason || (this.code === undefined ? "" : status[this.code]);
    const lines = this.violations.map(({ field, description }) => `${field}: ${description}`);
    if (this.advice) lines.push(this.advice);
    if (this.requestId) lines.push(`request_id: ${this.requestId}`);
    return [name ? `${name}: ${this.message}` : this.message, ...lines].join("\n  ");
  }
}

/** No connection, or it broke off: nobody said what became of the call. Its `requestId` is safe to repeat. */
export class ConnectionFailed extends GatewayError {
  override readonly name = "ConnectionFailed";

  override get neverSent(): boolean {
    return /^(cannot connect|No connection established|(Name|Address) resolution failed)/.test(this.message);
  }
}

/** The bytes of a download are not those of the file: their number or their SHA-256 differs. */
export class DataLoss extends GatewayError { override readonly name = "DataLoss"; }

/** The vendor's moderation refused something: change prompt or references. */
export class Moderated extends GatewayError { override readonly name: string = "Moderated"; }

/**
 * The vendor may have taken, and billed, the creation; its answer was lost.
 *
 * Call again with `requestId` of this error: that never sends a second request, and answers once the gateway has found
 * what the vendor made. A new id may pay twice. `listCreationsInDoubt` and `reconcileCreation` settle what stays in
 * doubt.
 */
export class OutcomeUnknown extends GatewayError {
  override readonly name = "OutcomeUnknown";

  override toString(): string {
    return `${super.toString()}\n  Repeat the call with this request_id: it never pays twice; a new one may.`;
  }
}

// Named as the reasons; error_reason.proto says what each means, with which status it comes, and what to do. The names
// are properties, so that classes differ for TypeScript, and keep their names when a bundler shortens them.
export class InvalidInput extends GatewayError { override readonly name = "InvalidInput"; }
export class UpstreamInvalidInput extends GatewayError { override readonly name = "UpstreamInvalidInput"; }
export class InputModeration extends Moderated { override readonly name = "InputModeration"; }
export class OutputModeration extends Moderated { override readonly name = "OutputModeration"; }
export class Unauthenticated extends GatewayError { override readonly name = "Unauthenticated"; }
export class UpstreamAuthFailed extends GatewayError { override readonly name = "UpstreamAuthFailed"; }
export class CreditsExhausted extends GatewayError { override readonly name = "CreditsExhausted"; }
export class QuotaExceeded extends GatewayError { override readonly name = "QuotaExceeded"; }
export class RateLimited extends GatewayError { override readonly name = "RateLimited"; }
export class ResourceNotFound extends GatewayError { override readonly name = "ResourceNotFound"; }
export class RequestIdReused extends GatewayError { override readonly name = "RequestIdReused"; }
export class DisplayNameTaken extends GatewayError { override readonly name = "DisplayNameTaken"; }
export class AssetNotReady extends GatewayError { override readonly name = "AssetNotReady"; }
export class GroupNotEmpty extends GatewayError { override readonly name = "GroupNotEmpty"; }
export class CancelUnsupported extends GatewayError { override readonly name = "CancelUnsupported"; }
export class TaskAlreadyEnded extends GatewayError { override readonly name = "TaskAlreadyEnded"; }
export class TaskNotSucceeded extends GatewayError { override readonly name = "TaskNotSucceeded"; }
export class ResultExpired extends GatewayError { override readonly name = "ResultExpired"; }
export class SharedCredentials extends GatewayError { override readonly name = "SharedCredentials"; }
export class UpstreamUnavailable extends GatewayError { override readonly name = "UpstreamUnavailable"; }
export class UpstreamProtocol extends GatewayError { override readonly name = "UpstreamProtocol"; }
export class UpstreamLost extends GatewayError { override readonly name = "UpstreamLost"; }
export class DeadlineExceeded extends GatewayError { override readonly name = "DeadlineExceeded"; }
export class UpstreamFailed extends GatewayError { override readonly name = "UpstreamFailed"; }
export class ResumeTokenExpired extends GatewayError { override readonly name = "ResumeTokenExpired"; }
export class SizeOutOfRange extends GatewayError { override readonly name = "SizeOutOfRange"; }
export class Draining extends GatewayError { override readonly name = "Draining"; }
export class StoreUnavailable extends GatewayError { override readonly name = "StoreUnavailable"; }
export class UnsupportedByUpstream extends GatewayError { override readonly name = "UnsupportedByUpstream"; }
export class Cancelled extends GatewayError { override readonly name = "Cancelled"; }
export class Internal extends GatewayError { override readonly name = "Internal"; }
export class AssetLibraryFull extends GatewayError { override readonly name = "AssetLibraryFull"; }
export class TaskNotEnded extends GatewayError { override readonly name = "TaskNotEnded"; }
export class TaskNotInDoubt extends GatewayError { override readonly name = "TaskNotInDoubt"; }
export class TransferTooSlow extends GatewayError { override readonly name = "TransferTooSlow"; }
export class ResultMissing extends GatewayError { override readonly name = "ResultMissing"; }
export class CreationNotInDoubt extends GatewayError { override readonly name = "CreationNotInDoubt"; }

type ErrorClass = new (message: string, code?: status, reason?: string) => GatewayError;

// A reason of the protos that is missing here does not compile.
const BY_REASON: Record<Exclude<keyof typeof ErrorReason, "UNSPECIFIED" | "UNRECOGNIZED">, ErrorClass> = {
  INVALID_INPUT: InvalidInput, UPSTREAM_INVALID_INPUT: UpstreamInvalidInput, INPUT_MODERATION: InputModeration,
  OUTPUT_MODERATION: OutputModeration, UNAUTHENTICATED: Unauthenticated, UPSTREAM_AUTH_FAILED: UpstreamAuthFailed,
  CREDITS_EXHAUSTED: CreditsExhausted, QUOTA_EXCEEDED: QuotaExceeded, RATE_LIMITED: RateLimited,
  RESOURCE_NOT_FOUND: ResourceNotFound, REQUEST_ID_REUSED: RequestIdReused, DISPLAY_NAME_TAKEN: DisplayNameTaken,
  ASSET_NOT_READY: AssetNotReady, GROUP_NOT_EMPTY: GroupNotEmpty, CANCEL_UNSUPPORTED: CancelUnsupported,
  TASK_ALREADY_ENDED: TaskAlreadyEnded, TASK_NOT_SUCCEEDED: TaskNotSucceeded, RESULT_EXPIRED: ResultExpired,
  SHARED_CREDENTIALS: SharedCredentials, OUTCOME_UNKNOWN: OutcomeUnknown, UPSTREAM_UNAVAILABLE: UpstreamUnavailable,
  UPSTREAM_PROTOCOL: UpstreamProtocol, UPSTREAM_LOST: UpstreamLost, DEADLINE_EXCEEDED: DeadlineExceeded,
  UPSTREAM_FAILED: UpstreamFailed, RESUME_TOKEN_EXPIRED: ResumeTokenExpired, SIZE_OUT_OF_RANGE: SizeOutOfRange,
  DRAINING: Draining, STORE_UNAVAILABLE: StoreUnavailable, UNSUPPORTED_BY_UPSTREAM: UnsupportedByUpstream,
  CANCELLED: Cancelled, INTERNAL: Internal, ASSET_LIBRARY_FULL: AssetLibraryFull, TASK_NOT_ENDED: TaskNotEnded,
  TASK_NOT_IN_DOUBT: TaskNotInDoubt, TRANSFER_TOO_SLOW: TransferTooSlow, RESULT_MISSING: ResultMissing,
  CREATION_NOT_IN_DOUBT: CreationNotInDoubt,
};

// Without a reason. The gateway's own INTERNAL and UNKNOWN carry one: these are of the connection, or of a proxy.
const BY_CODE = new Map<status, ErrorClass>([
  [status.UNAVAILABLE, ConnectionFailed], [status.INTERNAL, ConnectionFailed], [status.UNKNOWN, ConnectionFailed],
  [status.DEADLINE_EXCEEDED, DeadlineExceeded], [status.CANCELLED, Cancelled],
  [status.UNAUTHENTICATED, Unauthenticated],
]);

function classOf(reason: string): ErrorClass {
  return Object.hasOwn(BY_REASON, reason) ? BY_REASON[reason as keyof typeof BY_REASON] : GatewayError;
}

/** The details of a status by their names. Bytes that are no google.rpc.Status count as none. */
function details(error: ServiceError): Map<string, Uint8Array> {
  try {
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    const { details } = Status.decode(bytes as Buffer);
    return new Map(details.map(({ typeUrl, value }) => [typeUrl.replace(/.*[/.]/, ""), value]));
  } catch {
    return new Map();
  }
}

/** The typed error of an error of gRPC. */
export function fromServiceError(error: ServiceError, requestId = ""): GatewayError {
  const found = details(error);
  const part = <T>(name: string, type: { decode(bytes: Uint8Array): T }): T | undefined => {
    const bytes = found.get(name);
    try {
      return bytes && type.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const info = part("ErrorInfo", ErrorInfo);
  // What gRPC makes of a connection that the peer ends for too many pings.
  const pings = error.code === status.RESOURCE_EXHAUSTED && error.details.startsWith("Bandwidth exhausted");
  const broken = pings ? ConnectionFailed : BY_CODE.get(error.code) ?? GatewayError;
  const type = info?.reason ? classOf(info.reason) : broken;
  const result = new type(error.details, error.code, info?.reason);
  result.metadata = info?.metadata ?? {};
  result.advice = result.metadata["advice"] ?? "";
  result.violations = part("BadRequest", BadRequest)?.fieldViolations ?? [];
  const delay = part("RetryInfo", RetryInfo)?.retryDelay;
  result.retryDelayMs = delay && milliseconds(delay);
  const resource = part("ResourceInfo", ResourceInfo);
  [result.resourceType, result.resourceName] = [resource?.resourceType ?? "", resource?.resourceName ?? ""];
  const quota = part("QuotaFailure", QuotaFailure)?.violations[0];
  [result.quotaSubject, result.quotaDescription] = [quota?.subject ?? "", quota?.description ?? ""];
  result.resumeToken = String(error.metadata.get("resume-token")[0] ?? "");
  result.requestId = requestId;
  return result;
}

/** Returns the task or asset, or throws the typed error that it ended with: FAILED, EXPIRED, LOST, CANCELLED. */
export function raiseForError<T extends GenerationTask | Asset>(resource: T): T {
  const { name, error } = resource;
  if ("prompt" in resource) {
    if (resource.state === GenerationTask_State.CANCELLED) {
      throw new Cancelled(`${name} was cancelled`, undefined, "CANCELLED");
    }
    if (resource.state === GenerationTask_State.SUBMIT_UNKNOWN) return resource;
  } else if (resource.state === Asset_State.EXPIRED) {
    throw new ResourceNotFound(`${name} is no longer kept by the vendor`, undefined, "RESOURCE_NOT_FOUND");
  }
  if (!error) return resource;
  const reason = error.reason === ErrorReason.UNSPECIFIED ? "" : ErrorReason[error.reason] ?? "";
  const failure = new (classOf(reason))(error.message || `${name} failed`, undefined, reason);
  [failure.advice, failure.resourceName] = [error.advice, name];
  if (error.upstreamCode) failure.metadata = { upstream_code: error.upstreamCode };
  throw failure;
}
