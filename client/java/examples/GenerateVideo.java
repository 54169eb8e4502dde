import dev.seedance.gateway.client.Download;
import dev.seedance.gateway.client.Errors;
import dev.seedance.gateway.client.GatewayClient;
import dev.seedance.gateway.client.GatewayException;
import dev.seedance.gateway.client.Options;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.AssetGroup;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.Reference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;

/**
 * Makes a video from a prompt and reference files, and downloads it.
 *
 * <p>{@code java -cp ... GenerateVideo.java 127.0.0.1:8443 rain.mp4 '@image1 walks in the rain' hero.png}
 */
final class GenerateVideo {
  public static void main(String[] args) {
    if (args.length < 3) {
      System.err.println("usage: GenerateVideo host:port output.mp4 prompt [file...]");
      System.exit(2);
    }
    Options options = new Options(args[0]).token(System.getenv("SEEDANCE_TOKEN"));
    try (GatewayClient client = new GatewayClient(options)) {
      generate(client, Path.of(args[1]), args[2], Arrays.copyOfRange(args, 3, args.length));
    } catch (GatewayException error) {
      System.err.println(error.getMessage());
      System.exit(1);
    }
  }

  private static void generate(GatewayClient client, Path output, String prompt, String[] files) {
    GenerationTask.Builder task = GenerationTask.newBuilder().setPrompt(prompt);
    if (files.length > 0) {
      String name = "example " + UUID.randomUUID().toString().substring(0, 8);
      String group = client.createGroup(AssetGroup.newBuilder().setDisplayName(name).build()).getName();
      for (String file : files) {
        task.addReferences(Reference.newBuilder().setAsset(upload(client, group, Path.of(file))));
      }
    }
    String name = client.createTask(task.build()).getName();
    try (var watch = client.watchTask(name)) {
      for (GenerationTask seen : watch) {
        System.out.println(name + " " + seen.getState() + " " + seen.getProgressPercent() + " %");
      }
      Errors.throwIfFailed(watch.await());
    }
    var result = client.download(Download.of(name, output)
        .onProgress((done, total) -> System.out.println(done + " of " + total + " bytes")));
    System.out.println(output + ": " + result.sizeBytes() + " bytes, SHA-256 " + result.sha256());
  }

  /** The name of an asset of the file, usable in tasks. */
  private static String upload(GatewayClient client, String group, Path file) {
    Asset asset = Asset.newBuilder().setAssetGroup(group).setDisplayName(file.getFileName().toString()).build();
    try (var watch = client.watchAsset(client.uploadAsset(file, asset).getName())) {
      String name = Errors.throwIfFailed(watch.await()).getName();
      System.out.println(file + " is " + name);
      return name;
    }
  }
}
