/** The client: every RPC as a function. */

import { randomUUID } from "node:crypto";
import type { MethodDefinition } from "@grpc/grpc-js";
import { Caller, type CallOptions } from "./caller.js";
import { Settings, type Options } from "./options.js";
import { checkFile, DownloadState, TasksState, WatchState, type DownloadResult } from "./streams.js";
import { Target, Upload, type Progress, type Sink, type Source } from "./transfers.js";
import * as v1 from "./v1.js";
import { Lifetime, TasksWatch, Watch } from "./watch.js";

const groups = v1.AssetGroupServiceService;
const assets = v1.AssetServiceService;
const tasks = v1.GenerationTaskServiceService;
const creations = v1.CreationServiceService;
const upstreams = v1.UpstreamServiceService;

/** A message with some of its fields; int64 also as number or string. */
export type Part<Message> = v1.DeepPartial<Message>;
/** A request with some of its fields, and the options of the call. */
export type Given<Req> = CallOptions & Part<Req>;
/** The same without the field that the request is about. */
export type Without<Req, Field extends keyof Req> = CallOptions & Part<Omit<Req, Field>>;

/** How a unary RPC is called: with what its request is about, then its other fields beside the options of the call. */
export type Method<Req, Field extends keyof Req, Res> = (
  given: Part<NonNullable<Req[Field]>>, options?: Without<Req, Field>,
) => Promise<Res>;
/** How a list is called: it gives the items of all pages. */
export type Pages<Req, Item> = (request?: Given<Req>) => AsyncGenerator<Item, undefined>;

export interface WatchOptions extends CallOptions {
  /** Of a message that was read, to go on behind it. */
  resumeToken?: string | undefined;
}

export interface UploadOptions extends CallOptions {
  /** 1-255 bytes without `/`; default: that of the path, else the display name. */
  fileName?: string | undefined;
  /** Length of a stream, where it is known: one that is too long is refused before a byte is sent. */
  sizeBytes?: number | undefined;
  requestId?: string | undefined;
  reuseContent?: boolean | undefined;
  onProgress?: Progress | undefined;
}

export interface DownloadOptions extends CallOptions {
  /** Default: the video. */
  part?: v1.DownloadGenerationResultRequest_Part | undefined;
  onProgress?: Progress | undefined;
}

/** A random UUID. For a create that may have to be repeated later, keep one before the first try. */
export function newRequestId(): string {
  return randomUUID();
}

/**
 * Client of seedance-gateway; make one and share it, it holds one connection, which it makes with the first call.
 *
 * The protos document each RPC. A mutating call gets a random `requestId` where it has none, and keeps it over its
 * tries. All reject with GatewayError.
 */
export class Client {
  readonly #settings: Settings;
  readonly #caller: Caller;

  /** `options`, or only an endpoint `host:port`. Throws TypeError: options that do not go together. */
  constructor(options: Options | string = {}) {
    this.#settings = new Settings(typeof options === "string" ? { endpoint: options } : options);
    this.#caller = new Caller(this.#settings);
  }

  /** Ends all calls under way. */
  close(): void {
    this.#caller.close();
  }

  readonly createGroup = this.#write("assetGroup", groups.createAssetGroup, v1.CreateAssetGroupRequest);
  readonly getGroup = this.#read("name", groups.getAssetGroup, v1.GetAssetGroupRequest);
  readonly listGroups = this.#list("assetGroups", groups.listAssetGroups, v1.ListAssetGroupsRequest);
  readonly updateGroup = this.#write("assetGroup", groups.updateAssetGroup, v1.UpdateAssetGroupRequest);
  /** Repeated only with `allowMissing`: NOT_FOUND of a second try would hide that one worked. So are all deletes. */
  readonly deleteGroup = this.#write("name", groups.deleteAssetGroup, v1.DeleteAssetGroupRequest);

  /** The source of the bytes is among the other fields: `uri` or `inlineData`. */
  readonly createAsset = this.#write("asset", assets.createAsset, v1.CreateAssetRequest);
  readonly batchCreateAssets = this.#write("requests", assets.batchCreateAssets, v1.BatchCreateAssetsRequest);
  readonly getAsset = this.#read("name", assets.getAsset, v1.GetAssetRequest);
  readonly listAssets = this.#list("assets", assets.listAssets, v1.ListAssetsRequest);
  readonly updateAsset = this.#write("asset", assets.updateAsset, v1.UpdateAssetRequest);
  readonly deleteAsset = this.#write("name", assets.deleteAsset, v1.DeleteAssetRequest);
  /** Of an upstream; of `""`: the caller's first. */
  readonly getLibraryUsage = this.#read("upstream", assets.getLibraryUsage, v1.GetLibraryUsageRequest);

  readonly createTask = this.#write("generationTask", tasks.createGenerationTask, v1.CreateGenerationTaskRequest);
  readonly getTask = this.#read("name", tasks.getGenerationTask, v1.GetGenerationTaskRequest);
  readonly listTasks = this.#list("generationTasks", tasks.listGenerationTasks, v1.ListGenerationTasksRequest);
  /** Of an upstream, then the other filters; of `""`: of all upstreams. */
  readonly countTasks = this.#read("upstream", tasks.countGenerationTasks, v1.CountGenerationTasksRequest);
  readonly cancelTask = this.#write("name", tasks.cancelGenerationTask, v1.CancelGenerationTaskRequest);
  readonly deleteTask = this.#write("name", tasks.deleteGenerationTask, v1.DeleteGenerationTaskRequest);

