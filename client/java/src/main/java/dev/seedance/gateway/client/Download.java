package dev.seedance.gateway.client;

import com.google.protobuf.ByteString;
import dev.seedance.gateway.v1.DownloadGenerationResultRequest.Part;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Which file of a finished task to download, and where to. Not thread-safe; each method changes it. */
public final class Download {
  final String name;
  private final Path path;
  private final OutputStream stream;
  Part part = Part.PART_VIDEO;
  private Progress progress = (done, total) -> {};

  private Download(String name, Path path, OutputStream stream) {
    this.name = name;
    this.path = path;
    this.stream = stream;
  }

  /** To a path, which gets the file when it is whole; before, it is {@code <path>.part}. */
  public static Download of(String name, Path path) {
    return new Download(name, path, null);
  }

  /** To a stream, which is not closed. */
  public static Download of(String name, OutputStream stream) {
    return new Download(name, null, stream);
  }

  /** Which file of the result; default: the video. */
  public Download part(Part part) {
    this.part = part;
    return this;
  }

  /** Is told how far it is. */
  public Download onProgress(Progress progress) {
    this.progress = progress;
    return this;
  }

  Writer writer(AsyncGatewayClient client, DownloadState state) {
    return new Writer(client, state);
  }

  /** Writes the bytes of a stream one after the other; completes behind the check of the whole file. */
  final class Writer extends CompletableFuture<DownloadResult> implements Flow.Subscriber<ByteString> {
    private final AsyncGatewayClient client;
    private final DownloadState state;
    private final Path partial = path == null ? null : path.resolveSibling(path.getFileName() + ".part");
    private Flow.Subscription subscription;
    private OutputStream out;
    private long done;

    private Writer(AsyncGatewayClient client, DownloadState state) {
      this.client = client;
      this.state = state;
      whenComplete((result, error) -> {
        if (error != null) { // It was cancelled.
          discard();
        }
      });
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      try {
        synchronized (this) {
          out = partial == null ? stream : Files.newOutputStream(partial);
        }
        subscription.request(1);
      } catch (IOException error) {
        giveUp(new UncheckedIOException(error));
      }
    }

    @Override
    public void onNext(ByteString bytes) {
      try {
        synchronized (this) {
          if (out == null) {
            return;
          }
          bytes.writeTo(out);
        }
        done += bytes.size();
        progress.moved(done, state.total());
        subscription.request(1);
      } catch (IOException error) {
        giveUp(new UncheckedIOException(error));
      } catch (RuntimeException error) {
        giveUp(error);
      }
    }

    @Override
    public void onError(Throwable error) {
      giveUp(error);
    }

    @Override
    public void onComplete() {
      DownloadResult result = state.result();
      if (part == Part.PART_LAST_FRAME) { // The gateway only knows size and hash of the video.
        commit(result);
        return;
      }
      client.getTask(name).whenComplete((task, error) -> {
        try {
          if (error != null) {
            giveUp(error);
          } else {
            commit(DownloadState.check(result, task.getResult()));
          }
        } catch (GatewayException different) {
          giveUp(different);
        }
      });
    }

    private void commit(DownloadResult result) {
      try {
        synchronized (this) {
          if (out == null) {
            return;
          }
          out.flush();
          if (partial != null) {
            out.close();
            Files.move(partial, path, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
          }
          out = null;
        }
        complete(result);
      } catch (IOException error) {
        giveUp(new UncheckedIOException(error));
      }
    }

    private void giveUp(Throwable why) {
      discard();
      completeExceptionally(why);
    }

    /** Ends the stream and removes what there is of the file. */
    private synchronized void discard() {
      subscription.cancel();
      try {
        if (out != null && partial != null) {
          out.close();
          Files.deleteIfExists(partial);
        }
      } catch (IOException error) {
        // What failed before says more.
      }
      out = null;
    }
  }
}
