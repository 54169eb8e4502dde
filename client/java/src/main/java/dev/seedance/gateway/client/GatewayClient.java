package dev.seedance.gateway.client;

import static dev.seedance.gateway.client.BlockingReader.get;

import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.AssetGroup;
import dev.seedance.gateway.v1.BatchCreateAssetsRequest;
import dev.seedance.gateway.v1.BatchCreateAssetsResponse;
import dev.seedance.gateway.v1.CancelGenerationTaskRequest;
import dev.seedance.gateway.v1.CountGenerationTasksRequest;
import dev.seedance.gateway.v1.CountGenerationTasksResponse;
import dev.seedance.gateway.v1.CreateAssetGroupRequest;
import dev.seedance.gateway.v1.CreateAssetRequest;
import dev.seedance.gateway.v1.CreateGenerationTaskRequest;
import dev.seedance.gateway.v1.Creation;
import dev.seedance.gateway.v1.DeleteAssetGroupRequest;
import dev.seedance.gateway.v1.DeleteAssetRequest;
import dev.seedance.gateway.v1.DeleteGenerationTaskRequest;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.LibraryUsage;
import dev.seedance.gateway.v1.ListAssetGroupsRequest;
import dev.seedance.gateway.v1.ListAssetsRequest;
import dev.seedance.gateway.v1.ListCreationsInDoubtRequest;
import dev.seedance.gateway.v1.ListGenerationTasksRequest;
import dev.seedance.gateway.v1.ListModelsResponse;
import dev.seedance.gateway.v1.ListUpstreamsResponse;
import dev.seedance.gateway.v1.ReconcileCreationRequest;
import dev.seedance.gateway.v1.ReconcileCreationResponse;
import dev.seedance.gateway.v1.ReconcileGenerationTaskRequest;
import dev.seedance.gateway.v1.ReconcileGenerationTaskResponse;
import dev.seedance.gateway.v1.UpdateAssetGroupRequest;
import dev.seedance.gateway.v1.UpdateAssetRequest;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Client of seedance-gateway whose calls block. Thread-safe; make one and share it, it holds one connection, which is
 * made with the first call.
 *
 * <p>The protos document each RPC. A method takes the whole request, or what it is mostly about: a resource, a name. A
 * mutating call gets a random request_id where it has none, and keeps it over its tries. All throw GatewayException; a
 * thread that is interrupted ends its call, with the error Cancelled. A list gives the items of all pages.
 */
public final class GatewayClient implements AutoCloseable {
  private final AsyncGatewayClient async;

  /** Connects to {@code host:port} in plain text. */
  public GatewayClient(String endpoint) {
    this(new Options(endpoint));
  }

  /** UncheckedIOException: a file of the options cannot be read. */
  public GatewayClient(Options options) {
    this(new AsyncGatewayClient(options));
  }

  private GatewayClient(AsyncGatewayClient async) {
    this.async = async;
  }

  /** The client that never blocks, with the same connection. */
  public AsyncGatewayClient async() { return async; }

  /** The same client with a time limit for each call, page, watch, upload and download, all tries together. */
  public GatewayClient withTimeout(Duration timeout) { return new GatewayClient(async.withTimeout(timeout)); }

  /** Ends all calls under way, also those of {@link #async} and {@link #withTimeout}. */
  @Override
  public void close() {
    async.close();
  }

  public AssetGroup createGroup(AssetGroup group) { return get(async.createGroup(group)); }
  public AssetGroup createGroup(CreateAssetGroupRequest request) { return get(async.createGroup(request)); }
  public AssetGroup getGroup(String name) { return get(async.getGroup(name)); }

  public Iterable<AssetGroup> listGroups(ListAssetGroupsRequest request) {
    return () -> new BlockingReader<>(async.listGroups(request));
  }

  public AssetGroup updateGroup(AssetGroup group) { return get(async.updateGroup(group)); }
  public AssetGroup updateGroup(UpdateAssetGroupRequest request) { return get(async.updateGroup(request)); }
  public void deleteGroup(String name) { get(async.deleteGroup(name)); }
  public void deleteGroup(DeleteAssetGroupRequest request) { get(async.deleteGroup(request)); }
  public Asset createAsset(CreateAssetRequest request) { return get(async.createAsset(request)); }

