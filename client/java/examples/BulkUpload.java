import dev.seedance.gateway.client.AsyncGatewayClient;
import dev.seedance.gateway.client.Errors;
import dev.seedance.gateway.client.GatewayClient;
import dev.seedance.gateway.client.Options;
import dev.seedance.gateway.client.Upload;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.AssetGroup;
import dev.seedance.gateway.v1.ListAssetGroupsRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/**
 * Uploads the files of a folder as assets of one group, a few at a time, and says what became of each.
 *
 * <p>{@code java -cp ... BulkUpload.java 127.0.0.1:8443 pictures/}. Run again after an error, it pays for nothing
 * twice: files that the group has already are found by their content.
 */
final class BulkUpload {
  private static final int AT_A_TIME = 4;

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length < 2) {
      System.err.println("usage: BulkUpload host:port folder");
      System.exit(2);
    }
    Path folder = Path.of(args[1]).toRealPath();
    List<Path> paths;
    try (Stream<Path> files = Files.list(folder)) {
      paths = files.filter(Files::isRegularFile).sorted().toList();
    }
    try (GatewayClient client = new GatewayClient(new Options(args[0]).token(System.getenv("SEEDANCE_TOKEN")))) {
      String group = groupNamed(client, folder.getFileName().toString());
      Semaphore places = new Semaphore(AT_A_TIME);
      List<CompletableFuture<Boolean>> uploads = new ArrayList<>();
      for (Path path : paths) {
        places.acquire();
        uploads.add(upload(client.async(), group, path).whenComplete((done, error) -> places.release()));
      }
      long done = uploads.stream().filter(CompletableFuture::join).count();
      System.out.println(done + " of " + paths.size() + " files are in " + group);
      System.exit(done == paths.size() ? 0 : 1);
    }
  }

  /** The group of this name, which is made if there is none. */
  private static String groupNamed(GatewayClient client, String name) {
    var request = ListAssetGroupsRequest.newBuilder().setDisplayNameContains(name).build();
    for (AssetGroup group : client.listGroups(request)) {
      if (group.getDisplayName().equals(name)) {
        return group.getName();
      }
    }
    return client.createGroup(AssetGroup.newBuilder().setDisplayName(name).build()).getName();
  }

  private static CompletableFuture<Boolean> upload(AsyncGatewayClient client, String group, Path path) {
    Asset asset = Asset.newBuilder().setAssetGroup(group).setDisplayName(path.getFileName().toString()).build();
    return client.uploadAsset(Upload.of(path, asset).reuseContent(true))
        .thenCompose(made -> client.watchAsset(made.getName()).last().thenApply(checked -> {
          Errors.throwIfFailed(checked);
          System.out.println(path + ": " + made.getName() + (made.getReused() ? " (was there)" : ""));
          return true;
        }))
        .exceptionally(error -> {
          System.err.println(path + ": " + (error.getCause() == null ? error : error.getCause()).getMessage());
          return false;
        });
  }
}
