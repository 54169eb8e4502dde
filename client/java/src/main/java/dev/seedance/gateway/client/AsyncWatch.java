package dev.seedance.gateway.client;

import io.grpc.Status.Code;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/**
 * Snapshots of one task or asset, the terminal one last, through restarts of the gateway and broken networks. It has
 * one subscriber, whose {@code cancel} ends the watch; the task goes on. Its error is a GatewayException.
 */
public final class AsyncWatch<T> implements Flow.Publisher<T> {
  private final StreamCall<?, ?, T> stream;
  private final WatchState<?, ?, T> state;

  AsyncWatch(StreamCall<?, ?, T> stream, WatchState<?, ?, T> state) {
    this.stream = stream;
    this.state = state;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    stream.subscribe(subscriber);
  }

  /** The terminal snapshot, instead of a subscription. To cancel it ends the watch. */
  public CompletableFuture<T> last() {
    Last<T> last = new Last<>();
    subscribe(last);
    return last;
  }

  /** Where another watch of this resource goes on, also in another process. */
  public String resumeToken() {
    return state.resumeToken();
  }

  private static final class Last<T> extends CompletableFuture<T> implements Flow.Subscriber<T> {
    private T last;

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      whenComplete((snapshot, error) -> subscription.cancel());
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T item) {
      last = item;
    }

    @Override
    public void onError(Throwable error) {
      completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      if (last == null) {
        completeExceptionally(Errors.of(Details.of(Code.CANCELLED, "the watch ended without a snapshot")));
      }
      complete(last);
    }
  }
}
