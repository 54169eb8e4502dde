#ifndef SEEDANCE_SERVICE_UPSTREAM_MEDIA_FETCH_H_
#define SEEDANCE_SERVICE_UPSTREAM_MEDIA_FETCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/http/http_transport.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// Takes the bytes of a file in order, and says which it does not need.
class MediaReader {
 public:
  virtual ~MediaReader() = default;
  // Called once, before any byte. `size`: length of the file, 0 when the server does not say. False: enough.
  virtual bool OnStart(int64_t size) = 0;
  // False: enough.
  virtual bool OnBytes(std::string_view bytes) = 0;
  // How many of the next bytes it does not need to see; OnSkip leaves at most so many out.
  virtual int64_t Skippable() const = 0;
  virtual void OnSkip(int64_t bytes) = 0;
};

// What is known of a file that was read.
struct FetchedMedia {
  int64_t size = 0;       // 0: unknown.
  bool complete = false;  // Every byte to the end was read or skipped.
};

// Reads files behind URLs that callers gave.
class MediaFetcher {
 public:
  virtual ~MediaFetcher() = default;

  // Reads the file until its end or until `reader` has enough. `whole`: all of it in one request, nothing is skipped;
  // else in ranges where the server knows them. Blocks; thread-safe. Errors: kCancelled and kDeadlineExceeded as
  // `call` says; anything else (kUpstreamUnavailable) has a message for people that tells why it cannot be fetched.
  virtual absl::StatusOr<FetchedMedia> Read(const CallOptions& call, const std::string& uri, bool whole,
                                            MediaReader& reader) = 0;
};

struct MediaFetchOptions {
  bool allow_private_network = false;          // Plain http, this machine and private networks too.
  absl::Duration timeout = absl::Seconds(60);  // For one file.
  std::string ca_file;                         // Additional authorities. Empty: the system's only.
};

// Over https to public addresses only, unless `options` say otherwise; addresses are checked for each connection, and
// at most 5 redirects are followed. Sends no credentials.
std::unique_ptr<MediaFetcher> MakeMediaFetcher(const MediaFetchOptions& options, base::Clock& clock);

// The transport of the above, and the same over another one.
std::unique_ptr<http::HttpTransport> MakeMediaTransport(const MediaFetchOptions& options);
std::unique_ptr<MediaFetcher> MakeMediaFetcher(const MediaFetchOptions& options, base::Clock& clock,
                                               std::unique_ptr<http::HttpTransport> transport);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_MEDIA_FETCH_H_
