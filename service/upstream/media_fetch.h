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

// Consumes the bytes of a file in order, and states which it does not need. Called on the thread of Read.
class MediaReader {
 public:
  virtual ~MediaReader() = default;
  // Called once, before any byte. `size`: length of the file in bytes; 0: unknown. False: no bytes are needed.
  virtual bool OnStart(int64_t size) = 0;
  // The next bytes. False: no more are needed.
  virtual bool OnBytes(std::string_view bytes) = 0;
  // Number of next bytes that it does not need; OnSkip leaves out at most that many.
  virtual int64_t Skippable() const = 0;
  virtual void OnSkip(int64_t bytes) = 0;
};

// Outcome of reading a file.
struct FetchedMedia {     // Bytes; 0: unknown.
  int64_t size = 0;       // 0: unknown.
  bool complete = false;  // Every byte was read or skipped.
};

// Reads files behind URLs given by callers. Thread-safe.
class MediaFetcher {
 public:
  virtual ~MediaFetcher() = default;

  // Reads the file until its end or until `reader` needs no more. `whole`: in one request without skipping; otherwise
  // in ranges if the server supports them. Blocks. Errors: kCancelled and kDeadlineExceeded by `call`; anything else is
  // kUpstreamUnavailable with a message for people that says why the file cannot be fetched.
  virtual absl::StatusOr<FetchedMedia> Read(const CallOptions& call, const std::string& uri, bool whole,
                                            MediaReader& reader) = 0;
};

// Settings of a MediaFetcher.
struct MediaFetchOptions {
  bool allow_private_network = false;          // Allow plain http, this machine and private networks.
  absl::Duration timeout = absl::Seconds(60);  // Per file.
  std::string ca_file;                         // Additional root certificates (PEM). Empty: the system's only.
};

// Reads over https from public addresses only, unless `options` allow more; the address of every connection is checked,
// and at most five redirects are followed. Sends no credentials. `clock` must outlive it.
std::unique_ptr<MediaFetcher> MakeMediaFetcher(const MediaFetchOptions& options, base::Clock& clock);

// Its transport; and the fetcher over another transport, for tests.
std::unique_ptr<http::HttpTransport> MakeMediaTransport(const MediaFetchOptions& options);
std::unique_ptr<MediaFetcher> MakeMediaFetcher(const MediaFetchOptions& options, base::Clock& clock,
                                               std::unique_ptr<http::HttpTransport> transport);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_MEDIA_FETCH_H_
