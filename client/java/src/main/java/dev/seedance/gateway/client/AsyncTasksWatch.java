package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.GenerationTask;
import io.grpc.Status.Code;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/**
 * Many tasks as a live map, which is kept up to date until {@link #close}, also without a subscriber.
 *
 * <p>One subscriber gets the changes; one that it did not take in time is replaced by a newer one of its task. It is
 * told the end by {@code close}, or the error that ended the watch; its {@code cancel} ends the watch too.
 */
public final class AsyncTasksWatch extends Emitter<TaskChange> implements AutoCloseable {
  private final TasksState state;
  private final CompletableFuture<Void> synced = new CompletableFuture<>();
  private volatile Flow.Subscription subscription;

  AsyncTasksWatch(StreamCall<?, ?, List<TaskChange>> stream, TasksState state) {
    this.state = state;
    stream.subscribe(new Follower());
  }

  /** The tasks that match now, by name: a copy of the map. */
  public Map<String, GenerationTask> tasks() {
    return Map.copyOf(state.tasks);
  }

  /** Completes when the map holds everything that matched at the beginning, or with the error that ended the watch. */
  public CompletableFuture<Void> synced() {
    return synced.copy();
  }

  /** Ends the watch; changes that were not taken are lost. */
  @Override
  public void close() {
    context.execute(this::finish);
    synced.completeExceptionally(Errors.of(Details.of(Code.CANCELLED, "the watch was closed")));
  }

  @Override
  void pull() {}

  @Override
  void stop() {
    subscription.cancel();
  }

  @Override
  Object key(TaskChange change) {
    return change.name();
  }

  private final class Follower implements Flow.Subscriber<List<TaskChange>> {
    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<TaskChange> changes) {
      boolean whole = state.synced();
      context.execute(() -> {
        if (!hasEnded()) {
          add(changes);
          drain();
        }
      });
      if (whole) {
        synced.complete(null);
      }
    }

    @Override
    public void onError(Throwable error) {
      synced.completeExceptionally(error);
      context.execute(() -> end(error));
    }

    @Override
    public void onComplete() {
      close();
    }
  }
}
