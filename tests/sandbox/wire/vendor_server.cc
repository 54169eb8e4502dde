#include "tests/sandbox/wire/vendor_server.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/clock.h"

namespace seedance::sandbox {
namespace {

constexpr char kAnyPath[] = R"([\s\S]*)";

// The fault that was picked for the request that this thread reads: the pick happens when the headers are there, the
// rest when the body is.
thread_local std::optional<FaultRule> picked_fault;

void Send(const ApiReply& reply, httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (!reply.body.empty()) response.set_content(reply.body, reply.content_type);
}

bool RepliesInstead(FaultKind kind) {
  return kind == FaultKind::kStatus || kind == FaultKind::kHtml || kind == FaultKind::kEmpty;
}

}  // namespace

VendorServer::VendorServer(Shared shared, Faults& faults, RequestLog& log,
                           std::vector<std::unique_ptr<Dialect>> dialects)
    : shared_(shared), faults_(faults), log_(log), files_(shared), dialects_(std::move(dialects)) {
  const auto plain = [this](const httplib::Request& request, httplib::Response& response) {
    Exchange(request, nullptr, response);
  };
  const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                const httplib::ContentReader& reader) { Exchange(request, &reader, response); };
  server_.Get(kAnyPath, plain);
  server_.Post(kAnyPath, with_body);
  server_.Put(kAnyPath, with_body);
  server_.Patch(kAnyPath, with_body);
  server_.Delete(kAnyPath, plain);
  // Taken only when the request announces a body.
  server_.Delete(kAnyPath, with_body);
}

absl::StatusOr<std::string> VendorServer::Start(const std::string& listen) {
  return server_.Start(listen, [this](const httplib::Request& request) { return Admit(request); });
}

void VendorServer::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    stop_wanted_.NotifyAll();
  }
  server_.Stop();
}

bool VendorServer::Admit(const httplib::Request& request) {
  picked_fault = faults_.Pick(request.method, request.path);
  if (!picked_fault.has_value() || picked_fault->kind != FaultKind::kReset) return true;
  ApiCall call;
  call.method = request.method;
  call.path = request.path;
  Note(call, picked_fault);
  return false;
}

void VendorServer::Exchange(const httplib::Request& request, const httplib::ContentReader* reader,
                            httplib::Response& response) {
  const std::optional<FaultRule> fault = std::exchange(picked_fault, std::nullopt);
  const std::optional<ApiCall> call = ReadCall(request, reader);
  if (!call.has_value()) {
    Send(DialectOf(request.path).Refuse(400, "the request body broke off or is too large"), response);
    return;
  }
  const int64_t seq = Note(*call, fault);
  const ApiReply reply = Answer(*call, fault);
  log_.Replied(seq, reply.status);
  Send(reply, response);
}

ApiReply VendorServer::Answer(const ApiCall& call, const std::optional<FaultRule>& fault) {
  if (!fault.has_value()) return Process(call);
  if (RepliesInstead(fault->kind)) {
    if (fault->after) Process(call);
    return Canned(call, *fault);
  }
  if (fault->kind == FaultKind::kDelay && !fault->after) Delay(fault->delay);
  ApiReply reply = Process(call);
  if (fault->kind == FaultKind::kDelay && fault->after) Delay(fault->delay);
  if (fault->kind == FaultKind::kTruncate) WireServer::SetWire(WireServer::Wire::kHalf);
  if (fault->kind == FaultKind::kDropReply) WireServer::SetWire(WireServer::Wire::kNothing);
  return reply;
}

ApiReply VendorServer::Process(const ApiCall& call) {
  if (!FilesApi::Route(call.method, call.path).empty()) return files_.Handle(call);
  return DialectOf(call.path).Handle(call);
}

Dialect& VendorServer::DialectOf(const std::string& path) const {
  for (const auto& dialect : dialects_) {
    if (dialect->Owns(path)) return *dialect;
  }
  return *dialects_.front();
}

ApiReply VendorServer::Canned(const ApiCall& call, const FaultRule& fault) {
  ApiReply reply;
  if (fault.kind == FaultKind::kHtml) {
    reply = {502, "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>", "text/html", {}};
  } else if (fault.kind == FaultKind::kStatus) {
    reply = DialectOf(call.path).Refuse(fault.status == 0 ? 500 : fault.status, "injected fault");
  }
  if (fault.status != 0) reply.status = fault.status;
  if (!fault.body.empty() && fault.kind != FaultKind::kEmpty) reply.body = fault.body;
  if (fault.retry_after >= 0) reply.headers.emplace_back("Retry-After", absl::StrCat(fault.retry_after));
  return reply;
}

std::string VendorServer::RouteOf(const std::string& method, const std::string& path) const {
  if (std::string route = FilesApi::Route(method, path); !route.empty()) return route;
  for (const auto& dialect : dialects_) {
    if (std::string route = dialect->Route(method, path); !route.empty()) return route;
  }
  return absl::StrCat(method, " (unknown)");
}

int64_t VendorServer::Note(const ApiCall& call, const std::optional<FaultRule>& fault) {
  RequestRow row;
  row.method = call.method;
  row.path = call.path;
  row.time = shared_.clock.Now();
  row.size = call.size;
  row.sha256 = call.sha256;
  if (fault.has_value()) row.fault = FaultKindName(fault->kind);
  return log_.Arrived(RouteOf(call.method, call.path), std::move(row));
}

void VendorServer::Delay(absl::Duration time) {
  const absl::Time end = base::RealClock().Now() + time;
  base::MutexLock lock(mutex_);
  while (!stopped_ && base::RealClock().Now() < end) base::RealClock().WaitUntil(stop_wanted_, mutex_, end);
}

}  // namespace seedance::sandbox
