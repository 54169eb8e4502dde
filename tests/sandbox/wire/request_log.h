#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_REQUEST_LOG_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_REQUEST_LOG_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::sandbox {

// One request as the vendor saw it. No body, no key.
struct RequestRow {
  int64_t seq = 0;
  std::string method;
  std::string path;
  absl::Time time;     // Virtual, of the arrival.
  int64_t size = 0;    // Bytes of the body; of multipart: of the file.
  std::string sha256;  // Of the same bytes; empty without a body.
  std::string fault;   // Kind of the fault that hit it; empty: none.
  int status = 0;      // Of the reply; 0 while there is none.
};

// Counts of all requests and the last thousand of them. Thread-safe.
class RequestLog {
 public:
  // Notes a request under `pattern` (`GET /v1/video/generations/{id}`) and returns its seq.
  int64_t Arrived(const std::string& pattern, RequestRow row);

  // Notes the status of the reply.
  void Replied(int64_t seq, int status);

  std::map<std::string, int64_t> Counts();
  std::vector<RequestRow> Recent();

  void Reset();

 private:
  base::Mutex mutex_;
  int64_t last_seq_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::deque<RequestRow> recent_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_REQUEST_LOG_H_
