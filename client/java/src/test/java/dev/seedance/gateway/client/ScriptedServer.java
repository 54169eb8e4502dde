package dev.seedance.gateway.client;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.seedance.gateway.v1.AssetGroupServiceGrpc;
import dev.seedance.gateway.v1.AssetServiceGrpc;
import dev.seedance.gateway.v1.CreationServiceGrpc;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.GenerationTaskServiceGrpc;
import dev.seedance.gateway.v1.UpstreamServiceGrpc;
import dev.seedance.gateway.v1.WatchGenerationTaskResponse;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A real gRPC server in the process that answers as a test has scripted. */
final class ScriptedServer implements AutoCloseable {
  static final List<ServiceDescriptor> SERVICES = List.of(AssetGroupServiceGrpc.getServiceDescriptor(),
      AssetServiceGrpc.getServiceDescriptor(), CreationServiceGrpc.getServiceDescriptor(),
      GenerationTaskServiceGrpc.getServiceDescriptor(), UpstreamServiceGrpc.getServiceDescriptor());

  /** Handles one call in a thread of its own. */
  interface Handler {
    void handle(Exchange exchange) throws Exception;
  }

  final Collection<Metadata> metadata = new CopyOnWriteArrayList<>();
  private final Map<String, Deque<Handler>> script = new ConcurrentHashMap<>();
  private final List<Message> requests = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Server server;

  ScriptedServer() throws IOException {
    this(0, InsecureServerCredentials.create());
  }

  ScriptedServer(int port, ServerCredentials credentials) throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port), credentials).executor(threads);
    for (ServiceDescriptor service : SERVICES) {
      var definition = ServerServiceDefinition.builder(service);
      service.getMethods().forEach(method -> add(definition, method));
      builder.addService(definition.build());
    }
    server = builder.build().start();
  }

  int port() {
    return server.getPort();
  }

  String endpoint() {
    return "127.0.0.1:" + port();
  }

  /** Handlers for the calls of a method, in order; the last one stays. */
  void on(String method, Handler... handlers) {
    script.put(method, new ArrayDeque<>(Arrays.asList(handlers)));
  }

  /** First requests of all calls with this type. */
  <T extends Message> List<T> seen(Class<T> type) {
    return requests.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Override
  public void close() {
    server.shutdownNow();
    threads.shutdownNow();
  }

  /** Answers a unary call, or sends messages of a stream and ends it with OK. */
  static Handler answer(Message... messages) {
    return exchange -> {
      for (Message message : messages) {
        exchange.send(message);
      }
      exchange.end(Status.OK, new Metadata());
    };
  }

  /** Sends messages and does not end until the call is given up. */
  static Handler open(CountDownLatch givenUp, Message... messages) {
    return exchange -> {
      for (Message message : messages) {
        exchange.send(message);
      }
      if (exchange.givenUp.await(30, TimeUnit.SECONDS)) {
        givenUp.countDown();
      }
    };
  }

  /** Handlers one after the other in one call; only the last one may end it. */
  static Handler all(Handler... parts) {
    return exchange -> {
      for (Handler part : parts) {
        part.handle(exchange);
      }
    };
  }

  static Handler send(Message message) {
    return exchange -> exchange.send(message);
  }

  /** Ends a call as something on the way would do it. */
  static Handler failure(Status.Code code) {
    return exchange -> exchange.end(code.toStatus().withDescription("it failed"), new Metadata());
  }

  static Handler failure(Status.Code code, String reason) {
    return failure(code, reason, null, Map.of());
  }

  /** Ends a call with an error of the gateway. {@code retryMillis}: null for none. */
  static Handler failure(Status.Code code, String reason, Long retryMillis, Map<String, String> info) {
    var status = com.google.rpc.Status.newBuilder().setCode(code.value());
    status.addDetails(Any.pack(ErrorInfo.newBuilder().setReason(reason).putAllMetadata(info).build()));
    if (retryMillis != null) {
      var delay = Duration.newBuilder().setSeconds(retryMillis / 1000).setNanos((int) (retryMillis % 1000) * 1_000_000);
      status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    }
    return exchange -> {
      Metadata trailers = new Metadata();
      trailers.put(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER),
          status.build().toByteArray());
      exchange.end(code.toStatus().withDescription("it failed: private-prompt"), trailers);
    };
  }

  static WatchGenerationTaskResponse snapshot(GenerationTask.State state, long revision) {
    var task = GenerationTask.newBuilder().setName("generationTasks/1").setState(state).setRevision(revision);
    return WatchGenerationTaskResponse.newBuilder().setGenerationTask(task).setResumeToken("token-" + revision).build();
  }

  private <Q, R> void add(ServerServiceDefinition.Builder definition, MethodDescriptor<Q, R> method) {
    definition.addMethod(method, (call, headers) -> {
      metadata.add(headers);
      Exchange exchange = new Exchange(call);
      threads.execute(() -> {
        try {
          if (method.getType() == MethodDescriptor.MethodType.UNARY || method.getType().clientSendsOneMessage()) {
            exchange.request = exchange.next();
            requests.add(exchange.request);
          }
          next(method.getBareMethodName()).handle(exchange);
        } catch (Exception error) {
          exchange.end(Status.ABORTED.withDescription(error.toString()), new Metadata());
        }
      });
      return exchange.listener();
    });
  }

  private synchronized Handler next(String method) {
    Deque<Handler> handlers = script.get(method);
    if (handlers == null) {
      return answer(Empty.getDefaultInstance());
    }
    return handlers.size() > 1 ? handlers.remove() : handlers.peek();
  }

  /** One call, used by the thread of its handler. */
  static final class Exchange {
    private static final Message END = Empty.newBuilder().build();

    final CountDownLatch givenUp = new CountDownLatch(1);
    Message request;
    private final ServerCall<?, Object> call;
    private final BlockingQueue<Message> received = new LinkedBlockingQueue<>();
    private boolean answered;

    @SuppressWarnings("unchecked")
    Exchange(ServerCall<?, ?> call) {
      this.call = (ServerCall<?, Object>) call;
    }

    /** The next request of the caller; null behind the last one, or when the call was given up. */
    Message next() throws InterruptedException {
      call.request(1);
      Message message = received.poll(30, TimeUnit.SECONDS);
      return message == END ? null : message;
    }

    void send(Message message) {
      if (!answered) {
        call.sendHeaders(new Metadata());
      }
      answered = true;
      call.sendMessage(message);
    }

    void end(Status status, Metadata trailers) {
      call.close(status, trailers);
    }

    private <Q> ServerCall.Listener<Q> listener() {
      return new ServerCall.Listener<>() {
        @Override
        public void onMessage(Q message) {
          received.add((Message) message);
        }

        @Override
        public void onHalfClose() {
          received.add(END);
        }

        @Override
        public void onCancel() {
          givenUp.countDown();
          received.add(END);
        }
      };
    }
  }
}