  public BatchCreateAssetsResponse batchCreateAssets(BatchCreateAssetsRequest request) {
    return get(async.batchCreateAssets(request));
  }

  public Asset getAsset(String name) { return get(async.getAsset(name)); }

  public Iterable<Asset> listAssets(ListAssetsRequest request) {
    return () -> new BlockingReader<>(async.listAssets(request));
  }

  public Asset updateAsset(Asset asset) { return get(async.updateAsset(asset)); }
  public Asset updateAsset(UpdateAssetRequest request) { return get(async.updateAsset(request)); }
  public void deleteAsset(String name) { get(async.deleteAsset(name)); }
  public void deleteAsset(DeleteAssetRequest request) { get(async.deleteAsset(request)); }
  public LibraryUsage getLibraryUsage(String upstream) { return get(async.getLibraryUsage(upstream)); }
  public GenerationTask createTask(GenerationTask task) { return get(async.createTask(task)); }
  public GenerationTask createTask(CreateGenerationTaskRequest request) { return get(async.createTask(request)); }
  public GenerationTask getTask(String name) { return get(async.getTask(name)); }

  public Iterable<GenerationTask> listTasks(ListGenerationTasksRequest request) {
    return () -> new BlockingReader<>(async.listTasks(request));
  }

  public CountGenerationTasksResponse countTasks(CountGenerationTasksRequest request) {
    return get(async.countTasks(request));
  }

  public GenerationTask cancelTask(String name) { return get(async.cancelTask(name)); }
  public GenerationTask cancelTask(CancelGenerationTaskRequest request) { return get(async.cancelTask(request)); }
  public void deleteTask(String name) { get(async.deleteTask(name)); }
  public void deleteTask(DeleteGenerationTaskRequest request) { get(async.deleteTask(request)); }

  public ReconcileGenerationTaskResponse reconcileTask(ReconcileGenerationTaskRequest request) {
    return get(async.reconcileTask(request));
  }

  public Iterable<Creation> listCreationsInDoubt(ListCreationsInDoubtRequest request) {
    return () -> new BlockingReader<>(async.listCreationsInDoubt(request));
  }

  public ReconcileCreationResponse reconcileCreation(ReconcileCreationRequest request) {
    return get(async.reconcileCreation(request));
  }

  /** Those that the caller may use; a request that names none goes to the first. */
  public ListUpstreamsResponse listUpstreams() { return get(async.listUpstreams()); }
  /** Of an upstream; of an empty name: of all. */
  public ListModelsResponse listModels(String upstream) { return get(async.listModels(upstream)); }

  /** Uploads a file, and reads on only as fast as the gateway takes it. UncheckedIOException: it cannot be read. */
  public Asset uploadAsset(Path path, Asset asset) { return get(async.uploadAsset(path, asset)); }

  /** Uploads a file, bytes or a stream. */
  public Asset uploadAsset(Upload upload) { return get(async.uploadAsset(upload)); }

  /** Follows an asset until it is ACTIVE, FAILED or EXPIRED. */
  public Watch<Asset> watchAsset(String name) { return new Watch<>(async.watchAsset(name)); }

  /** Goes on at the resume token of another watch. */
  public Watch<Asset> watchAsset(String name, String resumeToken) {
    return new Watch<>(async.watchAsset(name, resumeToken));
  }

  /** Follows a task until it ends. */
  public Watch<GenerationTask> watchTask(String name) { return new Watch<>(async.watchTask(name)); }

  /** Goes on at the resume token of another watch. */
  public Watch<GenerationTask> watchTask(String name, String resumeToken) {
    return new Watch<>(async.watchTask(name, resumeToken));
  }

  /** Follows all tasks that match, as a live map, until it is closed. */
  public TasksWatch watchTasks(WatchGenerationTasksRequest request) {
    return new TasksWatch(async.watchTasks(request));
  }

  /** Downloads a finished task's video. DataLoss: the bytes are not those of the file. */
  public DownloadResult download(String name, Path path) { return get(async.download(name, path)); }

  /** Downloads a file; what broke off goes on at the offset reached. */
  public DownloadResult download(Download download) { return get(async.download(download)); }
}
