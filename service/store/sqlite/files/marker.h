#ifndef SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The marker is a small file beside the database that records how far the database had come at least, so that a later
// start notices a loss. It is written only after a commit, so it is never ahead of the database.
namespace seedance::store::sqlite {

// How much a database holds. Both numbers only grow.
struct Extent {          // Commits that changed something, including journal entries.
  int64_t commits = 0;   // Commits that changed something, entries of the journal included.
  int64_t revision = 0;  // Of its newest resource.

  friend bool operator==(const Extent&, const Extent&) = default;
};

// Contents of the marker file.
struct Marker {
  std::string epoch;   // Of the database.
  Extent extent;       // What was durable when the marker was written.
  bool clean = false;  // The last process closed the database.
  int64_t number = 0;  // Grows with every write of the marker; managed by WriteMarker.

  friend bool operator==(const Marker&, const Marker&) = default;
};

// nullopt: there is no file. DATA_LOSS: it is unintelligible. FAILED_PRECONDITION: it cannot be read.
absl::StatusOr<std::optional<Marker>> ReadMarker(const std::string& path);

// Writes the marker durably, with `number` increased. On failure `marker` is unchanged: that slot may be damaged then,
// and the next write must go to the same one. The file has two slots; the one with the older number is overwritten, so
// a crash in the middle leaves the other, and a full disk does not matter. Created (mode 0600) if absent.
// FAILED_PRECONDITION with the system's text.
absl::Status WriteMarker(const std::string& path, Marker& marker);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_FILES_MARKER_H_
