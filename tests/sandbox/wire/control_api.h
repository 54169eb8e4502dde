#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_CONTROL_API_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_CONTROL_API_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "tests/sandbox/piapi/control.h"
#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/wire/faults.h"
#include "tests/sandbox/wire/request_log.h"
#include "tests/sandbox/wire/wire_server.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

// The port for tests and operators of the sandbox: looks behind the vendor's curtain and moves its time. JSON in and
// out, no keys asked; README.md lists the calls.
class ControlApi {
 public:
  // `reset` brings the sandbox back to its first moment.
  ControlApi(Shared shared, Faults& faults, RequestLog& log, std::function<void()> reset);

  // Returns the bound `host:port`.
  absl::StatusOr<std::string> Start(const std::string& listen) { return server_.Start(listen); }
  void Stop() { server_.Stop(); }

 private:
  void Serve();
  void ServePiApi();
  void Read(const char* path, const std::function<Json()>& read);
  void Write(const char* path, const std::function<absl::StatusOr<Json>(const Json&)>& write);
  Json Ledger();
  Json Requests();
  Json Tasks();
  Json Assets();
  Json Groups();
  Json FaultRules();
  absl::StatusOr<Json> AddFault(const Json& body);
  absl::StatusOr<Json> Advance(const Json& body);

  Shared shared_;
  Faults& faults_;
  RequestLog& log_;
  std::function<void()> reset_;
  PiApiControl piapi_;
  WireServer server_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_CONTROL_API_H_
