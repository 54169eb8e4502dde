import dev.seedance.gateway.client.GatewayClient;
import dev.seedance.gateway.client.GatewayException;
import dev.seedance.gateway.client.Options;
import dev.seedance.gateway.client.TaskChange;
import dev.seedance.gateway.client.TasksWatch;
import dev.seedance.gateway.client.Watch;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Shows all tasks of a label, and every change, until all of them have ended.
 *
 * <p>{@code java -cp ... WatchDashboard.java 127.0.0.1:8443 shot=12}
 */
final class WatchDashboard {
  public static void main(String[] args) {
    if (args.length < 1) {
      System.err.println("usage: WatchDashboard host:port [label=value...]");
      System.exit(2);
    }
    var request = WatchGenerationTasksRequest.newBuilder();
    for (int i = 1; i < args.length; i++) {
      String[] label = args[i].split("=", 2);
      request.putLabels(label[0], label[1]);
    }
    Options options = new Options(args[0]).token(System.getenv("SEEDANCE_TOKEN"));
    try (GatewayClient client = new GatewayClient(options); TasksWatch live = client.watchTasks(request.build())) {
      live.awaitSynced();
      boolean open = show(live);
      for (var changes = live.iterator(); open && changes.hasNext(); open = show(live)) {
        TaskChange change = changes.next();
        System.out.println(change.name() + (change.task().isPresent() ? " changed" : " is gone"));
      }
    } catch (GatewayException error) {
      System.err.println(error.getMessage());
      System.exit(1);
    }
  }

  /** Prints how many tasks are in which state; whether one of them has not ended. */
  private static boolean show(TasksWatch live) {
    var counts = live.tasks().values().stream()
        .collect(Collectors.groupingBy(GenerationTask::getState, TreeMap::new, Collectors.counting()));
    System.out.println(counts.isEmpty() ? "no tasks" : counts);
    return !live.tasks().values().stream().allMatch(Watch::hasEnded);
  }
}
