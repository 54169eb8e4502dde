package dev.seedance.gateway.client;

import com.google.protobuf.UnsafeByteOperations;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.UploadAssetRequest;
import io.grpc.ClientCall;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** What to upload, and as what. Not thread-safe; each method changes it. */
public final class Upload {
  private static final int CHUNK_BYTES = 256 * 1024;

  private final Source source;
  private final boolean repeatable;
  private final UploadAssetRequest.Metadata.Builder metadata;
  private Progress progress = (done, total) -> {};

  private Upload(Source source, boolean repeatable, Asset asset) {
    this.source = source;
    this.repeatable = repeatable;
    metadata = UploadAssetRequest.Metadata.newBuilder().setAsset(asset).setFileName(asset.getDisplayName());
  }

  /** A file, read again for each try; its name is the file name. */
  public static Upload of(Path path, Asset asset) {
    Upload upload = new Upload(metadata -> {
      metadata.setSizeBytes(Files.size(path));
      return Files.newInputStream(path);
    }, true, asset);
    return upload.fileName(String.valueOf(path.getFileName()));
  }

  /** Bytes, which must not change meanwhile. */
  public static Upload of(byte[] bytes, Asset asset) {
    return new Upload(metadata -> new ByteArrayInputStream(bytes), true, asset).sizeBytes(bytes.length);
  }

  /** A stream to its end; it is not closed. It is read once, so a try that broke off is not repeated. */
  public static Upload of(InputStream stream, Asset asset) {
    return new Upload(metadata -> stream, false, asset);
  }

  /** Decides the media type where the asset does not; default: the name of the path, or the asset's display name. */
  public Upload fileName(String name) {
    metadata.setFileName(name);
    return this;
  }

  /** Length of a stream, where it is known: one that is too long is refused before it is read. */
  public Upload sizeBytes(long size) {
    metadata.setSizeBytes(size);
    return this;
  }

  /** Whether an asset of the group with the same bytes is the answer, instead of a new one. */
  public Upload reuseContent(boolean reuse) {
    metadata.setReuseContent(reuse);
    return this;
  }

  /** A UUID that was chosen before; default: a new one. */
  public Upload requestId(String id) {
    metadata.setRequestId(id);
    return this;
  }

  /** Is told how far it is. */
  public Upload onProgress(Progress progress) {
    this.progress = progress;
    return this;
  }

  Sender sender() {
    UploadAssetRequest.Metadata.Builder copy = metadata.clone();
    if (copy.getRequestId().isEmpty()) {
      copy.setRequestId(UUID.randomUUID().toString());
    }
    return new Sender(source, repeatable, copy, progress);
  }

  /** Opens the bytes for a try, and may add to the metadata. */
  private interface Source {
    InputStream open(UploadAssetRequest.Metadata.Builder metadata) throws IOException;
  }

  /** Sends the bytes as fast as the gateway takes them, in each try from the beginning. */
  static final class Sender implements UnaryCall.Sending<UploadAssetRequest> {
    private final Source source;
    private final boolean repeatable;
    private final UploadAssetRequest.Metadata.Builder metadata;
    private final Progress progress;
    private InputStream stream;
    private boolean begun; // Something of the stream was read.
    private boolean first;
    private boolean whole;
    private long done;

    Sender(Source source, boolean repeatable, UploadAssetRequest.Metadata.Builder metadata, Progress progress) {
      this.source = source;
      this.repeatable = repeatable;
      this.metadata = metadata;
      this.progress = progress;
    }

    String requestId() {
      return metadata.getRequestId();
    }

    @Override
    public void rewind(GatewayException last) throws IOException {
      if (begun && !repeatable) {
        throw last;
      }
      close();
      stream = source.open(metadata);
      first = true;
      whole = false;
      done = 0;
      progress.moved(0, metadata.getSizeBytes());
    }

    @Override
    public void goOn(ClientCall<UploadAssetRequest, ?> call) throws IOException {
      if (first) {
        first = false;
        call.sendMessage(UploadAssetRequest.newBuilder().setMetadata(metadata).build());
      }
      while (!whole && call.isReady()) {
        begun = true;
        byte[] bytes = stream.readNBytes(CHUNK_BYTES);
        if (bytes.length == 0) {
          whole = true;
          call.halfClose();
          return;
        }
        call.sendMessage(UploadAssetRequest.newBuilder().setChunk(UnsafeByteOperations.unsafeWrap(bytes)).build());
        done += bytes.length;
        progress.moved(done, metadata.getSizeBytes());
      }
    }

    void close() {
      try {
        if (repeatable && stream != null) {
          stream.close();
        }
      } catch (IOException error) {
        // Everything that matters was read.
      }
    }
  }
}
