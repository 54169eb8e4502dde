package dev.seedance.gateway.client;

import com.google.protobuf.ByteString;
import dev.seedance.gateway.v1.DownloadGenerationResultRequest;
import dev.seedance.gateway.v1.DownloadGenerationResultResponse;
import dev.seedance.gateway.v1.GenerationTask;
import io.grpc.Status.Code;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The bytes of a file, each once and in order, over as many calls as it takes. Counts and hashes them. */
final class DownloadState
    implements StreamCall.State<DownloadGenerationResultRequest, DownloadGenerationResultResponse, ByteString> {
  private final DownloadGenerationResultRequest request;
  private final MessageDigest digest;
  private volatile long offset;
  private volatile long total;
  private String contentType = "";
  private boolean done;

  DownloadState(String name, DownloadGenerationResultRequest.Part part) {
    request = DownloadGenerationResultRequest.newBuilder().setName(name).setPart(part).build();
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException error) {
      throw new AssertionError(error);
    }
  }

  /** In bytes; 0: not known. */
  long total() {
    return total;
  }

  @Override
  public DownloadGenerationResultRequest request() {
    return request.toBuilder().setOffset(offset).build();
  }

  @Override
  public List<ByteString> take(DownloadGenerationResultResponse message) {
    long announced = message.getTotalSizeBytes();
    if (announced != 0 && total != 0 && announced != total) {
      throw dataLoss("the file changed from " + total + " to " + announced + " bytes");
    }
    total = announced == 0 ? total : announced;
    contentType = message.getContentType().isEmpty() ? contentType : message.getContentType();
    offset += message.getData().size();
    if (total != 0 && offset > total) {
      throw dataLoss("more bytes came than the announced " + total);
    }
    message.getData().asReadOnlyByteBufferList().forEach(digest::update);
    return message.getData().isEmpty() ? List.of() : List.of(message.getData());
  }

  @Override
  public boolean done() {
    return done;
  }

  @Override
  public GatewayException ended(GatewayException error, Attempts attempts) {
    done = total == 0 ? error == null : offset == total;
    if (done) {
      return null;
    }
    return error == null ? ResumingState.broken("the stream ended before the last byte") : error;
  }

  /** Behind the last byte. */
  DownloadResult result() {
    return new DownloadResult(offset, HexFormat.of().formatHex(digest.digest()), contentType);
  }

  /** DataLoss: the gateway has another size or SHA-256 of the task's video. It may know neither. */
  static DownloadResult check(DownloadResult found, GenerationTask.Result known) {
    if (known.getSizeBytes() != 0 && known.getSizeBytes() != found.sizeBytes()
        || !known.getSha256().isEmpty() && !known.getSha256().equals(found.sha256())) {
      throw dataLoss(found.sizeBytes() + " bytes with SHA-256 " + found.sha256() + " came, not " + known.getSizeBytes()
          + " bytes with " + known.getSha256());
    }
    return found;
  }

  private static GatewayException dataLoss(String text) {
    return Errors.of(Details.of(Code.DATA_LOSS, text));
  }
}
