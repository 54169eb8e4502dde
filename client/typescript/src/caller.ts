/** Makes calls: connects, tries again as the protos say, and ends when its caller wants. */

import {
  Client as Connection, connectivityState, status, type CallOptions as Limits, type ClientReadableStream,
  type ClientWritableStream, type Metadata, type MethodDefinition, type ServiceError,
} from "@grpc/grpc-js";
import { ConnectionFailed, DataLoss, fromServiceError, GatewayError } from "./errors.js";
import type { Settings } from "./options.js";
import { Attempts } from "./retry.js";
import type { StreamState } from "./streams.js";
import type { Upload } from "./transfers.js";
import { UploadAssetRequest, type Asset, type DeepPartial, type UploadAssetRequest_Metadata } from "./v1.js";
import { Lifetime } from "./watch.js";

const { CONNECTING, IDLE, READY, SHUTDOWN } = connectivityState;

export interface CallOptions {
  /** For all tries together, in milliseconds; for each page of a list. */
  timeoutMs?: number | undefined;
  /** Ends the call, which then throws the reason of the signal. */
  signal?: AbortSignal | undefined;
}

export class Caller {
  #connection: Connection;
  readonly #lives = new Set<Lifetime>();
  #closed = false;

  constructor(private readonly settings: Settings) {
    this.#connection = this.#connect();
  }

  close(): void {
    this.#closed = true;
    for (const life of this.#lives) life.abort(new Error("the client is closed"));
    this.#connection.close();
  }

  /** `repeat` false: only what was never sent is repeated. */
  async unary<Req, Res>(
    rpc: MethodDefinition<Req, Res>, request: Req, { timeoutMs, signal }: CallOptions, repeat = true,
  ): Promise<Res> {
    const attempts = new Attempts(rpc.path, this.settings, { timeoutMs, repeat });
    const { requestId } = request as { requestId?: string };
    return this.#run(signal, attempts, async (life) => {
      const [metadata, limits] = await this.#prepare(attempts, life);
      return new Promise<Res>((resolve, reject) => {
        life.call = this.#connection.makeUnaryRequest(
          rpc.path, rpc.requestSerialize, rpc.responseDeserialize, request, metadata, limits,
          (error, response) => (error ? reject(fromServiceError(error, requestId)) : resolve(response!)));
      });
    });
  }

  upload(
    rpc: MethodDefinition<UploadAssetRequest, Asset>, upload: Upload,
    metadata: DeepPartial<UploadAssetRequest_Metadata>, { timeoutMs, signal }: CallOptions,
  ): Promise<Asset> {
    const attempts = new Attempts(rpc.path, this.settings, { timeoutMs });
    const send = (life: Lifetime) => this.#send(rpc, upload, metadata, attempts, life);
    return this.#run(signal, attempts, send, () => upload.repeatable);
  }

  /** Runs a stream over as many calls as it takes. Throws GatewayError, and ends without one when `life` was closed. */
  async *stream<Req, Msg, Item>(
    rpc: MethodDefinition<Req, Msg>, state: StreamState<Req, Msg, Item>, { timeoutMs }: CallOptions, life: Lifetime,
  ): AsyncGenerator<Item, undefined, undefined> {
    const attempts = new Attempts(rpc.path, this.settings, { timeoutMs, stream: true });
    const end = this.#begin(life);
    try {
      while (!state.done && !life.over) {
        let broken: GatewayError | undefined;
        try {
          const [metadata, limits] = await this.#prepare(attempts, life);
          const call = this.#connection.makeServerStreamRequest(
            rpc.path, rpc.requestSerialize, rpc.responseDeserialize, state.request(), metadata, limits);
          life.call = call;
          for await (const message of messages(call, this.settings.timeouts.idleMs)) {
            attempts.progressed();
            for (const item of state.take(message)) {
              if (life.over) return;
              yield item;
            }
            if (state.done) return;
          }
        } catch (error) {
          if (life.over) return;
          if (!(error instanceof GatewayError) || error instanceof DataLoss) throw error;
          Error.captureStackTrace(error);
          broken = error;
        }
        if (life.over) return;
        const again = state.ended(broken, attempts);
        if (again) await life.pause(attempts.failed(again));
      }
    } finally {
      end();
    }
  }

  #connect(): Connection {
    return new Connection(this.settings.endpoint, this.settings.credentials(), this.settings.channelOptions());
  }

  #begin(life: Lifetime): () => void {
    if (this.#closed) throw new Error("the client is closed");
    return life.begin(this.#lives);
  }

  /** Tries until one succeeds. */
  async #run<T>(
    signal: AbortSignal | undefined, attempts: Attempts, attempt: (life: Lifetime) => Promise<T>,
    repeatable = () => true,
  ): Promise<T> {
    const life = new Lifetime(signal);
    const end = this.#begin(life);
    try {
      for (;;) {
        try {
          if (!life.over) return await attempt(life);
        } catch (error) {
          if (life.over || !(error instanceof GatewayError) || !repeatable()) throw error;
          Error.captureStackTrace(error); // Its own has only gRPC's inside.
          await life.pause(attempts.failed(error));
        }
      }
    } finally {
      end();
    }
  }

  /** Metadata and limits of a try, once there is a connection or there cannot be one. Throws when nobody answers. */
  async #prepare(attempts: Attempts, life: Lifetime): Promise<[Metadata, Limits]> {
    const metadata = await this.settings.metadata();
    while (look(this.#connection) !== READY && !life.over) {
      const connection = this.#connection;
      const until = Date.now() + attempts.connecting();
      const state = await new Promise<connectivityState>((done) => {
        life.call = { cancel: () => done(SHUTDOWN) };
        settled(connection, until, [IDLE, CONNECTING]).then(done);
      });
      if (connection !== this.#connection) continue; // Another call has given it up.
      if (state !== IDLE && state !== CONNECTING) break;
      // gRPC would go on to wait for this attempt, as long as TCP does.
      this.#connection = this.#connect();
      connection.close();
      throw new ConnectionFailed("cannot connect: no answer", status.UNAVAILABLE);
    }
    return [metadata, { deadline: Date.now() + attempts.left() }];
  }

  /** One try of an upload. Ends at once, without reading on, when the gateway has answered. */
  async #send(
    rpc: MethodDefinition<UploadAssetRequest, Asset>, upload: Upload,
    metadata: DeepPartial<UploadAssetRequest_Metadata>, attempts: Attempts, life: Lifetime,
  ): Promise<Asset> {
    const [headers, limits] = await this.#prepare(attempts, life);
    const connection = this.#connection;
    let call!: ClientWritableStream<UploadAssetRequest>;
    const answer = new Promise<Asset>((resolve, reject) => {
      call = connection.makeClientStreamRequest(
        rpc.path, rpc.requestSerialize, rpc.responseDeserialize, headers, limits,
        (error, asset) => (error ? reject(fromServiceError(error, metadata.requestId)) : resolve(asset!)));
    });
    const answered = answer.then(() => true as const);
    const write = (request: DeepPartial<UploadAssetRequest>) => Promise.race([
      answered, new Promise<false>((done) => call.write(UploadAssetRequest.fromPartial(request), () => done(false)))]);
    call.on("error", () => {}); // The answer tells it.
    life.call = call;
    const pieces = upload.read();
    try {
      upload.sent(0);
      await write({ metadata });
      // gRPC takes messages before there is a connection; but a stream of the caller's cannot be read again.
      const { TRANSIENT_FAILURE } = connectivityState;
      await Promise.race([answered, settled(connection, Infinity, [IDLE, CONNECTING, TRANSIENT_FAILURE])]);
      for (;;) {
        const piece = await Promise.race([answered, pieces.next()]);
        if (piece === true || piece.done || await write({ chunk: piece.value })) break;
        upload.sent(piece.value.length);
      }
      call.end();
      return await answer;
    } finally {
      call.cancel(); // A stream that is cut creates nothing; one that ends short might.
      pieces.return(undefined).catch(() => {});
    }
  }
}

