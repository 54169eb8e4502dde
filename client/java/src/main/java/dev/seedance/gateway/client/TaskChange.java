package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.GenerationTask;
import java.util.Optional;

/** What became of one task of a live map; without a task: it no longer matches the filter, or was deleted. */
public record TaskChange(String name, Optional<GenerationTask> task) {}
