/** Counts the tries of a call or stream and decides about the next one. Does no I/O and never waits. */

import { status } from "@grpc/grpc-js";
import { ConnectionFailed, DeadlineExceeded, type GatewayError } from "./errors.js";
import type { RetryPolicy, Settings } from "./options.js";

/** For a connection, in milliseconds: a gateway that is back is soon seen. */
const LONGEST_WAIT = 2000;
/** For one attempt to connect, in milliseconds: gRPC would wait for an answer as long as TCP does. */
const LONGEST_CONNECT = 20_000;
/** When an endpoint was last warned of. */
const warned = new Map<string, number>();

/** Full jitter: `unit`, of [0, 1), of the longest wait after `failures` earlier failures in a row. In milliseconds. */
export function jitter(policy: RetryPolicy, failures: number, unit: number): number {
  return Math.min(policy.initialMs * 2 ** Math.min(failures, 40), policy.maximumMs) * unit;
}

/** Whether the same request may succeed later. Errors of the gateway carry a reason; others broke off on the way. */
export function mayBeRepeated(error: GatewayError): boolean {
  if (error instanceof ConnectionFailed || error.code === status.UNAVAILABLE) return true;
  const { code, retryDelayMs } = error;
  if (code === status.RESOURCE_EXHAUSTED || code === status.ABORTED) return retryDelayMs !== undefined;
  return code === status.DEADLINE_EXCEEDED || (code === status.CANCELLED && !error.reason);
}

export interface Attempting {
  /** For all tries, in milliseconds; undefined: no limit. */
  timeoutMs?: number | undefined;
  /** False: only what was never sent is repeated. */
  repeat?: boolean;
  stream?: boolean;
  /** In milliseconds. */
  clock?: () => number;
  chance?: () => number;
}

/** The tries of one call, or of one stream over many calls. */
export class Attempts {
  readonly #what: string;
  readonly #how: Required<Attempting>;
  readonly #deadline: number;
  #failures = 0;
  #progressed = false;
  #awaySince: number | undefined; // Since when there has been no connection.
  #refusals = 0;

  constructor(path: string, private readonly settings: Settings, how: Attempting = {}) {
    this.#what = path.replace(/^.*\.v1\./, "");
    const clock = () => performance.now();
    this.#how = { timeoutMs: Infinity, repeat: true, stream: false, clock, chance: Math.random, ...how };
    this.#deadline = this.#how.clock() + (how.timeoutMs ?? Infinity);
  }

  /** Milliseconds until the deadline, at least 0; Infinity: there is none. */
  left(): number {
    return Math.max(this.#deadline - this.#how.clock(), 0);
  }

  /** The stream moved on, or ended in good order: later failures count anew, and more of them are borne. */
  progressed(): void {
    [this.#failures, this.#progressed, this.#awaySince] = [0, true, undefined];
  }

  /** A try begins without a connection. Returns how many milliseconds it may take to make one. */
  connecting(): number {
    this.#awaySince ??= this.#how.clock();
    return Math.min(this.settings.timeouts.connectMs || LONGEST_CONNECT, LONGEST_CONNECT, this.left());
  }

  /** After a failed try: milliseconds to wait before the next one. Throws `error`, or a plainer one, in the end. */
  failed(error: GatewayError): number {
    const left = this.left();
    if (this.#how.stream && left === 0) {
      throw new DeadlineExceeded(`the time for ${this.#what} is over`, status.DEADLINE_EXCEEDED);
    }
    const delay = error.neverSent ? this.#withoutConnection(error) : this.#withConnection(error);
    if (delay >= left) throw this.#plain(error);
    this.#log(error, delay);
    return delay;
  }

  #withConnection(error: GatewayError): number {
    const { retry } = this.settings;
    this.#awaySince = undefined;
    const delay = (error.retryDelayMs ?? 0) + jitter(retry, this.#failures, this.#how.chance());
    this.#failures += 1;
    const limit = this.#progressed ? retry.streamAttempts : retry.attempts;
    if (!this.#how.repeat || !mayBeRepeated(error) || this.#failures >= limit) throw error;
    return delay;
  }

  /** A try that gRPC refuses costs nothing: it connects at a pace of its own. So time counts, and not tries. */
  #withoutConnection(error: GatewayError): number {
    const { retry, timeouts } = this.settings;
    const now = this.#how.clock();
    if (this.#awaySince === undefined) [this.#awaySince, this.#refusals] = [now, 0];
    const left = (this.#progressed ? timeouts.outageMs : timeouts.connectMs) - (now - this.#awaySince);
    if (left <= 0) throw this.#plain(error);
    this.#refusals += 1;
    const unit = this.#how.chance();
    return Math.min(jitter(retry, this.#refusals - 1, unit), LONGEST_WAIT * unit, left);
  }

  /** A failure to connect, said plainly. */
  #plain(error: GatewayError): GatewayError {
    if (!error.neverSent || this.#awaySince === undefined) return error;
    const seconds = (this.#how.clock() - this.#awaySince) / 1000;
    const [, last] = /Last error: (?:Error: )?(.*?)(?: \(\d{4}-[^)]*\))?\. Resolution note/s.exec(error.message) ?? [];
    const said = last ?? error.message.replace("cannot connect: ", "");
    const cause = said.includes("ECONNREFUSED") ? "connection refused" : said;
    const waited = seconds >= 0.5 ? ` (waited ${seconds.toFixed(0)} s)` : "";
    const plain = new ConnectionFailed(`cannot connect to ${this.settings.endpoint}: ${cause}${waited}`, error.code);
    plain.requestId = error.requestId;
    return plain;
  }

  /** Without texts of the gateway's, which may quote a request. */
  #log(error: GatewayError, delay: number): void {
    const { logger, endpoint } = this.settings;
    if (!error.neverSent) {
      logger.info(`${this.#what}: ${error.reason || status[error.code!]}; again in ${(delay / 1000).toFixed(1)} s`);
      return;
    }
    const now = this.#how.clock();
    const news = now - (warned.get(endpoint) ?? -Infinity) > 30_000; // A process may have thousands of watches.
    if (news) warned.set(endpoint, now);
    logger[news ? "warn" : "debug"](`${this.#what}: ${this.#plain(error).message}; it waits for the gateway`);
  }
}
