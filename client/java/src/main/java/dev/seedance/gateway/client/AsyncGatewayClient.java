package dev.seedance.gateway.client;

import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.AssetGroup;
import dev.seedance.gateway.v1.AssetGroupServiceGrpc;
import dev.seedance.gateway.v1.AssetServiceGrpc;
import dev.seedance.gateway.v1.BatchCreateAssetsRequest;
import dev.seedance.gateway.v1.BatchCreateAssetsResponse;
import dev.seedance.gateway.v1.CancelGenerationTaskRequest;
import dev.seedance.gateway.v1.CountGenerationTasksRequest;
import dev.seedance.gateway.v1.CountGenerationTasksResponse;
import dev.seedance.gateway.v1.CreateAssetGroupRequest;
import dev.seedance.gateway.v1.CreateAssetRequest;
import dev.seedance.gateway.v1.CreateGenerationTaskRequest;
import dev.seedance.gateway.v1.Creation;
import dev.seedance.gateway.v1.CreationServiceGrpc;
import dev.seedance.gateway.v1.DeleteAssetGroupRequest;
import dev.seedance.gateway.v1.DeleteAssetRequest;
import dev.seedance.gateway.v1.DeleteGenerationTaskRequest;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.GenerationTaskServiceGrpc;
import dev.seedance.gateway.v1.GetAssetGroupRequest;
import dev.seedance.gateway.v1.GetAssetRequest;
import dev.seedance.gateway.v1.GetGenerationTaskRequest;
import dev.seedance.gateway.v1.GetLibraryUsageRequest;
import dev.seedance.gateway.v1.LibraryUsage;
import dev.seedance.gateway.v1.ListAssetGroupsRequest;
import dev.seedance.gateway.v1.ListAssetGroupsResponse;
import dev.seedance.gateway.v1.ListAssetsRequest;
import dev.seedance.gateway.v1.ListAssetsResponse;
import dev.seedance.gateway.v1.ListCreationsInDoubtRequest;
import dev.seedance.gateway.v1.ListCreationsInDoubtResponse;
import dev.seedance.gateway.v1.ListGenerationTasksRequest;
import dev.seedance.gateway.v1.ListGenerationTasksResponse;
import dev.seedance.gateway.v1.ListModelsRequest;
import dev.seedance.gateway.v1.ListModelsResponse;
import dev.seedance.gateway.v1.ListUpstreamsRequest;
import dev.seedance.gateway.v1.ListUpstreamsResponse;
import dev.seedance.gateway.v1.ReconcileCreationRequest;
import dev.seedance.gateway.v1.ReconcileCreationResponse;
import dev.seedance.gateway.v1.ReconcileGenerationTaskRequest;
import dev.seedance.gateway.v1.ReconcileGenerationTaskResponse;
import dev.seedance.gateway.v1.UpdateAssetGroupRequest;
import dev.seedance.gateway.v1.UpdateAssetRequest;
import dev.seedance.gateway.v1.UpstreamServiceGrpc;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;

/**
 * Client of seedance-gateway that never blocks. Thread-safe; make one and share it, it holds one connection, which is
 * made with the first call.
 *
 * <p>The protos document each RPC. A method takes the whole request, or what it is mostly about: a resource, a name. A
 * mutating call gets a random request_id where it has none, and keeps it over its tries. A future fails with a
 * GatewayException; to cancel it ends the call. A list gives the items of all pages, to one subscriber.
 */
public final class AsyncGatewayClient implements AutoCloseable {
  private final Core core;
  private final Duration timeout; // Null: those of the options.

  /** Connects to {@code host:port} in plain text. */
  public AsyncGatewayClient(String endpoint) {
    this(new Options(endpoint));
  }

  /** UncheckedIOException: a file of the options cannot be read. */
  public AsyncGatewayClient(Options options) {
    this(new Core(options), null);
  }

  private AsyncGatewayClient(Core core, Duration timeout) {
    this.core = core;
    this.timeout = timeout;
  }

  /** The same client with a time limit for each call, page, watch, upload and download, all tries together. */
  public AsyncGatewayClient withTimeout(Duration timeout) { return new AsyncGatewayClient(core, timeout); }

  /** Ends all calls under way. */
  @Override
  public void close() {
    core.close();
  }

  public CompletableFuture<AssetGroup> createGroup(AssetGroup group) {
    return createGroup(CreateAssetGroupRequest.newBuilder().setAssetGroup(group).build());
  }

  public CompletableFuture<AssetGroup> createGroup(CreateAssetGroupRequest request) {
    return write(AssetGroupServiceGrpc.getCreateAssetGroupMethod(), request);
  }

  public CompletableFuture<AssetGroup> getGroup(String name) {
    return read(AssetGroupServiceGrpc.getGetAssetGroupMethod(),
        GetAssetGroupRequest.newBuilder().setName(name).build());
  }

  public Flow.Publisher<AssetGroup> listGroups(ListAssetGroupsRequest request) {
    return list(AssetGroupServiceGrpc.getListAssetGroupsMethod(), request, r -> r.getAssetGroupsList());
  }

