package dev.seedance.gateway.client;

import com.google.protobuf.Message;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The items of all pages of a list; a page is read when somebody wants its first item. */
final class Pages<Q extends Message, R extends Message, T> extends Emitter<T> {
  private final Function<Q, CompletableFuture<R>> read;
  private final Function<R, List<T>> itemsOf;
  private Q request;
  private CompletableFuture<R> reading;

  Pages(Q request, Function<Q, CompletableFuture<R>> read, Function<R, List<T>> itemsOf) {
    this.request = request;
    this.read = read;
    this.itemsOf = itemsOf;
  }

  @Override
  void pull() {
    if (reading == null) {
      reading = read.apply(request);
      reading.whenComplete((page, error) -> context.execute(() -> take(page, error)));
    }
  }

  @Override
  void stop() {
    if (reading != null) {
      reading.cancel(true);
    }
  }

  private void take(R page, Throwable error) {
    reading = null;
    if (hasEnded()) {
      return;
    }
    if (error != null) {
      end(error);
      return;
    }
    add(itemsOf.apply(page));
    request = Requests.next(request, page);
    if (request == null) {
      end(null);
    } else {
      drain();
    }
  }
}
