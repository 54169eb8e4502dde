/** Streams as their readers see them, and what ends them before their time. */

import { setTimeout } from "node:timers/promises";
import type { Resource, TaskChange, TasksState } from "./streams.js";
import type { GenerationTask } from "./v1.js";

/** What ends an operation before its time: its caller's signal, `close`, or the end of the client. */
export class Lifetime {
  readonly #controller = new AbortController();
  #call: { cancel(): void } | undefined;
  /** By its owner, which is no error. */
  closed = false;

  constructor(private readonly outer?: AbortSignal | undefined) {}

  /** Whether it has ended. Throws the reason unless its owner closed it. */
  get over(): boolean {
    if (!this.closed) this.#controller.signal.throwIfAborted();
    return this.closed;
  }

  /** The call under way, which ends with it. */
  set call(call: { cancel(): void }) {
    this.#call = call;
    if (this.#controller.signal.aborted) call.cancel();
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.#call?.cancel();
  }

  close(): void {
    this.closed = true;
    this.abort(undefined);
  }

  /** Listens to the caller's signal, and is one of `all`, until the function that it returns is called. */
  begin(all: Set<Lifetime>): () => void {
    const { outer } = this;
    const abort = () => this.abort(outer?.reason);
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort);
    all.add(this);
    return () => {
      all.delete(this);
      outer?.removeEventListener("abort", abort);
    };
  }

  /** Waits so many milliseconds, or until it ends. */
  async pause(delay: number): Promise<void> {
    const { signal } = this.#controller;
    await setTimeout(delay, undefined, { signal }).catch(() => {});
  }
}

/**
 * Snapshots of one task or asset, the terminal one last. To leave the loop, or `close`, ends it; the task goes on. One
 * reader at a time.
 */
export class Watch<T extends Resource> implements AsyncIterableIterator<T> {
  constructor(
    private readonly items: AsyncGenerator<T, undefined, undefined>,
    private readonly state: { readonly resumeToken: string; final(): T },
    private readonly life: Lifetime,
  ) {}

  /** Where another watch of this resource goes on, also in another process. */
  get resumeToken(): string {
    return this.state.resumeToken;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.items.next();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    return this.items.return(undefined);
  }

  /** Reads to the end and returns the terminal snapshot. Rejects with GatewayError: it failed, or was closed before. */
  async wait(): Promise<T> {
    while (!(await this.next()).done);
    return this.state.final();
  }

  /** Ends the watch, and the loop over it. */
  close(): void {
    this.life.close();
  }
}

/**
 * Many tasks as a live map, which is kept up to date until `close`.
 *
 * Iterating gives the changes; one that nobody took in time is replaced by a newer one of its task. The iteration ends
 * with `close`, and throws the error that ended the watch.
 */
export class TasksWatch implements AsyncIterableIterator<TaskChange> {
  readonly #changes = new Map<string, TaskChange>();
  #waiting: (() => void)[] = [];
  #ended = false;
  #failure: { error: unknown } | undefined;

  constructor(
    batches: AsyncIterable<TaskChange[]>, private readonly state: TasksState, private readonly life: Lifetime,
  ) {
    void this.#run(batches);
  }

  /** The tasks that match now, by name. */
  get tasks(): ReadonlyMap<string, GenerationTask> {
    return this.state.tasks;
  }

  /** Waits until the map holds everything that matched at the beginning. Throws the error that ended the watch. */
  async waitSynced(): Promise<void> {
    await this.#until(() => this.state.synced);
    if (this.#failure) throw this.#failure.error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<TaskChange, undefined>> {
    await this.#until(() => this.#changes.size > 0);
    const [change] = this.#changes.values();
    if (change && !this.life.closed) {
      this.#changes.delete(change.name);
      return { done: false, value: change };
    }
    if (this.#failure) throw this.#failure.error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<TaskChange, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    this.life.close();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#ended) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  async #run(batches: AsyncIterable<TaskChange[]>): Promise<void> {
    try {
      for await (const batch of batches) {
        for (const change of batch) this.#changes.set(change.name, change);
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
