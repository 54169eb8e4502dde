// A real gRPC server in the process that answers as a test has scripted, and what tests share.

import {
  Metadata, Server as GrpcServer, ServerCredentials, status, type ServiceDefinition, type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { afterEach } from "node:test";
import { Duration } from "../src/generated/google/protobuf/duration.js";
import { ErrorInfo, RetryInfo } from "../src/generated/google/rpc/error_details.js";
import { Status } from "../src/generated/google/rpc/status.js";
import { Client, v1, type Options } from "../src/index.js";

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

/** One call that the server has. */
export interface Served {
  request: any;
  /** Messages of an upload. */
  requests: AsyncIterable<v1.UploadAssetRequest>;
  /** Ends when the client has given the call up, or it has ended. */
  ended: Promise<void>;
}

/** What a call comes to: an answer, an error, or a function that gives one. Streams have a list of them. */
export type Answer = object | Failure | ((served: Served) => unknown);

/** An error; without a reason as something on the way would make it. */
export class Failure {
  readonly metadata = new Metadata();

  constructor(
    readonly code: status, reason = "",
    more: { details?: string; retryDelayMs?: number; metadata?: Record<string, string>; resumeToken?: string } = {},
  ) {
    this.details = more.details ?? "it failed";
    if (more.resumeToken) this.metadata.set("resume-token", more.resumeToken);
    if (!reason) return;
    const parts = [any("ErrorInfo", ErrorInfo.encode(ErrorInfo.fromPartial({ reason, metadata: more.metadata ?? {} })))];
    if (more.retryDelayMs !== undefined) {
      const retryDelay = Duration.fromPartial({ seconds: 0, nanos: Math.round(more.retryDelayMs * 1e6) });
      if (more.retryDelayMs >= 1000) Object.assign(retryDelay, { seconds: BigInt(more.retryDelayMs / 1000), nanos: 0 });
      parts.push(any("RetryInfo", RetryInfo.encode({ retryDelay })));
    }
    this.metadata.set("grpc-status-details-bin", Buffer.from(Status.encode({ code, message: "", details: parts }).finish()));
  }

  readonly details: string;
}

export function any(name: string, writer: { finish(): Uint8Array }): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value: writer.finish() };
}

/** Serves every method. `script[method]` has an answer for each of its calls; the last one stays. */
export class Server {
  readonly script: Record<string, Answer[]> = {};
  readonly requests: { method: string; request: any; metadata: Metadata }[] = [];
  readonly #server = new GrpcServer();
  port = 0;

  static async start(credentials = ServerCredentials.createInsecure(), port = 0): Promise<Server> {
    const server = new Server();
    for (const service of [
      v1.AssetGroupServiceService, v1.AssetServiceService, v1.GenerationTaskServiceService, v1.CreationServiceService,
      v1.UpstreamServiceService,
    ] as unknown as ServiceDefinition[]) {
      const methods = Object.keys(service).map((name) => [name, server.#serve(name, service[name]!.responseStream)]);
      server.#server.addService(service, Object.fromEntries(methods) as UntypedServiceImplementation);
    }
    server.port = await new Promise<number>((done, fail) => server.#server.bindAsync(
      `127.0.0.1:${port}`, credentials, (error, bound) => (error ? fail(error) : done(bound))));
    cleanups.push(() => server.#server.forceShutdown());
    return server;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Requests of a method so far. */
  of(method: string): any[] {
    return this.requests.filter((one) => one.method === method).map(({ request }) => request);
  }

  /** A value of the metadata of each call so far. */
  sent(key: string): unknown[] {
    return this.requests.map(({ metadata }) => metadata.get(key)[0]);
  }

  #serve(method: string, streams: boolean) {
    return async (call: any, callback?: (error: unknown, answer?: object) => void) => {
      this.requests.push({ method, request: call.request, metadata: call.metadata });
      const ended = new Promise<void>((done) => call.on("cancelled", done).on("close", done));
      const handlers = this.script[method] ?? [{ results: [] }];
      const handler = handlers.length > 1 ? handlers.shift()! : handlers[0]!;
      for (const item of streams ? [handler].flat() : [handler]) {
        const answer = typeof item === "function" ? await item({ request: call.request, requests: call, ended }) : item;
        if (answer instanceof Failure) return streams ? call.emit("error", answer) : callback!(answer);
        if (!streams) return callback!(null, answer);
        if (answer) call.write(answer);
      }
      return call.end();
    };
  }
}

/** Counts what a test has read, so that a handler can wait for it: with an error gRPC drops what nobody has read. */
export class Seen {
  #count = 0;
  #waiting: (() => void)[] = [];

  add(): void {
    this.#count += 1;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** `answer`, once the test has read `count` items. */
  whenRead(count: number, answer: Answer): () => Promise<Answer> {
    return async () => {
      while (this.#count < count) await new Promise<void>((wake) => this.#waiting.push(wake));
      return answer;
    };
  }
}

/** An item of a stream that ends only with the call; `ended` tells of that. */
export class Open {
  #done!: () => void;
  readonly ended = new Promise<void>((done) => (this.#done = done));

  readonly wait = async (served: Served): Promise<undefined> => {
    await served.ended;
    this.#done();
  };
}

export const AT_ONCE = { initialMs: 0, maximumMs: 0 };
export const silent = { debug() {}, info() {}, warn() {} };

/** A client that waits for nothing between its tries. */
export function connect(endpoint: string, options: Options = {}): Client {
  const client = new Client({ endpoint, retry: AT_ONCE, logger: silent, ...options });
  cleanups.push(() => client.close());
  return client;
}

export const BROKEN = new Failure(status.UNAVAILABLE);
export const STORE_UNAVAILABLE = new Failure(status.UNAVAILABLE, "STORE_UNAVAILABLE");

export function task(fields: v1.DeepPartial<v1.GenerationTask> = {}): v1.GenerationTask {
  return v1.GenerationTask.fromPartial({ name: "generationTasks/1", ...fields });
}

export function snapshot(state: v1.GenerationTask_State, revision: number): v1.WatchGenerationTaskResponse {
  return { generationTask: task({ state, revision }), heartbeat: false, resumeToken: `token-${revision}` };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}
