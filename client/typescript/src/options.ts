/** How to reach the gateway, and how patiently. All times are in milliseconds. */

import { createRequire } from "node:module";
import { debuglog } from "node:util";
import { credentials, Metadata, type ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";
import { VERSION } from "./generated/version.js";

/** A bearer token, or a function that gives it for each try. */
export type Token = string | (() => string | Promise<string>);

/** PEM texts or their bytes, as `node:tls` takes them. */
export interface Tls {
  /** Authorities that sign the gateway; without it those of Node. */
  ca?: Buffer | string | undefined;
  /** Chain of the client, for mTLS; together with `key`. */
  cert?: Buffer | string | undefined;
  key?: Buffer | string | undefined;
}

/** Those of calls are for all tries together; each method takes its own `timeoutMs` instead. */
export interface Timeouts {
  /** Gets, and each page of a list: 30 s. */
  readMs: number;
  /** Other unary calls: 330 s, as the vendor may think for five minutes. */
  writeMs: number;
  /** A whole upload: 1800 s. Watches and downloads have no limit unless they are given one. */
  uploadMs: number;
  /** How long a call waits for a connection, as a watch does at first: 20 s; 0: it fails at once. */
  connectMs: number;
  /** How long a watch that has begun waits for a gateway that is away: 600 s. */
  outageMs: number;
  /** A stream silent for so long counts as broken: 90 s, longer than any heartbeat (20 s, at most 60 s). */
  idleMs: number;
}

/** When tries end, and how long the waits between them are. */
export interface RetryPolicy {
  /** Tries in all of a call, and of a stream that never brought a message: 5. */
  attempts: number;
  /** Fruitless tries in a row of a stream that has brought a message: 20. */
  streamAttempts: number;
  /** Longest first wait, which doubles with each further one: 200 ms. */
  initialMs: number;
  /** Longest wait: 20 s. */
  maximumMs: number;
}

/** A peer that is dead for `timeMs` + `timeoutMs` ends its calls: 10 s each. The gateway takes a ping every 5 s. */
export interface Keepalive {
  timeMs: number;
  timeoutMs: number;
}

/** What `console`, pino, winston and their like have. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

export interface Options {
  /** `host:port`; default `127.0.0.1:8443`. */
  endpoint?: string | undefined;
  /** Default false. */
  tls?: boolean | Tls | undefined;
  token?: Token | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  retry?: Partial<RetryPolicy> | undefined;
  keepalive?: Partial<Keepalive> | undefined;
  /** Put before the client's own. */
  userAgent?: string | undefined;
  /**
   * Gets no token, prompt or text of the gateway. Default: warnings go to `console`, the rest to standard error with
   * NODE_DEBUG=seedance-gateway.
   */
  logger?: Logger | undefined;
  /** Of gRPC, after the client's own. */
  channelOptions?: ChannelOptions | undefined;
}

const debug = debuglog("seedance-gateway");
const LOGGER: Logger = { debug, info: debug, warn: (message) => console.warn(`seedance-gateway: ${message}`) };

/** Options with all defaults. */
export class Settings {
  readonly endpoint: string;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  readonly logger: Logger;

  constructor(private readonly given: Options) {
    this.endpoint = given.endpoint ?? "127.0.0.1:8443";
    this.timeouts = {
      readMs: 30_000, writeMs: 330_000, uploadMs: 1_800_000, connectMs: 20_000, outageMs: 600_000, idleMs: 90_000,
      ...given.timeouts,
    };
    this.retry = { attempts: 5, streamAttempts: 20, initialMs: 200, maximumMs: 20_000, ...given.retry };
    this.logger = given.logger ?? LOGGER;
  }

  /** Throws when certificate and key do not go together. */
  credentials(): ChannelCredentials {
    const { tls } = this.given;
    if (!tls) return credentials.createInsecure();
    const pem = (text?: Buffer | string) => (text === undefined ? null : Buffer.from(text));
    const { ca, cert, key } = tls === true ? {} as Tls : tls;
    if (!cert !== !key) throw new TypeError("tls.cert and tls.key go together");
    return credentials.createSsl(pem(ca), pem(key), pem(cert));
  }

  channelOptions(): ChannelOptions {
    const { userAgent, keepalive, channelOptions } = this.given;
    return {
      "grpc.primary_user_agent": [userAgent, `seedance-gateway-typescript/${VERSION}`].filter(Boolean).join(" "),
      "grpc.keepalive_time_ms": keepalive?.timeMs ?? 10_000,
      "grpc.keepalive_timeout_ms": keepalive?.timeoutMs ?? 10_000,
      // gRPC's own pauses between connections would grow to two minutes.
      "grpc.initial_reconnect_backoff_ms": 200,
      "grpc.max_reconnect_backoff_ms": 5000,
      // Each client has a connection of its own: one connection carries a limited number of streams.
      "grpc.use_local_subchannel_pool": 1,
      ...channelOptions,
    };
  }

  /** Metadata of one try: the token, and the context of OpenTelemetry (`traceparent`) where it is installed. */
  async metadata(): Promise<Metadata> {
    const carrier: Record<string, string> = {};
    opentelemetry?.propagation.inject(opentelemetry.context.active(), carrier);
    const { token } = this.given;
    const value = typeof token === "function" ? await token() : token;
    if (value) carrier["authorization"] = `Bearer ${value}`;
    const metadata = new Metadata();
    for (const [key, text] of Object.entries(carrier)) metadata.set(key, text);
    return metadata;
  }
}

/** What is used of `@opentelemetry/api`. */
interface OpenTelemetry {
  context: { active(): unknown };
  propagation: { inject(context: unknown, carrier: Record<string, string>): void };
}

function load(): OpenTelemetry | undefined {
  try {
    return createRequire(import.meta.url)("@opentelemetry/api") as OpenTelemetry;
  } catch {
    return undefined;
  }
}

const opentelemetry = load();