/** Messages of one call, which ends with the iteration. Throws GatewayError. */
async function* messages<Msg>(call: ClientReadableStream<Msg>, idleMs: number): AsyncGenerator<Msg, undefined> {
  call.on("error", () => {}); // The iterator tells it, but not when it was left before.
  const iterator: AsyncIterator<Msg> = call[Symbol.asyncIterator]();
  const silent = new ConnectionFailed("the stream was silent for too long", status.UNAVAILABLE);
  try {
    for (;;) {
      const silence = setTimeout(() => call.destroy(silent), idleMs);
      const next = await iterator.next().finally(() => clearTimeout(silence));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw error instanceof GatewayError ? error : fromServiceError(error as ServiceError);
  } finally {
    call.cancel();
  }
}

/** The state of a connection, which begins to connect unless it is closed. */
function look(connection: Connection): connectivityState {
  const channel = connection.getChannel();
  const state = channel.getConnectivityState(false);
  return state === SHUTDOWN ? state : channel.getConnectivityState(true);
}

/** Waits while the connection is in one of these states, at most until a time. Returns its state. */
async function settled(connection: Connection, until: number, states: connectivityState[]): Promise<connectivityState> {
  for (;;) {
    const state = look(connection);
    if (!states.includes(state) || Date.now() >= until) return state;
    await new Promise<unknown>((done) => connection.getChannel().watchConnectivityState(state, until, done));
  }
}
