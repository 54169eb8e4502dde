/** What streams have read so far, and where they go on after a break. No I/O. */

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DataLoss, GatewayError } from "./errors.js";
import type { Attempts } from "./retry.js";
import {
  Asset_State, DownloadGenerationResultRequest, GenerationTask_State, WatchGenerationTasksRequest, type Asset,
  type DeepPartial, type DownloadGenerationResultResponse, type GenerationTask, type WatchGenerationTasksResponse,
} from "./v1.js";

export type Resource = GenerationTask | Asset;

const { SUCCEEDED, FAILED, CANCELLED, EXPIRED, LOST } = GenerationTask_State;
const TASK_ENDS = new Set([SUCCEEDED, FAILED, CANCELLED, EXPIRED, LOST]);
const ASSET_ENDS = new Set([Asset_State.ACTIVE, Asset_State.FAILED, Asset_State.EXPIRED]);

/** Whether a task has ended, or an asset's check has. States that this release does not know count as not ended. */
export function hasEnded(resource: Resource): boolean {
  return "prompt" in resource ? TASK_ENDS.has(resource.state) : ASSET_ENDS.has(resource.state);
}

/** What the client needs to run one stream over as many calls as it takes. */
export interface StreamState<Req, Msg, Item> {
  /** No further message is needed. */
  readonly done: boolean;
  /** Of the next call. */
  request(): Req;
  /** What the message gives to the reader. Throws DataLoss when the messages do not fit together. */
  take(message: Msg): Item[];
  /**
   * After the end of a call, without `error` with OK. Returns why there has to be another one; undefined: at once, or
   * `done`.
   */
  ended(error: GatewayError | undefined, attempts: Attempts): GatewayError | undefined;
}

/** The token of the last message read, or the fresh one of OUT_OF_RANGE. */
class Resuming {
  #refreshed = false; // One fresh token without a message between is enough; a second would mean a loop.

  constructor(public resumeToken: string) {}

  protected read(token: string): void {
    this.resumeToken = token || this.resumeToken;
    this.#refreshed = false;
  }

  /** What comes from now on does not compare with what came before. */
  protected startOver(): void {}

