package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.GenerationTask;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** What tests against a scripted server share: the server, and a client that repeats at once. */
@Timeout(60)
abstract class ServerTest {
  static final String NAME = "generationTasks/1";
  static final GenerationTask TASK = GenerationTask.newBuilder().setName(NAME).build();

  final Deque<AutoCloseable> opened = new ArrayDeque<>();
  ScriptedServer server;
  GatewayClient client;

  @BeforeEach
  void startServer() throws IOException {
    server = new ScriptedServer();
    opened.push(server);
    client = connect(options());
  }

  @AfterEach
  void stopServer() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  Options options() {
    return new Options(server.endpoint()).backoff(Duration.ZERO, Duration.ZERO);
  }

  GatewayClient connect(Options options) {
    GatewayClient made = new GatewayClient(options);
    opened.push(made);
    return made;
  }

  static void assertReached(CountDownLatch latch) throws InterruptedException {
    Assertions.assertTrue(latch.await(30, TimeUnit.SECONDS), "it did not come to that");
  }
}
