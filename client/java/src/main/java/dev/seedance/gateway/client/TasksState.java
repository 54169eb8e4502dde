package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import dev.seedance.gateway.v1.WatchGenerationTasksResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Many tasks as a map that each message brings up to date. Gives the changes of a message as one list. */
final class TasksState
    extends ResumingState<WatchGenerationTasksRequest, WatchGenerationTasksResponse, List<TaskChange>> {
  /** Everything that matches now, by name; read by any thread. */
  final Map<String, GenerationTask> tasks = new ConcurrentHashMap<>();

  private final WatchGenerationTasksRequest request;
  private final Set<String> stale = new HashSet<>(); // Names that a stream which began anew has not confirmed yet.
  private boolean synced;

  TasksState(WatchGenerationTasksRequest request) {
    super(request.getResumeToken());
    this.request = request;
  }

  /** Everything that matched when the stream began is in the map; stays true through breaks. */
  boolean synced() {
    return synced;
  }

  @Override
  public WatchGenerationTasksRequest request() {
    return request.toBuilder().setResumeToken(resumeToken()).build();
  }

  @Override
  public List<List<TaskChange>> take(WatchGenerationTasksResponse message) {
    read(message.getResumeToken());
    Map<String, TaskChange> changes = new LinkedHashMap<>();
    for (GenerationTask task : message.getGenerationTasksList()) {
      stale.remove(task.getName());
      if (!task.equals(tasks.put(task.getName(), task))) {
        changes.put(task.getName(), new TaskChange(task.getName(), Optional.of(task)));
      }
    }
    List<String> gone = new ArrayList<>(message.getRemovedList());
    if (message.getSynced()) {
      synced = true;
      gone.addAll(stale);
      stale.clear();
    }
    for (String name : gone) {
      if (tasks.remove(name) != null) {
        changes.put(name, new TaskChange(name, Optional.empty()));
      }
    }
    return List.of(List.copyOf(changes.values()));
  }

  @Override
  public boolean done() {
    return false;
  }

  @Override
  void startOver() {
    stale.addAll(tasks.keySet());
  }

  @Override
  public GatewayException ended(GatewayException error, Attempts attempts) {
    GatewayException again = super.ended(error == null ? broken("the stream ended") : error, attempts);
    if (resumeToken().isEmpty()) {
      startOver();
    }
    return again;
  }
}
