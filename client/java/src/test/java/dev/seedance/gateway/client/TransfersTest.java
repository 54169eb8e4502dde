package dev.seedance.gateway.client;

import static dev.seedance.gateway.client.ScriptedServer.all;
import static dev.seedance.gateway.client.ScriptedServer.answer;
import static dev.seedance.gateway.client.ScriptedServer.failure;
import static dev.seedance.gateway.client.ScriptedServer.open;
import static dev.seedance.gateway.client.ScriptedServer.send;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.seedance.gateway.client.ScriptedServer.Exchange;
import dev.seedance.gateway.client.ScriptedServer.Handler;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.DownloadGenerationResultRequest;
import dev.seedance.gateway.v1.DownloadGenerationResultResponse;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.UploadAssetRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads and downloads, against a real server in the process. */
class TransfersTest extends ServerTest {
  private static final byte[] DATA = new byte[1 << 20];
  private static final Asset HERO = Asset.newBuilder().setDisplayName("hero").build();
  private static final Asset MADE = Asset.newBuilder().setName("assets/1").build();

  static {
    for (int i = 0; i < DATA.length; i++) {
      DATA[i] = (byte) (i * 31 >> 3);
    }
  }

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = Files.write(folder.resolve("hero.png"), DATA);
  }

  /** Takes an upload, or does something else behind some of its messages. */
  private static final class Taker implements Handler {
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final int behind;
    private final Handler end;
    private UploadAssetRequest.Metadata metadata;

    Taker() {
      this(Integer.MAX_VALUE, answer(MADE));
    }

    Taker(int behind, Handler end) {
      this.behind = behind;
      this.end = end;
    }

    @Override
    public void handle(Exchange exchange) throws Exception {
      UploadAssetRequest request = (UploadAssetRequest) exchange.next();
      metadata = request.getMetadata();
      for (int count = 1; request != null && count < behind; count++) {
        request.getChunk().writeTo(data);
        request = (UploadAssetRequest) exchange.next();
      }
      end.handle(exchange);
    }
  }

  @Test
  void aPathBytesAndAStreamAreSentWhole() {
    List<Upload> uploads = List.of(Upload.of(file, HERO), Upload.of(DATA, HERO).fileName("hero.png"),
        Upload.of(new ByteArrayInputStream(DATA), HERO).fileName("hero.png").sizeBytes(DATA.length));
    for (Upload upload : uploads) {
      Taker taker = new Taker();
      server.on("UploadAsset", taker);
      List<Long> steps = new ArrayList<>();
      Asset made = client.uploadAsset(upload.reuseContent(true).onProgress((done, total) -> {
        assertEquals(DATA.length, total);
        steps.add(done);
      }));
      assertEquals(MADE, made);
      assertArrayEquals(DATA, taker.data.toByteArray());
      assertEquals(36, taker.metadata.getRequestId().length());
      assertEquals(UploadAssetRequest.Metadata.newBuilder().setAsset(HERO).setFileName("hero.png")
          .setSizeBytes(DATA.length).setReuseContent(true).setRequestId(taker.metadata.getRequestId()).build(),
          taker.metadata);
      assertEquals(List.of(0L, (long) DATA.length), List.of(steps.get(0), steps.get(steps.size() - 1)));
    }
  }

  @Test
  void aTryThatBrokeOffBeginsAnewWithTheSameRequestId() {
    Taker broken = new Taker(3, failure(Code.UNAVAILABLE));
    Taker whole = new Taker();
    server.on("UploadAsset", broken, whole);
    client.uploadAsset(file, HERO);
    assertArrayEquals(DATA, whole.data.toByteArray());
    assertEquals(broken.metadata.getRequestId(), whole.metadata.getRequestId());
  }

  @Test
  void aSlowTransferIsRepeated() {
    server.on("UploadAsset", new Taker(2, failure(Code.ABORTED, "TRANSFER_TOO_SLOW", 1L, Map.of())), new Taker());
    assertEquals(MADE, client.uploadAsset(Upload.of(DATA, HERO)));
    server.on("UploadAsset", new Taker(2, failure(Code.ABORTED, "TRANSFER_TOO_SLOW")));
    assertThrows(Errors.TransferTooSlow.class, () -> client.uploadAsset(file, HERO));
  }

  @Test
  void aStreamThatWasReadIsSentOnce() {
    server.on("UploadAsset", new Taker(2, failure(Code.UNAVAILABLE)), new Taker());
    Upload upload = Upload.of(new ByteArrayInputStream(DATA), HERO);
    assertThrows(Errors.ConnectionFailed.class, () -> client.uploadAsset(upload));
  }

  @Test
  void aRefusalEndsTheReading() {
    server.on("UploadAsset", new Taker(1, failure(Code.INVALID_ARGUMENT, "INVALID_INPUT")));
    AtomicLong read = new AtomicLong();
    InputStream endless = new InputStream() {
      @Override
      public int read() {
        read.incrementAndGet();
        return 0;
      }
    };
    assertThrows(Errors.InvalidInput.class, () -> client.uploadAsset(Upload.of(endless, HERO)));
    assertTrue(read.get() < 32 << 20, "read " + read);
  }

  @Test
  void aReaderThatTakesNothingHoldsTheSourceBack() throws Exception {
    CountDownLatch stalled = new CountDownLatch(1);
    AtomicLong read = new AtomicLong();
    server.on("UploadAsset", exchange -> {
      exchange.next();
      stalled.await();
      exchange.end(Status.INVALID_ARGUMENT, new Metadata());
    });
    InputStream counted = new ByteArrayInputStream(new byte[64 << 20]) {
      @Override
      public synchronized int read(byte[] target, int offset, int length) {
        int count = super.read(target, offset, length);
        if (count < 0) {
          stalled.countDown(); // All was read: nothing held it back.
        } else if (read.addAndGet(count) > 2 * 256 * 1024) {
          stalled.countDown();
        }
        return count;
      }
    };
    assertThrows(GatewayException.class, () -> client.uploadAsset(Upload.of(counted, HERO)));
    assertTrue(read.get() < 16 << 20, "read " + read);
  }

  @Test
  void aSourceThatFailsCreatesNothing() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    server.on("UploadAsset", exchange -> {
      boolean more = true;
      while (more) {
        more = exchange.next() != null;
      }
      open(givenUp).handle(exchange);
    });
    InputStream failing = new ByteArrayInputStream(DATA) {
      @Override
      public byte[] readNBytes(int length) throws IOException {
        if (available() < DATA.length) {
          throw new IOException("the disk is gone");
        }
        return super.readNBytes(length);
      }
    };
    var error = assertThrows(UncheckedIOException.class, () -> client.uploadAsset(Upload.of(failing, HERO)));
    assertEquals("the disk is gone", error.getCause().getMessage());
    assertReached(givenUp);
  }

  @Test
  void aPathThatCannotBeReadMakesNoCall() {
    Path none = folder.resolve("none");
    var error = assertThrows(UncheckedIOException.class, () -> client.uploadAsset(none, HERO));
    assertInstanceOf(NoSuchFileException.class, error.getCause());
    assertTrue(server.metadata.isEmpty());
  }

  private static Handler first(long total) {
    var message = DownloadGenerationResultResponse.newBuilder().setTotalSizeBytes(total).setContentType("video/mp4");
    return send(message.build());
  }

  private static Handler data(int begin, int end) {
    ByteString bytes = ByteString.copyFrom(DATA, begin, end - begin);
    return send(DownloadGenerationResultResponse.newBuilder().setData(bytes).build());
  }

  private void serve(String sha256, Handler... calls) {
    server.on("DownloadGenerationResult", calls);
    var result = GenerationTask.Result.newBuilder().setSha256(sha256);
    server.on("GetGenerationTask", answer(TASK.toBuilder().setResult(result).build()));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static String hash() throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(DATA));
  }

  @Test
  void itGoesOnAtTheOffsetAndRenamesTheFileAtTheEnd() throws Exception {
    int half = DATA.length / 2;
    serve(hash(), all(first(DATA.length), data(0, half), failure(Code.UNAVAILABLE)),
        all(first(DATA.length), data(half, DATA.length), answer()));
    Path video = folder.resolve("video.mp4");
    List<Long> steps = new ArrayList<>();
    var result = client.download(Download.of(NAME, video).onProgress((done, total) -> steps.add(done)));
    assertEquals(new DownloadResult(DATA.length, hash(), "video/mp4"), result);
    assertEquals(List.of((long) half, (long) DATA.length), steps);
    assertEquals(List.of(0L, (long) half),
        server.seen(DownloadGenerationResultRequest.class).stream().map(one -> one.getOffset()).toList());
    assertArrayEquals(DATA, Files.readAllBytes(video));
    assertEquals(List.of("hero.png", "video.mp4"), files());
  }

  @Test
  void aStreamMayBeTheTargetAndTheSizeUnknown() {
    serve("", all(first(0), data(0, 1000), answer()));
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    assertEquals(1000, client.download(Download.of(NAME, target)).sizeBytes());
    assertEquals(ByteString.copyFrom(DATA, 0, 1000), ByteString.copyFrom(target.toByteArray()));
  }

  @Test
  void anotherHashIsAnErrorAndLeavesTheFileThatWasThere() throws Exception {
    serve("00", all(first(DATA.length), data(0, DATA.length), answer()));
    Path before = Files.writeString(folder.resolve("video.mp4"), "before");
    assertThrows(Errors.DataLoss.class, () -> client.download(NAME, before));
    assertEquals("before", Files.readString(before));
    assertEquals(List.of("hero.png", "video.mp4"), files());
  }

  @Test
  void anErrorLeavesNoFile() throws Exception {
    serve("", all(first(DATA.length), data(0, 10), failure(Code.FAILED_PRECONDITION, "RESULT_EXPIRED")));
    assertThrows(Errors.ResultExpired.class, () -> client.download(NAME, folder.resolve("video.mp4")));
    assertEquals(List.of("hero.png"), files());
  }

  @Test
  void aTargetThatFailsEndsTheCall() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    serve("", all(first(DATA.length), data(0, 10), open(givenUp)));
    OutputStream full = new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        throw new IOException("no space left");
      }
    };
    assertThrows(UncheckedIOException.class, () -> client.download(Download.of(NAME, full)));
    assertReached(givenUp);
  }

  @Test
  void aDownloadThatIsCancelledEndsItsCallAndLeavesNoFile() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    serve("", all(first(DATA.length), data(0, 10), open(givenUp)));
    Path video = folder.resolve("video.mp4");
    var future = client.async().download(Download.of(NAME, video).onProgress((done, total) -> begun.countDown()));
    assertReached(begun);
    future.cancel(true);
    assertReached(givenUp);
    assertEquals(List.of("hero.png"), files());
  }
}
