#include "tests/bench/vendor.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/upstream/anyfast/multipart_source.h"

namespace seedance::bench {
namespace {

using Json = nlohmann::json;
using http::HttpReply;
using http::HttpRequest;

constexpr char kTasks[] = "/v1/video/generations";
constexpr size_t kPieceBytes = 256 << 10;

// A file in memory.
class Pieces : public http::ByteSource {
 public:
  explicit Pieces(std::string_view file) : size_(static_cast<int64_t>(file.size())), left_(file) {}
  absl::StatusOr<std::string> Next() override {
    std::string piece(left_.substr(0, kPieceBytes));
    left_.remove_prefix(piece.size());
    return piece;
  }
  std::optional<int64_t> Size() const override { return size_; }

 private:
  const int64_t size_;
  std::string_view left_;
};

absl::StatusOr<Json> Parse(const HttpReply& reply, const std::string& what) {
  Json json = Json::parse(reply.body, nullptr, false);
  if (reply.status == 200 && json.is_object()) return json;
  return absl::UnavailableError(absl::StrCat(what, ": status ", reply.status, " ", reply.error, " ", reply.body));
}

absl::StatusOr<Json> Get(const std::string& url) {
  const auto transport = http::MakeHttpTransport(http::HttpOptions());
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  request.timeout = absl::Minutes(1);
  request.max_reply_bytes = 64 << 20;
  return Parse(transport->Send(request), url);
}

}  // namespace

Vendor::Vendor(std::string url)
    : url_(std::move(url)), transport_([] {
        http::HttpOptions options;
        options.max_idle_connections = 512;
        return http::MakeHttpTransport(options);
      }()) {}

HttpRequest Vendor::Request(const std::string& method, const std::string& path) const {
  HttpRequest request;
  request.method = method;
  request.url = url_ + path;
  request.headers = {{"Authorization", "Bearer sandbox-key"}};
  request.timeout = absl::Minutes(2);
  request.billed = method == "POST";
  if (request.billed) request.content_type = "application/json";
  return request;
}

absl::StatusOr<std::string> Vendor::NewGroup(const std::string& name) {
  HttpRequest request = Request("POST", "/volc/asset/CreateAssetGroup");
  request.body = Json{{"model", "volc-asset"}, {"Name", name}, {"GroupType", "AIGC"}}.dump();
  const absl::StatusOr<Json> reply = Parse(transport_->Send(request), "CreateAssetGroup");
  if (!reply.ok()) return reply.status();
  return reply->value("Id", "");
}

bool Vendor::CreateGroup(const std::string& name) { return NewGroup(name).ok(); }

bool Vendor::GetTask(const std::string& id) {
  return transport_->Send(Request("GET", absl::StrCat(kTasks, "/", id))).status == 200;
}

absl::StatusOr<std::string> Vendor::CreateTask(const std::string& prompt) {
  HttpRequest request = Request("POST", kTasks);
  request.body = Json{{"model", "seedance"}, {"content", {{{"type", "text"}, {"text", prompt}}}}}.dump();
  const absl::StatusOr<Json> reply = Parse(transport_->Send(request), "create task");
  if (!reply.ok()) return reply.status();
  return reply->value("id", "");
}

bool Vendor::Upload(const std::string& group, const std::string& name, std::string_view file) {
  Pieces pieces(file);
  upstream::MultipartSource body(
      "bench-boundary-7d1c",
      {{"model", "volc-asset-video"}, {"GroupId", group}, {"Name", name}, {"AssetType", "Video"}}, name + ".mp4",
      pieces);
  HttpRequest request = Request("POST", "/volc/asset/CreateAsset");
  request.content_type = body.content_type();
  request.source = &body;
  return transport_->Send(request).status == 200;
}

absl::StatusOr<VendorView> VendorView::Of(testing::SandboxProcess& sandbox) {
  const absl::Time before = absl::Now();
  const absl::StatusOr<Json> health = Get(sandbox.control_url() + "/healthz");
  const absl::Time after = absl::Now();
  if (!health.ok()) return health.status();
  const absl::Time theirs = absl::UnixEpoch() + absl::Seconds(health->value("time", 0.0));
  return VendorView(sandbox, theirs - (before + (after - before) / 2));
}

absl::Time VendorView::Real(double virtual_seconds) const {
  return absl::UnixEpoch() + absl::Seconds(virtual_seconds) - ahead_;
}

absl::StatusOr<std::vector<VendorTask>> VendorView::Tasks() const {
  const absl::StatusOr<Json> reply = Get(sandbox_->control_url() + "/tasks");
  if (!reply.ok()) return reply.status();
  std::vector<VendorTask> tasks;
  for (const Json& row : (*reply)["tasks"]) {
    tasks.push_back({row.value("id", ""), Real(row.value("create_time", 0.0)), row.value("polls", int64_t{0})});
  }
  return tasks;
}

absl::Status VendorView::CollectPolls() {
  const absl::StatusOr<testing::SandboxRequests> requests = sandbox_->Requests();
  if (!requests.ok()) return requests.status();
  const std::string prefix = absl::StrCat(kTasks, "/");
  for (const testing::SandboxRequest& row : requests->recent) {
    if (row.seq <= last_seq_) continue;
    if (row.seq != last_seq_ + 1 && last_seq_ > 0) return absl::DataLossError("the sandbox forgot requests");
    last_seq_ = row.seq;
    if (row.method != "GET" || row.path.rfind(prefix, 0) != 0) continue;
    polls_[row.path.substr(prefix.size())].push_back(Real(row.time));
  }
  return absl::OkStatus();
}

}  // namespace seedance::bench
