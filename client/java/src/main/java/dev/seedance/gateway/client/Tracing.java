package dev.seedance.gateway.client;

import io.grpc.Metadata;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;

/** Sends the context of OpenTelemetry where its API is in the class path. */
final class Tracing {
  private static final boolean PRESENT = isPresent();

  private Tracing() {}

  /** Metadata of a call: {@code traceparent} and {@code tracestate} of the current span, if there is one. */
  static Metadata headers() {
    Metadata headers = new Metadata();
    if (PRESENT) {
      OpenTelemetry.inject(headers);
    }
    return headers;
  }

  private static boolean isPresent() {
    try {
      Class.forName("io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator");
      return true;
    } catch (ClassNotFoundException | LinkageError error) {
      return false;
    }
  }

  /** Its classes are loaded only when they are there. */
  private static final class OpenTelemetry {
    static void inject(Metadata headers) {
      // Not GlobalOpenTelemetry.get(): before the application has set it, that would keep it from doing so.
      W3CTraceContextPropagator.getInstance().inject(Context.current(), headers, (carrier, key, value) ->
          carrier.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value));
    }
  }
}