  public CompletableFuture<AssetGroup> updateGroup(AssetGroup group) {
    return updateGroup(UpdateAssetGroupRequest.newBuilder().setAssetGroup(group).build());
  }

  public CompletableFuture<AssetGroup> updateGroup(UpdateAssetGroupRequest request) {
    return write(AssetGroupServiceGrpc.getUpdateAssetGroupMethod(), request);
  }

  public CompletableFuture<Empty> deleteGroup(String name) {
    return deleteGroup(DeleteAssetGroupRequest.newBuilder().setName(name).build());
  }

  public CompletableFuture<Empty> deleteGroup(DeleteAssetGroupRequest request) {
    return write(AssetGroupServiceGrpc.getDeleteAssetGroupMethod(), request);
  }

  public CompletableFuture<Asset> createAsset(CreateAssetRequest request) {
    return write(AssetServiceGrpc.getCreateAssetMethod(), request);
  }

  public CompletableFuture<BatchCreateAssetsResponse> batchCreateAssets(BatchCreateAssetsRequest request) {
    return write(AssetServiceGrpc.getBatchCreateAssetsMethod(), request);
  }

  public CompletableFuture<Asset> getAsset(String name) {
    return read(AssetServiceGrpc.getGetAssetMethod(), GetAssetRequest.newBuilder().setName(name).build());
  }

  public Flow.Publisher<Asset> listAssets(ListAssetsRequest request) {
    return list(AssetServiceGrpc.getListAssetsMethod(), request, r -> r.getAssetsList());
  }

  public CompletableFuture<Asset> updateAsset(Asset asset) {
    return updateAsset(UpdateAssetRequest.newBuilder().setAsset(asset).build());
  }

  public CompletableFuture<Asset> updateAsset(UpdateAssetRequest request) {
    return write(AssetServiceGrpc.getUpdateAssetMethod(), request);
  }

  public CompletableFuture<Empty> deleteAsset(String name) {
    return deleteAsset(DeleteAssetRequest.newBuilder().setName(name).build());
  }

  public CompletableFuture<Empty> deleteAsset(DeleteAssetRequest request) {
    return write(AssetServiceGrpc.getDeleteAssetMethod(), request);
  }

  public CompletableFuture<LibraryUsage> getLibraryUsage(String upstream) {
    return read(AssetServiceGrpc.getGetLibraryUsageMethod(),
        GetLibraryUsageRequest.newBuilder().setUpstream(upstream).build());
  }

  public CompletableFuture<GenerationTask> createTask(GenerationTask task) {
    return createTask(CreateGenerationTaskRequest.newBuilder().setGenerationTask(task).build());
  }

  public CompletableFuture<GenerationTask> createTask(CreateGenerationTaskRequest request) {
    return write(GenerationTaskServiceGrpc.getCreateGenerationTaskMethod(), request);
  }

  public CompletableFuture<GenerationTask> getTask(String name) {
    return read(GenerationTaskServiceGrpc.getGetGenerationTaskMethod(),
        GetGenerationTaskRequest.newBuilder().setName(name).build());
  }

  public Flow.Publisher<GenerationTask> listTasks(ListGenerationTasksRequest request) {
    return list(GenerationTaskServiceGrpc.getListGenerationTasksMethod(), request, r -> r.getGenerationTasksList());
  }

  public CompletableFuture<CountGenerationTasksResponse> countTasks(CountGenerationTasksRequest request) {
    return read(GenerationTaskServiceGrpc.getCountGenerationTasksMethod(), request);
  }

  public CompletableFuture<GenerationTask> cancelTask(String name) {
    return cancelTask(CancelGenerationTaskRequest.newBuilder().setName(name).build());
  }

  public CompletableFuture<GenerationTask> cancelTask(CancelGenerationTaskRequest request) {
    return write(GenerationTaskServiceGrpc.getCancelGenerationTaskMethod(), request);
  }

  public CompletableFuture<Empty> deleteTask(String name) {
    return deleteTask(DeleteGenerationTaskRequest.newBuilder().setName(name).build());
  }

  public CompletableFuture<Empty> deleteTask(DeleteGenerationTaskRequest request) {
    return write(GenerationTaskServiceGrpc.getDeleteGenerationTaskMethod(), request);
  }

  public CompletableFuture<ReconcileGenerationTaskResponse> reconcileTask(ReconcileGenerationTaskRequest request) {
    return once(GenerationTaskServiceGrpc.getReconcileGenerationTaskMethod(), request);
  }

  public Flow.Publisher<Creation> listCreationsInDoubt(ListCreationsInDoubtRequest request) {
    return list(CreationServiceGrpc.getListCreationsInDoubtMethod(), request, r -> r.getCreationsList());
  }

  public CompletableFuture<ReconcileCreationResponse> reconcileCreation(ReconcileCreationRequest request) {
    return once(CreationServiceGrpc.getReconcileCreationMethod(), request);
  }

