package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.GenerationTask;
import io.grpc.Status.Code;
import java.util.Iterator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Snapshots of one task or asset, the terminal one last, through restarts of the gateway and broken networks. Can be
 * iterated once. Close one that is left before its end; the task goes on. GatewayException: the watch failed.
 */
public final class Watch<T> implements Iterable<T>, AutoCloseable {
  private final AsyncWatch<T> watch;
  private final BlockingReader<T> reader;

  Watch(AsyncWatch<T> watch) {
    this.watch = watch;
    this.reader = new BlockingReader<>(watch);
  }

  @Override
  public Iterator<T> iterator() {
    return reader;
  }

  /** Whether a task has ended. A state that this release does not know counts as not ended. */
  public static boolean hasEnded(GenerationTask task) {
    return switch (task.getState()) {
      case STATE_SUCCEEDED, STATE_FAILED, STATE_CANCELLED, STATE_EXPIRED, STATE_LOST -> true;
      default -> false;
    };
  }

  /** Whether the check of an asset has ended. */
  public static boolean hasEnded(Asset asset) {
    return switch (asset.getState()) {
      case STATE_ACTIVE, STATE_FAILED, STATE_EXPIRED -> true;
      default -> false;
    };
  }

  /** The same snapshots, as a stream. */
  public Stream<T> stream() {
    return StreamSupport.stream(spliterator(), false).onClose(this::close);
  }

  /** Reads to the end and returns the terminal snapshot. GatewayException: also when it was closed before. */
  public T await() {
    reader.forEachRemaining(snapshot -> {});
    return reader.last().orElseThrow(() -> Errors.of(Details.of(Code.CANCELLED, "the watch was closed")));
  }

  /** Where another watch of this resource goes on, also in another process. */
  public String resumeToken() {
    return watch.resumeToken();
  }

  /** Ends the watch, from any thread. */
  @Override
  public void close() {
    reader.close();
  }
}
