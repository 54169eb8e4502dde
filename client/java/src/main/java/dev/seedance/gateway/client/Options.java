package dev.seedance.gateway.client;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * How to reach the gateway, and how patiently. Immutable: each method returns changed options.
 *
 * <p>The time limits of calls are for all tries together; {@link GatewayClient#withTimeout} sets one for single calls.
 */
public final class Options implements Cloneable {
  static final String VERSION = version();

  final String endpoint;
  boolean tls;
  Path caFile;
  Path certificateFile;
  Path privateKeyFile;
  Supplier<String> token;
  Duration readTimeout = Duration.ofSeconds(30);
  Duration writeTimeout = Duration.ofSeconds(330);
  Duration uploadTimeout = Duration.ofMinutes(30);
  Duration connectTimeout = Duration.ofSeconds(20);
  Duration outageTimeout = Duration.ofMinutes(10);
  Duration idleTimeout = Duration.ofSeconds(90);
  int attempts = 5;
  int streamAttempts = 20;
  Duration initialBackoff = Duration.ofMillis(200);
  Duration maxBackoff = Duration.ofSeconds(20);
  Duration keepaliveTime = Duration.ofSeconds(10);
  Duration keepaliveTimeout = Duration.ofSeconds(10);
  String userAgent = "";
  UnaryOperator<ManagedChannelBuilder<?>> channel = builder -> builder;

  /** Options with defaults for {@code host:port}. */
  public Options(String endpoint) {
    this.endpoint = endpoint;
  }

  /** Whether the connection is encrypted; without, it is plain text, the default. */
  public Options tls(boolean tls) { return with(options -> options.tls = tls); }

  /** PEM authorities that sign the gateway; default: those of the Java runtime. Needs {@link #tls}. */
  public Options caFile(Path caFile) { return with(options -> options.caFile = caFile); }

  /** PEM chain and PKCS#8 private key of the client, for mTLS. Needs {@link #tls}. */
  public Options certificate(Path certificateFile, Path privateKeyFile) {
    return with(options -> {
      options.certificateFile = certificateFile;
      options.privateKeyFile = privateKeyFile;
    });
  }

  /** Bearer token. */
  public Options token(String token) { return token(() -> token); }

  /** Gives the bearer token of each try; null: none. It may block. A failure of it is an Unauthenticated error. */
  public Options token(Supplier<String> token) { return with(options -> options.token = token); }

  /** Time limit of gets, and of each page of a list; default 30 s. */
  public Options readTimeout(Duration timeout) { return with(options -> options.readTimeout = timeout); }

  /** Time limit of other calls; default 330 s: the vendor may think for five minutes. */
  public Options writeTimeout(Duration timeout) { return with(options -> options.writeTimeout = timeout); }

  /** Time limit of a whole upload; default 30 minutes. Watches and downloads have no limit. */
  public Options uploadTimeout(Duration timeout) { return with(options -> options.uploadTimeout = timeout); }

  /** How long a call waits for a connection, as a watch does at first; default 20 s. Zero: it fails at once. */
  public Options connectTimeout(Duration timeout) { return with(options -> options.connectTimeout = timeout); }

  /** How long a watch that has begun waits for a gateway that is away; default 10 minutes. */
  public Options outageTimeout(Duration timeout) { return with(options -> options.outageTimeout = timeout); }

  /** A stream silent for so long counts as broken; default 90 s, longer than any heartbeat (20 s, at most 60 s). */
  public Options idleTimeout(Duration timeout) { return with(options -> options.idleTimeout = timeout); }

  /** Tries in all of a call, and of a stream that never brought a message; default 5. */
  public Options attempts(int attempts) { return with(options -> options.attempts = attempts); }

  /** Fruitless tries in a row of a stream that has brought a message; default 20. */
  public Options streamAttempts(int attempts) { return with(options -> options.streamAttempts = attempts); }

  /** Longest first wait between tries, which doubles with each one up to {@code max}; by default 0.2 s and 20 s. */
  public Options backoff(Duration initial, Duration max) {
    return with(options -> {
      options.initialBackoff = initial;
      options.maxBackoff = max;
    });
  }

  /** A dead peer ends its calls after both; default 10 s each, which is the least that gRPC takes for the first. */
  public Options keepalive(Duration time, Duration timeout) {
    return with(options -> {
      options.keepaliveTime = time;
      options.keepaliveTimeout = timeout;
    });
  }

  /** Put before the client's own user agent, for example {@code shop/2.1}. */
  public Options userAgent(String userAgent) { return with(options -> options.userAgent = userAgent); }

  /** A last change of the channel of gRPC, for example an interceptor or an executor. */
  public Options channel(UnaryOperator<ManagedChannelBuilder<?>> change) {
    return with(options -> options.channel = change);
  }

  /** The longest wait, in nanoseconds, after so many earlier failures in a row. */
  long longestWait(int failures) {
    return (long) Math.min(initialBackoff.toNanos() * Math.pow(2, failures), maxBackoff.toNanos());
  }

  /** A channel that connects with its first call. UncheckedIOException: a file cannot be read. */
  ManagedChannel connect() {
    if (!tls && (caFile != null || certificateFile != null)) {
      throw new IllegalArgumentException("caFile and certificate need tls(true)");
    }
    ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(endpoint, credentials())
        .userAgent((userAgent + " seedance-gateway-java/" + VERSION).strip())
        .keepAliveTime(keepaliveTime.toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveTimeout(keepaliveTimeout.toNanos(), TimeUnit.NANOSECONDS);
    return channel.apply(builder).build();
  }

  private ChannelCredentials credentials() {
    if (!tls) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
    try {
      if (caFile != null) {
        credentials.trustManager(caFile.toFile());
      }
      if (certificateFile != null) {
        credentials.keyManager(certificateFile.toFile(), privateKeyFile.toFile());
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return credentials.build();
  }

  private Options with(Consumer<Options> change) {
    try {
      Options copy = (Options) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException error) {
      throw new AssertionError(error);
    }
  }

  private static String version() {
    try (InputStream file = Options.class.getResourceAsStream("version")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