  // A reconciliation is not repeated: after a try that worked, a second one would be told that there is no doubt.
  readonly reconcileTask = this.#write(
    "name", tasks.reconcileGenerationTask, v1.ReconcileGenerationTaskRequest, false);
  readonly listCreationsInDoubt = this.#list(
    "creations", creations.listCreationsInDoubt, v1.ListCreationsInDoubtRequest);
  /** `kind`, then `requestId` and the verdict. */
  readonly reconcileCreation = this.#write("kind", creations.reconcileCreation, v1.ReconcileCreationRequest, false);

  /** Those that the caller may use; a request that names none goes to the first. */
  async listUpstreams(options: CallOptions = {}): Promise<v1.Upstream[]> {
    return (await this.#caller.unary(upstreams.listUpstreams, {}, this.#limits("readMs", options))).upstreams;
  }
  /** Of an upstream; of `""`: of all. */
  readonly listModels = this.#read("upstream", upstreams.listModels, v1.ListModelsRequest);

  /** Uploads what `source` has, and reads on only as fast as the gateway takes it. Rejects with its errors too. */
  async uploadAsset(source: Source, asset: Part<v1.Asset>, options: UploadOptions = {}): Promise<v1.Asset> {
    const { reuseContent = false, requestId = newRequestId(), sizeBytes = 0, onProgress } = options;
    const upload = await Upload.of(source, sizeBytes, onProgress);
    const fileName = options.fileName || upload.name || asset.displayName || "";
    return this.#caller.upload(
      assets.uploadAsset, upload, { asset, requestId, reuseContent, fileName, sizeBytes: upload.total },
      this.#limits("uploadMs", options));
  }

  /** Follows an asset until it is ACTIVE, FAILED or EXPIRED, through restarts and broken networks. */
  watchAsset(name: string, options: WatchOptions = {}): Watch<v1.Asset> {
    const state = new WatchState(name, options.resumeToken, (message: v1.WatchAssetResponse) => message.asset);
    const life = new Lifetime(options.signal);
    return new Watch(this.#caller.stream(assets.watchAsset, state, options, life), state, life);
  }

  /** Follows a task until it ends, through restarts of the gateway and broken networks. */
  watchTask(name: string, options: WatchOptions = {}): Watch<v1.GenerationTask> {
    const of = (message: v1.WatchGenerationTaskResponse) => message.generationTask;
    const state = new WatchState(name, options.resumeToken, of);
    const life = new Lifetime(options.signal);
    return new Watch(this.#caller.stream(tasks.watchGenerationTask, state, options, life), state, life);
  }

  /** Follows all tasks that match, as a live map, until it is closed. */
  watchTasks(request: Given<v1.WatchGenerationTasksRequest> = {}): TasksWatch {
    const state = new TasksState(request);
    const life = new Lifetime(request.signal);
    return new TasksWatch(this.#caller.stream(tasks.watchGenerationTasks, state, request, life), state, life);
  }

  /**
   * Writes a finished task's file to a path, by way of `<path>.part`, or to a stream. What broke off goes on at the
   * offset reached. Rejects with DataLoss when the bytes are not those of the file, and with errors of the target.
   */
  async download(name: string, target: Sink, options: DownloadOptions = {}): Promise<DownloadResult> {
    const { VIDEO, LAST_FRAME } = v1.DownloadGenerationResultRequest_Part;
    const { part = VIDEO, onProgress, signal } = options;
    const state = new DownloadState({ name, part });
    const file = await Target.of(target);
    const life = new Lifetime(signal);
    try {
      for await (const data of this.#caller.stream(tasks.downloadGenerationResult, state, options, life)) {
        await file.write(data);
        onProgress?.(state.offset, state.total);
      }
      const result = state.result();
      if (part !== LAST_FRAME) checkFile(result, await this.getTask(name, { signal }));
      await file.commit();
      return result;
    } finally {
      await file.close();
    }
  }

  #limits(kind: "readMs" | "writeMs" | "uploadMs", { timeoutMs, signal }: CallOptions = {}): CallOptions {
    return { timeoutMs: timeoutMs ?? this.#settings.timeouts[kind], signal };
  }

  #read<Req, Field extends keyof Req, Res>(
    field: Field, rpc: MethodDefinition<Req, Res>, type: v1.MessageFns<Req>,
  ): Method<Req, Field, Res> {
    return (given, options) => this.#caller.unary(
      rpc, type.fromPartial({ ...options as object, [field]: given } as Part<Req>), this.#limits("readMs", options));
  }

  #write<Req, Field extends keyof Req, Res>(
    field: Field, rpc: MethodDefinition<Req, Res>, type: v1.MessageFns<Req>, repeat = true,
  ): Method<Req, Field, Res> {
    return (given, options) => {
      const request = type.fromPartial({ ...options as object, [field]: given } as Part<Req>);
      const { requests = [], allowMissing = true } = request as { requests?: object[]; allowMissing?: boolean };
      for (const one of [request, ...requests] as { requestId?: string }[]) {
        // Of a reconciliation it names the creation.
        if (repeat && one.requestId === "") one.requestId = newRequestId();
      }
      return this.#caller.unary(rpc, request, this.#limits("writeMs", options), repeat && allowMissing);
    };
  }

  #list<
    Req extends { pageToken: string }, Field extends string,
    Page extends { nextPageToken: string } & Record<Field, unknown[]>,
  >(
    field: Field, rpc: MethodDefinition<Req, Page>, type: v1.MessageFns<Req>,
  ): Pages<Req, Page[Field][number]> {
    const client = this;
    return async function* (request) {
      for (let pageToken = request?.pageToken; ;) {
        const asked = type.fromPartial({ ...request, pageToken } as Part<Req>);
        const page = await client.#caller.unary(rpc, asked, client.#limits("readMs", request));
        yield* page[field];
        if (!(pageToken = page.nextPageToken)) return undefined;
      }
    };
  }
}