  protected broken(error: GatewayError, attempts: Attempts): GatewayError | undefined {
    const fresh = error.code === status.OUT_OF_RANGE ? error.metadata["resume_token"] : undefined;
    if (fresh && !this.#refreshed) {
      [this.resumeToken, this.#refreshed] = [fresh, true];
      this.startOver();
      return undefined;
    }
    // The gateway sends its readers elsewhere. The token of its trailer is not taken: with an error gRPC drops the
    // messages that nobody has read yet, and that token stands behind them.
    if (error.code === status.UNAVAILABLE && error.resumeToken) attempts.progressed();
    return error;
  }
}

/** A task or an asset until its end: each revision once, the last one always. */
export class WatchState<Msg extends { resumeToken: string }, T extends Resource> extends Resuming
  implements StreamState<{ name: string; resumeToken: string }, Msg, T> {
  done = false;
  #last: T | undefined;
  #revision = 0n;

  constructor(private readonly name: string, token = "", private readonly of: (message: Msg) => T | undefined) {
    super(token);
  }

  /** The terminal snapshot. Throws GatewayError when the watch was closed before it came. */
  final(): T {
    if (!this.#last || !this.done) throw new GatewayError("the watch was closed", status.CANCELLED);
    return this.#last;
  }

  request(): { name: string; resumeToken: string } {
    return { name: this.name, resumeToken: this.resumeToken };
  }

  take(message: Msg): T[] {
    this.read(message.resumeToken);
    const resource = this.of(message);
    if (!resource) return [];
    this.done = hasEnded(resource);
    if (resource.revision && resource.revision <= this.#revision) return [];
    [this.#revision, this.#last] = [resource.revision, resource];
    return [resource];
  }

  protected override startOver(): void {
    this.#revision = 0n;
  }

  ended(error: GatewayError | undefined, attempts: Attempts): GatewayError | undefined {
    if (error) return this.broken(error, attempts);
    // The token was given out behind the terminal state: without one the stream begins with that state.
    this.resumeToken = "";
    return new ConnectionFailed("the stream ended before the last message", status.UNAVAILABLE);
  }
}

/** What became of one task of a live map. */
export interface TaskChange {
  readonly name: string;
  /** undefined: it no longer matches the filter, or was deleted. */
  readonly task: GenerationTask | undefined;
}

/** Many tasks as a map that each message brings up to date. Gives the changes of a message as one list. */
export class TasksState extends Resuming
  implements StreamState<WatchGenerationTasksRequest, WatchGenerationTasksResponse, TaskChange[]> {
  readonly done = false;
  /** Everything that matched when the stream began is in the map; stays true through breaks. */
  synced = false;
  readonly tasks = new Map<string, GenerationTask>();
  readonly #request: WatchGenerationTasksRequest;
  #stale = new Set<string>(); // Names that a stream which began anew has not confirmed yet.

  constructor(request: DeepPartial<WatchGenerationTasksRequest>) {
    super(request.resumeToken ?? "");
    this.#request = WatchGenerationTasksRequest.fromPartial(request);
  }

  request(): WatchGenerationTasksRequest {
    return { ...this.#request, resumeToken: this.resumeToken };
  }

  take(message: WatchGenerationTasksResponse): TaskChange[][] {
    this.read(message.resumeToken);
    const changes = new Map<string, GenerationTask | undefined>();
    for (const task of message.generationTasks) {
      this.#stale.delete(task.name);
      if (!isDeepStrictEqual(this.tasks.get(task.name), task)) changes.set(task.name, task);
    }
    for (const name of message.removed) if (this.tasks.has(name)) changes.set(name, undefined);
    if (message.synced) {
      this.synced = true;
      for (const name of this.#stale) changes.set(name, undefined);
      this.#stale.clear();
    }
    for (const [name, task] of changes) if (task) this.tasks.set(name, task); else this.tasks.delete(name);
    return [[...changes].map(([name, task]) => ({ name, task }))];
  }

  protected override startOver(): void {
    this.#stale = new Set(this.tasks.keys());
  }

  ended(error: GatewayError | undefined, attempts: Attempts): GatewayError | undefined {
    const again = this.broken(error ?? new ConnectionFailed("the stream ended", status.UNAVAILABLE), attempts);
    if (!this.resumeToken) this.startOver();
    return again;
  }
}

/** A file as it was written. */
export interface DownloadResult {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** As the vendor says, for example `video/mp4`. */
  readonly contentType: string;
}

/** The bytes of a file, each once and in order, over as many calls as it takes. Counts and hashes them. */
export class DownloadState
  implements StreamState<DownloadGenerationResultRequest, DownloadGenerationResultResponse, Uint8Array> {
  done = false;
  offset = 0;
  /** Bytes; 0: not known. */
  total = 0;
  #contentType = "";
  readonly #hash = createHash("sha256");

  constructor(private readonly given: DeepPartial<DownloadGenerationResultRequest>) {}

  request(): DownloadGenerationResultRequest {
    return DownloadGenerationResultRequest.fromPartial({ ...this.given, offset: this.offset });
  }

  take(message: DownloadGenerationResultResponse): Uint8Array[] {
    const total = Number(message.totalSizeBytes);
    if (total && this.total && total !== this.total) {
      throw new DataLoss(`the file changed from ${this.total} to ${total} bytes`, status.DATA_LOSS);
    }
    this.total = total || this.total;
    this.#contentType = message.contentType || this.#contentType;
    this.offset += message.data.length;
    if (this.total && this.offset > this.total) {
      throw new DataLoss(`more bytes came than the announced ${this.total}`, status.DATA_LOSS);
    }
    this.#hash.update(message.data);
    return message.data.length ? [message.data] : [];
  }

  ended(error: GatewayError | undefined): GatewayError | undefined {
    this.done = this.total ? this.offset === this.total : !error;
    if (this.done) return undefined;
    return error ?? new ConnectionFailed("the stream ended before the last byte", status.UNAVAILABLE);
  }

  result(): DownloadResult {
    return { sizeBytes: this.offset, sha256: this.#hash.copy().digest("hex"), contentType: this.#contentType };
  }
}

/** Throws DataLoss when the gateway has another size or SHA-256 of the task's video. It may know neither. */
export function checkFile({ sizeBytes, sha256 }: DownloadResult, { result }: GenerationTask): void {
  const known = { size: Number(result?.sizeBytes ?? 0) || sizeBytes, sha256: result?.sha256 || sha256 };
  if (known.size === sizeBytes && known.sha256 === sha256) return;
  throw new DataLoss(
    `${sizeBytes} bytes with SHA-256 ${sha256} came, not ${known.size} bytes with ${known.sha256}`, status.DATA_LOSS);
}
