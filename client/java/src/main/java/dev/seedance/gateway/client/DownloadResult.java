package dev.seedance.gateway.client;

/** A file as it was written; {@code sha256} is lower-case hex, {@code contentType} as the vendor says. */
public record DownloadResult(long sizeBytes, String sha256, String contentType) {}
