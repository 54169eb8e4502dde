/** Files of uploads and downloads: where bytes come from and where they go. */

import { createReadStream } from "node:fs";
import { open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import type { Writable } from "node:stream";

const CHUNK_BYTES = 256 * 1024;

/**
 * A path, bytes, a stream of bytes (a Readable or a web stream too), or a function that opens one. A try that broke off
 * is repeated from the beginning, unless the source is a stream: that can be read only once.
 */
export type Source = string | Uint8Array | AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>);
/** A path, or a stream, which is not ended. */
export type Sink = string | Writable;
/** Told of each chunk: bytes done so far (0 again when an upload starts anew), and in all (0: unknown). */
export type Progress = (done: number, total: number) => void;

/** Bytes of one upload, read piece by piece and again for each try. */
export class Upload {
  #done = 0;
  #used = false;

  private constructor(
    private readonly source: Source, readonly name: string, readonly total: number,
    private readonly onProgress: Progress | undefined,
  ) {}

  /** Throws the error of the file system when there is no such path. `total`: bytes of a stream, 0: not known. */
  static async of(source: Source, total: number, onProgress?: Progress): Promise<Upload> {
    if (typeof source === "string") {
      return new Upload(source, basename(source), (await stat(source)).size, onProgress);
    }
    return new Upload(source, "", source instanceof Uint8Array ? source.length : total, onProgress);
  }

  /** Whether another try is possible: a stream is read only once. */
  get repeatable(): boolean {
    return !this.#used || typeof this.source !== "object" || this.source instanceof Uint8Array;
  }

  /** The bytes of a try, in pieces. */
  async *read(): AsyncGenerator<Uint8Array, undefined, undefined> {
    const { source } = this;
    this.#used = true;
    let pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
    if (typeof source === "string") pieces = createReadStream(source, { highWaterMark: CHUNK_BYTES });
    else if (source instanceof Uint8Array) pieces = [source];
    else pieces = typeof source === "function" ? source() : source;
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += CHUNK_BYTES) yield piece.subarray(at, at + CHUNK_BYTES);
    }
  }

  /** A try has sent so many bytes more; 0: it begins. */
  sent(count: number): void {
    this.#done = count ? this.#done + count : 0;
    this.onProgress?.(this.#done, this.total);
  }
}

/** Where a download goes: a stream, or a path, which gets the file only when it is complete. */
export class Target {
  #failure: Error | undefined;

  private constructor(private readonly path: string, private readonly sink: FileHandle | Writable) {}

  /** Throws the error of the file system when the file cannot be created. */
  static async of(sink: Sink): Promise<Target> {
    if (typeof sink === "string") return new Target(sink, await open(`${sink}.part`, "w"));
    const target = new Target("", sink);
    sink.on("error", target.#fail);
    return target;
  }

  /** Ends when the target has taken the bytes. */
  async write(data: Uint8Array): Promise<void> {
    const { sink } = this;
    if (this.#failure) throw this.#failure;
    if ("writeFile" in sink) await sink.writeFile(data);
    else await new Promise<void>((done, fail) => sink.write(data, (error) => (error ? fail(error) : done())));
  }

  async commit(): Promise<void> {
    if (!("writeFile" in this.sink)) return;
    await this.sink.close();
    await rename(`${this.path}.part`, this.path);
  }

  /** Without `commit`: removes what there is of the file. */
  async close(): Promise<void> {
    if (!("writeFile" in this.sink)) return void this.sink.off("error", this.#fail);
    await this.sink.close();
    await rm(`${this.path}.part`, { force: true });
  }

  readonly #fail = (error: Error): void => {
    this.#failure = error;
  };
}
