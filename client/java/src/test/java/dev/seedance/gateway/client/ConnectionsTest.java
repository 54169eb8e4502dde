package dev.seedance.gateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gateways that are away, come later, or are asked for their certificates. */
class ConnectionsTest extends ServerTest {
  @TempDir Path folder;

  /** A port on which nobody listens. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  private GatewayClient nobody(Duration wait) throws IOException {
    return connect(new Options("127.0.0.1:" + freePort()).connectTimeout(wait));
  }

  @Test
  void connectionRefusedIsSaidPlainly() throws IOException {
    GatewayClient alone = nobody(Duration.ZERO);
    GatewayException error = assertThrows(Errors.ConnectionFailed.class, () -> alone.getTask(NAME));
    String text = error.description();
    assertTrue(text.matches("cannot connect to 127\\.0\\.0\\.1:\\d+: connection refused"), text);
  }

  @Test
  void aWaitForAConnectionIsBounded() throws IOException {
    GatewayClient alone = nobody(Duration.ofMillis(300));
    long begin = System.nanoTime();
    assertThrows(Errors.ConnectionFailed.class, () -> alone.getTask(NAME));
    assertTrue(System.nanoTime() - begin >= 300_000_000);
  }

  @Test
  void aHostThatDoesNotExistIsSaidPlainly() {
    GatewayClient lost = connect(new Options("no-such-host.invalid:1").connectTimeout(Duration.ZERO));
    GatewayException error = assertThrows(Errors.ConnectionFailed.class, () -> lost.getTask(NAME));
    assertTrue(error.description().startsWith("cannot connect to no-such-host.invalid:1: "), error.description());
  }

  @Test
  void aCallWaitsForAGatewayThatComes() throws IOException {
    int port = freePort();
    AtomicBoolean started = new AtomicBoolean();
    Runnable startOnce = () -> {
      if (!started.getAndSet(true)) {
        try {
          ScriptedServer late = new ScriptedServer(port, InsecureServerCredentials.create());
          late.on("GetGenerationTask", ScriptedServer.answer(TASK));
          opened.push(late);
        } catch (IOException error) {
          throw new UncheckedIOException(error);
        }
      }
    };
    try (Logged logged = new Logged(startOnce)) {
      assertEquals(TASK, connect(new Options("127.0.0.1:" + port)).getTask(NAME));
      assertTrue(logged.text().contains("connection refused"), logged.text());
    }
  }

  @Test
  void theGatewayIsCheckedAndTheClientShowsItsCertificate() throws Exception {
    certificate("server");
    certificate("client");
    var credentials = TlsServerCredentials.newBuilder()
        .keyManager(path("server.pem").toFile(), path("server.key").toFile()).trustManager(path("client.pem").toFile())
        .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE).build();
    ScriptedServer secure = new ScriptedServer(0, credentials);
    opened.push(secure);
    secure.on("GetGenerationTask", ScriptedServer.answer(TASK));
    Options plain = new Options("localhost:" + secure.port()).tls(true).connectTimeout(Duration.ZERO).token("secret");
    Options trusting = plain.caFile(path("server.pem"));
    Options whole = trusting.certificate(path("client.pem"), path("client.key"));
    assertEquals(TASK, connect(whole).getTask(NAME));
    var authorization = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    assertEquals("Bearer secret", secure.metadata.iterator().next().get(authorization));
    for (Options refused : new Options[] {trusting, whole.caFile(path("client.pem"))}) {
      GatewayClient stranger = connect(refused.attempts(1));
      assertThrows(Errors.ConnectionFailed.class, () -> stranger.getTask(NAME));
    }
  }

  @Test
  void aFileThatIsMissingIsToldAtOnce() {
    Options missing = new Options("localhost:1").tls(true).caFile(path("none.pem"));
    assertThrows(UncheckedIOException.class, () -> new GatewayClient(missing));
    Options plain = new Options("localhost:1").caFile(path("none.pem"));
    assertThrows(IllegalArgumentException.class, () -> new GatewayClient(plain));
  }

  private Path path(String name) {
    return folder.resolve(name);
  }

  private void certificate(String name) throws Exception {
    try {
      Process openssl = new ProcessBuilder("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
          "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext",
          "subjectAltName=DNS:localhost", "-keyout", path(name + ".key").toString(), "-out",
          path(name + ".pem").toString()).redirectErrorStream(true)
          .redirectOutput(path(name + ".log").toFile()).start();
      assertTrue(openssl.waitFor(60, TimeUnit.SECONDS) && openssl.exitValue() == 0, "openssl failed");
    } catch (IOException error) {
      assumeTrue(false, "there is no openssl");
    }
  }
}
