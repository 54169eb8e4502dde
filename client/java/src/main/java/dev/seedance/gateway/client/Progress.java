package dev.seedance.gateway.client;

/** Told of each chunk of a transfer, by a thread of the client, which waits for it. */
@FunctionalInterface
public interface Progress {
  /** Bytes done so far (0 again when an upload begins anew), and in all (0: not known). */
  void moved(long done, long total);
}
