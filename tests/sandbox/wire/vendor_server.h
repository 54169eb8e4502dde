#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_VENDOR_SERVER_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_VENDOR_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/wire/faults.h"
#include "tests/sandbox/wire/files_api.h"
#include "tests/sandbox/wire/request_log.h"
#include "tests/sandbox/wire/wire_server.h"

namespace seedance::sandbox {

// The port that plays the vendor: notes each request, lets faults happen, hands the call to the dialect that has a
// route for it.
class VendorServer {
 public:
  // Calls that no dialect owns go to the first. At least one.
  VendorServer(Shared shared, Faults& faults, RequestLog& log, std::vector<std::unique_ptr<Dialect>> dialects);
  ~VendorServer() { Stop(); }

  // Returns the bound `host:port`.
  absl::StatusOr<std::string> Start(const std::string& listen);

  // Ends delays, breaks all connections, waits for the handlers.
  void Stop();

 private:
  bool Admit(const httplib::Request& request);
  void Exchange(const httplib::Request& request, const httplib::ContentReader* reader, httplib::Response& response);
  ApiReply Answer(const ApiCall& call, const std::optional<FaultRule>& fault);
  ApiReply Process(const ApiCall& call);
  ApiReply Canned(const ApiCall& call, const FaultRule& fault);
  Dialect& DialectOf(const std::string& path) const;
  std::string RouteOf(const std::string& method, const std::string& path) const;
  int64_t Note(const ApiCall& call, const std::optional<FaultRule>& fault);
  void Delay(absl::Duration time);

  Shared shared_;
  Faults& faults_;
  RequestLog& log_;
  FilesApi files_;
  const std::vector<std::unique_ptr<Dialect>> dialects_;
  base::Mutex mutex_;
  base::CondVar stop_wanted_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  WireServer server_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_VENDOR_SERVER_H_
