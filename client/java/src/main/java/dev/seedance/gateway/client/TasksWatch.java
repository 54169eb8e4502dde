package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.GenerationTask;
import java.util.Iterator;
import java.util.Map;

/**
 * Many tasks as a live map, which is kept up to date until {@link #close}, also without a reader.
 *
 * <p>Iterating, which can be done once, gives the changes; one that nobody took in time is replaced by a newer one of
 * its task. The iteration ends with {@code close}, and throws the GatewayException that ended the watch.
 */
public final class TasksWatch implements Iterable<TaskChange>, AutoCloseable {
  private final AsyncTasksWatch watch;
  private final BlockingReader<TaskChange> reader;

  TasksWatch(AsyncTasksWatch watch) {
    this.watch = watch;
    this.reader = new BlockingReader<>(watch);
  }

  /** The tasks that match now, by name: a copy of the map. */
  public Map<String, GenerationTask> tasks() {
    return watch.tasks();
  }

  /** Waits until the map holds everything that matched at the beginning. */
  public void awaitSynced() {
    BlockingReader.get(watch.synced());
  }

  @Override
  public Iterator<TaskChange> iterator() {
    return reader;
  }

  /** Ends the watch, from any thread. */
  @Override
  public void close() {
    reader.close();
    watch.close();
  }
}
