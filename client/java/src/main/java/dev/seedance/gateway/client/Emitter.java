package dev.seedance.gateway.client;

import io.grpc.SynchronizationContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Flow;

/**
 * Gives items to one subscriber, as many as it asks for, and in the end completes, or fails, once. Subclasses run
 * everything in {@code context}, which does one thing at a time.
 */
abstract class Emitter<T> implements Flow.Publisher<T> {
  final SynchronizationContext context = new SynchronizationContext((thread, error) -> {
    end(error);
    thread.getUncaughtExceptionHandler().uncaughtException(thread, error);
  });
  private final Map<Object, T> items = new LinkedHashMap<>();
  private Flow.Subscriber<? super T> subscriber;
  private long wanted;
  private boolean ended; // No more items come.
  private Throwable error;
  private boolean over; // The subscriber knows of the end, or has left.

  /** The subscriber wants an item, and there is none. Called again and again while that is so. */
  abstract void pull();

  /** The end, also because the subscriber has left. */
  abstract void stop();

  /** An item replaces one with the same key that was not given yet. */
  Object key(T item) {
    return new Object();
  }

  /** IllegalStateException, to the subscriber: there is another one. */
  @Override
  public final void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber);
    context.execute(() -> {
      boolean first = this.subscriber == null;
      if (first) {
        this.subscriber = subscriber;
      }
      subscriber.onSubscribe(new Flow.Subscription() {
        @Override
        public void request(long count) {
          context.execute(first ? () -> demand(count) : () -> {});
        }

        @Override
        public void cancel() {
          context.execute(first ? Emitter.this::leave : () -> {});
        }
      });
      if (!first) {
        subscriber.onError(new IllegalStateException("it has a subscriber already"));
      }
      drain();
    });
  }

  /** Takes items, which the next drain gives. */
  final void add(List<T> more) {
    more.forEach(item -> {
      Object key = key(item);
      items.remove(key);
      items.put(key, item);
    });
  }

  /** There are no more items, by {@code error} or, if it is null, in good order. */
  final void end(Throwable error) {
    if (!ended) {
      ended = true;
      this.error = error;
      stop();
      drain();
    }
  }

  /** The end in good order; items that were not given yet are lost. */
  final void finish() {
    items.clear();
    end(null);
    drain();
  }

  final boolean hasEnded() {
    return ended;
  }

  private void leave() {
    over = true;
    finish();
  }

  private void demand(long count) {
    if (count <= 0) {
      end(new IllegalArgumentException("request(" + count + ") of a subscription"));
    }
    wanted = wanted + count < 0 ? Long.MAX_VALUE : wanted + count;
    drain();
  }

  /** Gives what is wanted and there, or asks for more, or tells the end. */
  final void drain() {
    while (!over && wanted > 0 && !items.isEmpty()) {
      T item = items.remove(items.keySet().iterator().next());
      wanted--;
      try {
        subscriber.onNext(item);
      } catch (RuntimeException error) { // Which it must not throw: it gets no more.
        leave();
        throw error;
      }
    }
    if (over || subscriber == null) {
      return;
    }
    if (!ended && wanted > 0) {
      pull();
    } else if (ended && items.isEmpty()) {
      over = true;
      if (error == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(error);
      }
    }
  }
}
