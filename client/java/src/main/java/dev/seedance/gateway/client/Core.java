package dev.seedance.gateway.client;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** What all calls of a client share: the channel, the timer, and the end. Thread-safe. */
final class Core implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  final Options options;
  private final ManagedChannel channel;
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, Core::daemon);
  // What the timer starts may run code of the caller, which would hold up everything else that waits.
  private final ExecutorService workers = Executors.newCachedThreadPool(Core::daemon);
  private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicLong lastReset = new AtomicLong(System.nanoTime());
  private volatile boolean closed;

  Core(Options options) {
    this.options = options;
    channel = options.connect();
    timer.setRemoveOnCancelPolicy(true);
  }

  /** One try of a call. A client that is closed: Cancelled. */
  <Q, R> ClientCall<Q, R> call(MethodDescriptor<Q, R> method, Attempts attempts, Sent sent) {
    if (closed) {
      throw new Errors.Cancelled(Details.of(Status.Code.CANCELLED, "the client is closed"));
    }
    CallOptions how = CallOptions.DEFAULT.withStreamTracerFactory(sent);
    Long left = attempts.left();
    if (left != null) {
      how = how.withDeadlineAfter(left, TimeUnit.NANOSECONDS);
    }
    return channel.newCall(method, options.token == null ? how : how.withCallCredentials(new Token()));
  }

  /** Runs an action later, or at once when the client is closed. The result takes it back. */
  Runnable later(long nanos, Runnable action) {
    Runnable once = new Runnable() {
      @Override
      public void run() {
        if (waiting.remove(this)) {
          action.run();
        }
      }
    };
    waiting.add(once);
    try {
      var task = timer.schedule(() -> workers.execute(once), nanos, TimeUnit.NANOSECONDS);
      return () -> {
        waiting.remove(once);
        task.cancel(false);
      };
    } catch (RejectedExecutionException error) {
      once.run();
      return once;
    }
  }

  /** The same before a try without a connection: gRPC's own pauses between connections would grow to two minutes. */
  Runnable reconnect(long nanos, Runnable action) {
    return later(nanos, () -> {
      long now = System.nanoTime();
      long last = lastReset.get();
      if (now - last > Attempts.LONGEST_WAIT && lastReset.compareAndSet(last, now)) {
        channel.resetConnectBackoff();
      }
      action.run();
    });
  }

  @Override
  public void close() {
    closed = true;
    channel.shutdownNow();
    timer.shutdownNow();
    workers.shutdown();
    waiting.forEach(Runnable::run);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "seedance-gateway-client");
    thread.setDaemon(true);
    return thread;
  }

  /** Whether one try may have left this machine. */
  static final class Sent extends ClientStreamTracer.Factory {
    private volatile boolean sent;

    @Override
    public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void outboundHeaders() {
          sent = true;
        }
      };
    }

    boolean get() {
      return sent;
    }
  }

  private final class Token extends CallCredentials {
    @Override
    public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
      executor.execute(() -> {
        Metadata headers = new Metadata();
        try {
          String token = options.token.get();
          if (token != null) {
            headers.put(AUTHORIZATION, "Bearer " + token);
          }
        } catch (RuntimeException error) {
          applier.fail(Status.UNAUTHENTICATED.withDescription("the token function failed").withCause(error));
          return;
        }
        applier.apply(headers);
      });
    }
  }
}
