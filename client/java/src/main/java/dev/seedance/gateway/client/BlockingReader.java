package dev.seedance.gateway.client;

import io.grpc.Status.Code;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;

/** Items of a publisher for a thread that waits. It asks for one at a time; any thread may close it. */
final class BlockingReader<T> implements Iterator<T>, Flow.Subscriber<T> {
  private Flow.Subscription subscription;
  private T item;
  private T last;
  private boolean asked;
  private boolean ended;
  private boolean closed;
  private Throwable error;

  BlockingReader(Flow.Publisher<T> publisher) {
    publisher.subscribe(this);
  }

  /** The result, which a thread waits for; an interrupt cancels the call, and is the error Cancelled. */
  static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException error) {
      throw unchecked(error.getCause());
    } catch (InterruptedException error) {
      future.cancel(true);
      throw interrupted();
    }
  }

  @Override
  public synchronized boolean hasNext() {
    if (item == null && !ended && !asked) {
      asked = true;
      subscription.request(1);
    }
    try {
      while (item == null && !ended) {
        wait();
      }
    } catch (InterruptedException interrupt) {
      close();
      throw interrupted();
    }
    if (item == null && error != null) {
      throw unchecked(error);
    }
    return item != null;
  }

  @Override
  public synchronized T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    last = item;
    item = null;
    asked = false;
    return last;
  }

  /** The item that was read last; empty: it was closed before the end. */
  synchronized Optional<T> last() {
    return ended && !closed ? Optional.ofNullable(last) : Optional.empty();
  }

  /** Ends the iteration, also for the thread that waits in it. */
  synchronized void close() {
    if (!ended) {
      ended = true;
      closed = true;
      item = null;
      subscription.cancel();
      notifyAll();
    }
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
  }

  @Override
  public synchronized void onNext(T given) {
    item = ended ? null : given;
    notifyAll();
  }

  @Override
  public synchronized void onError(Throwable given) {
    error = ended ? error : given;
    ended = true;
    notifyAll();
  }

  @Override
  public synchronized void onComplete() {
    ended = true;
    notifyAll();
  }

  private static GatewayException interrupted() {
    Thread.currentThread().interrupt();
    return Errors.of(Details.of(Code.CANCELLED, "the thread was interrupted"));
  }

  private static RuntimeException unchecked(Throwable error) {
    if (error instanceof GatewayException || error instanceof UncheckedIOException) {
      error.fillInStackTrace(); // That of the caller helps; that of gRPC's thread does not.
    }
    return error instanceof RuntimeException known ? known : new IllegalStateException(error);
  }
}
