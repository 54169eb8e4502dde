package dev.seedance.gateway.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;

/** A stream of answers, over as many calls as it takes. The first one begins when the subscriber wants an item. */
final class StreamCall<Q, R, T> extends Emitter<T> {
  /** What was read so far, and where to go on. No I/O; everything in the context of the call. */
  interface State<Q, R, T> {
    /** Of the next call. */
    Q request();

    /** What the message gives to the reader. GatewayException: the messages do not fit together. */
    List<T> take(R message);

    /** No further message is needed. */
    boolean done();

    /**
     * After the end of a call, with OK if {@code error} is null. Returns why there has to be another one; null: at
     * once, or it is done.
     */
    GatewayException ended(GatewayException error, Attempts attempts);
  }

  private final Core core;
  private final MethodDescriptor<Q, R> method;
  private final State<Q, R, T> state;
  private final Attempts attempts;
  private final Metadata trace = Tracing.headers();
  private ClientCall<Q, R> call;
  private boolean pausing; // Until the next call.
  private Runnable takeBack = () -> {}; // The pending timer: of the pause, or of the silence.
  private boolean reading;
  private long readingSince;
  private boolean silent;

  StreamCall(Core core, MethodDescriptor<Q, R> method, State<Q, R, T> state, Attempts attempts) {
    this.core = core;
    this.method = method;
    this.state = state;
    this.attempts = attempts;
  }

  @Override
  void pull() {
    if (call == null && !pausing) {
      start();
    } else if (call != null && !reading) {
      reading = true;
      readingSince = System.nanoTime();
      call.request(1);
    }
  }

  @Override
  void stop() {
    takeBack.run();
    if (call != null) {
      call.cancel("the stream is over for its reader", null);
      call = null;
    }
  }

  private void start() {
    pausing = false;
    silent = false;
    reading = false;
    if (hasEnded()) {
      return;
    }
    try {
      Core.Sent sent = new Core.Sent();
      call = core.call(method, attempts, sent);
      Metadata headers = new Metadata();
      headers.merge(trace);
      call.start(new Answers(call, sent), headers);
      call.sendMessage(state.request());
      call.halfClose();
      checkSilence(call, core.options.idleTimeout.toNanos());
      drain();
    } catch (RuntimeException error) {
      end(error);
    }
  }

  private void checkSilence(ClientCall<Q, R> checked, long nanos) {
    takeBack = core.later(nanos, () -> context.execute(() -> {
      if (call == checked) {
        long idle = core.options.idleTimeout.toNanos();
        long left = reading ? idle - (System.nanoTime() - readingSince) : idle;
        silent = left <= 0;
        if (silent) {
          call.cancel("the stream was silent for too long", null);
        } else {
          checkSilence(checked, left);
        }
      }
    }));
  }

  private void take(R message) {
    reading = false;
    attempts.progressed();
    try {
      List<T> items = state.take(message);
      add(items);
      if (state.done()) {
        end(null);
      } else {
        drain();
      }
    } catch (GatewayException error) {
      end(error);
    }
  }

  private void closed(Status status, Metadata trailers, boolean sent) {
    takeBack.run();
    call = null;
    GatewayException error = null;
    if (silent) {
      error = Errors.of(Details.of(Status.Code.UNAVAILABLE, "the stream was silent for too long"));
    } else if (!status.isOk()) {
      error = Errors.of(status, trailers, "", sent);
    }
    GatewayException again = state.ended(error, attempts);
    if (state.done()) {
      end(null);
    } else if (again == null) {
      start();
    } else {
      pause(again);
    }
  }

  private void pause(GatewayException again) {
    try {
      long delay = attempts.failed(again);
      pausing = true;
      Runnable next = () -> context.execute(this::start);
      takeBack = again.neverSent() ? core.reconnect(delay, next) : core.later(delay, next);
    } catch (GatewayException last) {
      end(last);
    }
  }

  private final class Answers extends ClientCall.Listener<R> {
    private final ClientCall<Q, R> mine;
    private final Core.Sent sent;

    Answers(ClientCall<Q, R> mine, Core.Sent sent) {
      this.mine = mine;
      this.sent = sent;
    }

    @Override
    public void onMessage(R message) {
      context.execute(() -> {
        if (call == mine) {
          take(message);
        }
      });
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      context.execute(() -> {
        if (call == mine) {
          closed(status, trailers, sent.get());
        }
      });
    }
  }
}
