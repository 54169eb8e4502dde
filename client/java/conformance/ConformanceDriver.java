import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.seedance.gateway.client.AsyncGatewayClient;
import dev.seedance.gateway.client.Download;
import dev.seedance.gateway.client.DownloadResult;
import dev.seedance.gateway.client.GatewayClient;
import dev.seedance.gateway.client.GatewayException;
import dev.seedance.gateway.client.Options;
import dev.seedance.gateway.client.TaskChange;
import dev.seedance.gateway.client.Upload;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.AssetGroup;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.MediaType;
import dev.seedance.gateway.v1.Reference;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.function.Predicate;

/** Driver of the conformance suite (client/conformance/README.md): with --async for AsyncGatewayClient. */
final class ConformanceDriver {
  private static final int STATE_PREFIX = "STATE_".length();

  private final GatewayClient client;
  private final AsyncGatewayClient async; // Null: the blocking one is asked.
  private final JsonObject params;

  private ConformanceDriver(GatewayClient client, boolean async, JsonObject params) {
    this.client = client;
    this.async = async ? client.async() : null;
    this.params = params;
  }

  public static void main(String[] args) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    JsonObject asked = JsonParser.parseString(input.readLine()).getAsJsonObject();
    JsonObject params = asked.getAsJsonObject("params");
    Options options = new Options(asked.get("endpoint").getAsString());
    if (params.has("attempts")) {
      options = options.attempts(params.get("attempts").getAsInt());
    }
    try (GatewayClient client = new GatewayClient(options)) {
      var driver = new ConformanceDriver(client, List.of(args).contains("--async"), params);
      say(Map.of("result", driver.run(asked.get("operation").getAsString())));
    } catch (GatewayException error) {
      say(Map.of("result", Map.of("error", described(error))));
    }
  }

  private Map<String, ?> run(String operation) throws Exception {
    return switch (operation) {
      case "job" -> job();
      case "create" -> Map.of("name", create());
      case "generate" -> watch(create());
      case "watch" -> watch(params.get("name").getAsString());
      case "tasks" -> tasks();
      case "upload" -> upload();
      case "download" -> download(params.get("name").getAsString());
      case "errors" -> errors();
      default -> Map.of("unsupported", operation);
    };
  }

  private Map<String, ?> job() throws Exception {
    Asset hero = Asset.newBuilder().setAssetGroup(createGroup()).setDisplayName("hero").build();
    Upload upload = Upload.of(Path.of(params.get("file").getAsString()), hero);
    Asset asset = async == null ? client.uploadAsset(upload) : get(async.uploadAsset(upload));
    asset = async == null ? client.watchAsset(asset.getName()).await() : get(async.watchAsset(asset.getName()).last());
    String task = create(GenerationTask.newBuilder().setPrompt("@image1 walks in the rain")
        .addReferences(Reference.newBuilder().setAsset(asset.getName())).build());
    var result = new JsonObject();
    result.addProperty("asset_state", asset.getState().name().substring(STATE_PREFIX));
    for (Map<String, ?> part : List.of(watch(task), download(task))) {
      part.forEach((key, value) -> result.add(key, new Gson().toJsonTree(value)));
    }
    return result.asMap();
  }

  private String createGroup() {
    AssetGroup group = AssetGroup.newBuilder().setDisplayName("conformance " + UUID.randomUUID()).build();
    return (async == null ? client.createGroup(group) : get(async.createGroup(group))).getName();
  }

  private String create() {
    String prompt = params.has("prompt") ? params.get("prompt").getAsString() : "a cat walks in the rain";
    return create(GenerationTask.newBuilder().setPrompt(prompt).build());
  }

  private String create(GenerationTask task) {
    return (async == null ? client.createTask(task) : get(async.createTask(task))).getName();
  }

  private Map<String, ?> watch(String name) throws Exception {
    GenerationTask task;
    if (async == null) {
      try (var watch = client.watchTask(name)) {
        for (GenerationTask snapshot : watch) {
          seen(snapshot);
        }
        task = watch.await();
      }
    } else {
      Taker<GenerationTask> taker = new Taker<>(this::seen);
      async.watchTask(name).subscribe(taker);
      task = get(taker);
    }
    return Map.of("name", task.getName(), "state", state(task));
  }

  /** Returns whether it goes on. */
  private boolean seen(GenerationTask task) {
    say(Map.of("event", "snapshot", "state", state(task), "revision", task.getRevision()));
    try {
      Thread.sleep(params.has("pause") ? (long) (params.get("pause").getAsDouble() * 1000) : 0);
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
    return true;
  }

  private Map<String, ?> tasks() throws Exception {
    List<String> names = new ArrayList<>();
    List<String> states = new ArrayList<>();
    var request = WatchGenerationTasksRequest.getDefaultInstance();
    if (async == null) {
      try (var live = client.watchTasks(request)) {
        live.awaitSynced();
        createAll(names);
        for (TaskChange change : live) {
          if (!changed(change, live.tasks(), names, states)) {
            break;
          }
        }
      }
    } else {
      try (var live = async.watchTasks(request)) {
        get(live.synced());
        createAll(names);
        Taker<TaskChange> taker = new Taker<>(change -> changed(change, live.tasks(), names, states));
        live.subscribe(taker);
        get(taker);
      }
    }
    return Map.of("states", states);
  }

  private void createAll(List<String> names) {
    for (int i = 0; i < params.get("count").getAsInt(); i++) {
      names.add(create());
    }
  }

  private static boolean changed(TaskChange change, Map<String, GenerationTask> tasks, List<String> names,
      List<String> states) {
    say(Map.of("event", "change", "state", change.task().map(ConformanceDriver::state).orElse("")));
    states.clear();
    names.stream().filter(tasks::containsKey).forEach(name -> states.add(state(tasks.get(name))));
    return Collections.frequency(states, "SUCCEEDED") < names.size();
  }

  private Map<String, ?> upload() {
    Asset hero = Asset.newBuilder().setAssetGroup(createGroup()).setDisplayName("hero")
        .setMediaType(MediaType.MEDIA_TYPE_IMAGE).build();
    Noise noise = params.has("size") ? new Noise(params.get("size").getAsLong()) : null;
    Upload upload = noise != null ? Upload.of(noise, hero).sizeBytes(noise.size)
        : Upload.of(Path.of(params.get("file").getAsString()), hero);
    upload.fileName("hero.png");
    say(Map.of("event", "ready"));
    try {
      return Map.of("asset", (async == null ? client.uploadAsset(upload) : get(async.uploadAsset(upload))).getName());
    } catch (GatewayException error) {
      return Map.of("error", described(error), "read", noise == null ? 0 : noise.read);
    }
  }

  private Map<String, ?> download(String name) {
    Download download = Download.of(name, Path.of(params.get("output").getAsString()));
    DownloadResult result = async == null ? client.download(download) : get(async.download(download));
    return Map.of("size", result.sizeBytes(), "sha256", result.sha256());
  }

  private Map<String, ?> errors() {
    JsonArray found = new JsonArray();
    for (JsonElement given : params.getAsJsonArray("names")) {
      String name = given.getAsString();
      try {
        GenerationTask task = async == null ? client.getTask(name) : get(async.getTask(name));
        throw new IllegalStateException("no error for " + task.getName());
      } catch (GatewayException error) {
        found.add(described(error));
      }
    }
    return Map.of("errors", found);
  }

  private static JsonObject described(GatewayException error) {
    var result = new JsonObject();
    result.addProperty("type", error.getClass().getSimpleName());
    result.addProperty("reason", error.reason());
    result.addProperty("code", error.code().map(Enum::name).orElse(null));
    result.addProperty("message", error.description());
    result.addProperty("advice", error.advice());
    result.addProperty("retry_delay", error.retryDelay().map(delay -> delay.toMillis() / 1000.0).orElse(null));
    result.addProperty("resource_name", error.resourceName());
    result.addProperty("upstream_code", error.metadata().get("upstream_code"));
    var violations = new JsonArray();
    error.violations().forEach(one -> violations.add(new Gson().toJsonTree(List.of(one.field(), one.description()))));
    result.add("violations", violations);
    return result;
  }

  private static String state(GenerationTask task) {
    return task.getState().name().substring(STATE_PREFIX);
  }

  private static synchronized void say(Map<String, ?> what) {
    System.out.println(new Gson().toJson(what));
    System.out.flush();
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException error) {
      throw error.getCause() instanceof RuntimeException known ? known : error;
    }
  }

  /** Takes items one by one until its function says that it has enough; completes with the last one. */
  private static final class Taker<T> extends CompletableFuture<T> implements Flow.Subscriber<T> {
    private final Predicate<T> take;
    private Flow.Subscription subscription;
    private T last;

    Taker(Predicate<T> take) {
      this.take = take;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public void onNext(T item) {
      last = item;
      if (take.test(item)) {
        subscription.request(1);
      } else {
        complete(item);
      }
    }

    @Override
    public void onError(Throwable error) {
      completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      complete(last);
    }
  }

  /** A source of bytes that are no picture, which counts what was read. */
  private static final class Noise extends InputStream {
    private final long size;
    private volatile long read;

    Noise(long size) {
      this.size = size;
    }

    @Override
    public int read() {
      return read < size ? 0x55 * bytes(1) : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (read >= size) {
        return -1;
      }
      int count = bytes(length);
      Arrays.fill(target, offset, offset + count, (byte) 0x55);
      return count;
    }

    private int bytes(int wanted) {
      int count = (int) Math.min(wanted, size - read);
      read += count;
      return count;
    }
  }
}
