package dev.seedance.gateway.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.UUID;

/** What all requests have in common, by the names of their fields. */
final class Requests {
  private Requests() {}

  /** The request with a new request_id where it has none, and each of a batch likewise. */
  @SuppressWarnings("unchecked")
  static <Q extends Message> Q withRequestIds(Q request) {
    Message.Builder builder = request.toBuilder();
    FieldDescriptor id = field(request, "request_id");
    if (id != null && requestId(request).isEmpty()) {
      builder.setField(id, UUID.randomUUID().toString());
    }
    FieldDescriptor batch = field(request, "requests");
    for (int i = 0; batch != null && i < request.getRepeatedFieldCount(batch); i++) {
      builder.setRepeatedField(batch, i, withRequestIds((Message) request.getRepeatedField(batch, i)));
    }
    return (Q) builder.build();
  }

  /** Empty: it has none. */
  static String requestId(Message request) {
    return text(request, "request_id");
  }

  /** A delete without allow_missing is not repeated: NOT_FOUND of a second try would hide that one worked. */
  static boolean mayBeRepeated(Message request) {
    FieldDescriptor field = field(request, "allow_missing");
    return field == null || request.getField(field).equals(true);
  }

  /** The request of the page behind {@code page}; null: it was the last one. */
  @SuppressWarnings("unchecked")
  static <Q extends Message> Q next(Q request, Message page) {
    String token = text(page, "next_page_token");
    return token.isEmpty() ? null : (Q) request.toBuilder().setField(field(request, "page_token"), token).build();
  }

  private static FieldDescriptor field(Message message, String name) {
    return message.getDescriptorForType().findFieldByName(name);
  }

  private static String text(Message message, String name) {
    FieldDescriptor field = field(message, name);
    return field == null ? "" : (String) message.getField(field);
  }
}