  /** Those that the caller may use; a request that names none goes to the first. */
  public CompletableFuture<ListUpstreamsResponse> listUpstreams() {
    return read(UpstreamServiceGrpc.getListUpstreamsMethod(), ListUpstreamsRequest.getDefaultInstance());
  }

  /** Of an upstream; of an empty name: of all. */
  public CompletableFuture<ListModelsResponse> listModels(String upstream) {
    return read(UpstreamServiceGrpc.getListModelsMethod(),
        ListModelsRequest.newBuilder().setUpstream(upstream).build());
  }

  /** Uploads a file, and reads on only as fast as the gateway takes it. UncheckedIOException: it cannot be read. */
  public CompletableFuture<Asset> uploadAsset(Path path, Asset asset) { return uploadAsset(Upload.of(path, asset)); }

  /** Uploads a file, bytes or a stream, which a thread of the client reads. */
  public CompletableFuture<Asset> uploadAsset(Upload upload) {
    Upload.Sender sender = upload.sender();
    var method = AssetServiceGrpc.getUploadAssetMethod();
    Attempts attempts = attempts(method, core.options.uploadTimeout, true, false);
    UnaryCall<?, Asset> call = new UnaryCall<>(core, method, attempts, sender.requestId(), sender);
    call.whenComplete((asset, error) -> sender.close());
    return call.start();
  }

  /** Follows an asset until it is ACTIVE, FAILED or EXPIRED. */
  public AsyncWatch<Asset> watchAsset(String name) { return watchAsset(name, ""); }

  /** Goes on at the resume token of another watch. */
  public AsyncWatch<Asset> watchAsset(String name, String resumeToken) {
    var state = WatchState.ofAsset(name, resumeToken);
    return new AsyncWatch<>(stream(AssetServiceGrpc.getWatchAssetMethod(), state), state);
  }

  /** Follows a task until it ends. */
  public AsyncWatch<GenerationTask> watchTask(String name) { return watchTask(name, ""); }

  /** Goes on at the resume token of another watch. */
  public AsyncWatch<GenerationTask> watchTask(String name, String resumeToken) {
    var state = WatchState.ofTask(name, resumeToken);
    return new AsyncWatch<>(stream(GenerationTaskServiceGrpc.getWatchGenerationTaskMethod(), state), state);
  }

  /** Follows all tasks that match, as a live map, until it is closed. */
  public AsyncTasksWatch watchTasks(WatchGenerationTasksRequest request) {
    TasksState state = new TasksState(request);
    return new AsyncTasksWatch(stream(GenerationTaskServiceGrpc.getWatchGenerationTasksMethod(), state), state);
  }

  /** Downloads a finished task's video. DataLoss: the bytes are not those of the file. */
  public CompletableFuture<DownloadResult> download(String name, Path path) {
    return download(Download.of(name, path));
  }

  /** Downloads a file, which a thread of the client writes; what broke off goes on at the offset reached. */
  public CompletableFuture<DownloadResult> download(Download download) {
    DownloadState state = new DownloadState(download.name, download.part);
    Download.Writer writer = download.writer(this, state);
    stream(GenerationTaskServiceGrpc.getDownloadGenerationResultMethod(), state).subscribe(writer);
    return writer;
  }

  private <Q extends Message, R> CompletableFuture<R> read(MethodDescriptor<Q, R> method, Q request) {
    return unary(method, request, attempts(method, core.options.readTimeout, true, false));
  }

  private <Q extends Message, R> CompletableFuture<R> write(MethodDescriptor<Q, R> method, Q request) {
    boolean repeat = Requests.mayBeRepeated(request);
    return unary(method, Requests.withRequestIds(request), attempts(method, core.options.writeTimeout, repeat, false));
  }

  /** A reconciliation: after a try that worked, a second one would be told that there is no doubt. */
  private <Q extends Message, R> CompletableFuture<R> once(MethodDescriptor<Q, R> method, Q request) {
    return unary(method, request, attempts(method, core.options.writeTimeout, false, false));
  }

  private <Q extends Message, R extends Message, T> Flow.Publisher<T> list(MethodDescriptor<Q, R> method, Q request,
      Function<R, List<T>> items) {
    return new Pages<>(request, page -> read(method, page), items);
  }

  private <Q extends Message, R> CompletableFuture<R> unary(MethodDescriptor<Q, R> method, Q request,
      Attempts attempts) {
    return new UnaryCall<>(core, method, attempts, Requests.requestId(request), new UnaryCall.Sending<Q>() {
      @Override
      public void begin(ClientCall<Q, ?> call) {
        call.sendMessage(request);
        call.halfClose();
      }
    }).start();
  }

  private <Q, R, T> StreamCall<Q, R, T> stream(MethodDescriptor<Q, R> method, StreamCall.State<Q, R, T> state) {
    return new StreamCall<>(core, method, state, attempts(method, null, true, true));
  }

  private Attempts attempts(MethodDescriptor<?, ?> method, Duration limit, boolean repeat, boolean stream) {
    return new Attempts(method.getBareMethodName(), core.options, timeout == null ? limit : timeout, repeat, stream);
  }
}
