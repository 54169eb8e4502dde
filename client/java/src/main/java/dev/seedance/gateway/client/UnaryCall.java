package dev.seedance.gateway.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;

/** A call with one answer, over as many tries as it takes. To cancel it, or to let it time out, ends it. */
final class UnaryCall<Q, R> extends CompletableFuture<R> {
  /** Sends what the call asks, anew in each try. One method at a time; a throw ends the call. */
  interface Sending<Q> {
    /** Before a try; {@code last} is why there is another one, null for the first. */
    default void rewind(GatewayException last) throws IOException {}

    /** The try has begun. */
    default void begin(ClientCall<Q, ?> call) {}

    /** The gateway takes more. Only called for streams. */
    default void goOn(ClientCall<Q, ?> call) throws IOException {}
  }

  private final Core core;
  private final MethodDescriptor<Q, R> method;
  private final Attempts attempts;
  private final String requestId;
  private final Sending<Q> sending;
  private final Metadata trace = Tracing.headers();
  private volatile ClientCall<Q, R> call;

  UnaryCall(Core core, MethodDescriptor<Q, R> method, Attempts attempts, String requestId, Sending<Q> sending) {
    this.core = core;
    this.method = method;
    this.attempts = attempts;
    this.requestId = requestId;
    this.sending = sending;
  }

  UnaryCall<Q, R> start() {
    whenComplete((answer, error) -> stop(error));
    attempt(null);
    return this;
  }

  private void attempt(GatewayException last) {
    if (isDone()) {
      return;
    }
    try {
      sending.rewind(last);
      Core.Sent sent = new Core.Sent();
      ClientCall<Q, R> next = core.call(method, attempts, sent);
      call = next;
      Metadata headers = new Metadata();
      headers.merge(trace);
      next.start(new Answer(sent), headers);
      next.request(2); // One more than allowed, so that a second answer is noticed.
      sending.begin(next);
    } catch (IOException error) {
      completeExceptionally(new UncheckedIOException(error));
    } catch (RuntimeException error) {
      completeExceptionally(error);
    }
    if (isDone()) { // It was cancelled meanwhile.
      stop(null);
    }
  }

  /** A stream that is cut creates nothing; one that ends short might. */
  private void stop(Throwable why) {
    ClientCall<Q, R> running = call;
    if (running != null) { // To cancel a call that has ended does nothing.
      running.cancel("given up by the caller", why);
    }
  }

  private final class Answer extends ClientCall.Listener<R> {
    private final Core.Sent sent;
    private R message;

    Answer(Core.Sent sent) {
      this.sent = sent;
    }

    @Override
    public void onMessage(R message) {
      this.message = message;
    }

    @Override
    public void onReady() {
      try {
        if (!isDone()) {
          sending.goOn(call);
        }
      } catch (IOException error) {
        completeExceptionally(new UncheckedIOException(error));
      } catch (RuntimeException error) {
        completeExceptionally(error);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (isDone() || status.isOk() && message != null) {
        complete(message);
        return;
      }
      Status ended = status.isOk() ? Status.INTERNAL.withDescription("the call ended without an answer") : status;
      GatewayException error = Errors.of(ended, trailers, requestId, sent.get());
      try {
        long delay = attempts.failed(error);
        if (error.neverSent()) {
          core.reconnect(delay, () -> attempt(error));
        } else {
          core.later(delay, () -> attempt(error));
        }
      } catch (GatewayException last) {
        completeExceptionally(last);
      }
    }
  }
}
