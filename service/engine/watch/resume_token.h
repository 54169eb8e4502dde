#ifndef SEEDANCE_SERVICE_ENGINE_WATCH_RESUME_TOKEN_H_
#define SEEDANCE_SERVICE_ENGINE_WATCH_RESUME_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace seedance::engine {

// What is watched: a resource name, or a filter. Made once where tokens are made often, for a long one takes time.
class TokenScope {
 public:
  explicit TokenScope(std::string_view text);

  const std::string& hash() const { return hash_; }

 private:
  std::string hash_;
};

// Makes and checks the tokens with which a reader resumes a watch stream: store epoch, revision of the last message
// read, and what was watched.
class ResumeTokens {
 public:
  explicit ResumeTokens(std::string epoch) : epoch_(std::move(epoch)) {}

  // What a reader has read.
  struct Position {
    int64_t revision = 0;  // 0: nothing yet.
    bool last = false;     // It was the last message of the stream.
  };

  // At most 256 bytes come back.
  std::string Make(const TokenScope& scope, const Position& position) const;
  std::string Make(std::string_view scope, const Position& position) const { return Make(TokenScope(scope), position); }

  // The position in `token`; that of a new reader for an empty one. `newest` is the newest revision of what is
  // watched. INVALID_ARGUMENT on `resume_token`: no token, or one of another scope. OUT_OF_RANGE with
  // kResumeTokenExpired: one of another store, or of a revision that this store has not reached; metadata
  // `resume_token` holds a fresh one, which makes a stream that begins with the snapshot after `newest` - 1.
  absl::StatusOr<Position> Check(std::string_view token, std::string_view scope, int64_t newest) const;

  // As Check, for a stream over many resources whose deletions up to revision `forgotten` may be forgotten: a token of
  // an earlier position is OUT_OF_RANGE too. The fresh token is that of a new reader.
  absl::StatusOr<Position> CheckHistory(std::string_view token, const TokenScope& scope, int64_t forgotten,
                                        int64_t newest) const;

  // The error for a position of CheckHistory that was passed by `forgotten` meanwhile.
  absl::Status Expired(const TokenScope& scope) const;

 private:
  struct Parsed {
    Position position;
    bool foreign = false;  // Of another store.
  };
  absl::StatusOr<Parsed> Parse(std::string_view token, const TokenScope& scope) const;

  const std::string epoch_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_WATCH_RESUME_TOKEN_H_
