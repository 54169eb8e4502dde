#include "tests/sandbox/wire/control_api.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace seedance::sandbox {
namespace {

void SendControl(const Json& body, httplib::Response& response) {
  response.status = 200;
  response.set_content(Dump(body) + "\n", "application/json");
}

void SendControl(const absl::StatusOr<Json>& body, httplib::Response& response) {
  if (body.ok()) return SendControl(*body, response);
  response.status = 400;
  response.set_content(Dump({{"error", std::string(body.status().message())}}) + "\n", "application/json");
}

Json RowJson(const LedgerRow& row) {
  return {{"seq", row.seq},     {"key", row.key},           {"action", row.action},
          {"model", row.model}, {"resource", row.resource}, {"time", UnixSeconds(row.time)}};
}

Json RuleJson(const FaultRule& rule) {
  return {{"id", rule.id},
          {"method", rule.method},
          {"path", rule.path},
          {"kind", FaultKindName(rule.kind)},
          {"times", rule.times},
          {"probability", rule.probability},
          {"delay_ms", absl::ToInt64Milliseconds(rule.delay)},
          {"after", rule.after},
          {"status", rule.status},
          {"retry_after", rule.retry_after},
          {"fired", rule.fired}};
}

const char* StageName(Stage stage) {
  switch (stage) {
    case Stage::kNotStarted:
      return "not_started";
    case Stage::kQueued:
      return "queued";
    case Stage::kRunning:
      return "running";
    case Stage::kSucceeded:
      return "succeeded";
    case Stage::kFailed:
      break;
  }
  return "failed";
}

std::optional<std::string> UnknownMember(const Json& object, std::initializer_list<const char*> known) {
  for (const auto& [name, value] : object.items()) {
    bool found = false;
    for (const char* one : known) found = found || name == one;
    if (!found) return name;
  }
  return std::nullopt;
}

}  // namespace

ControlApi::ControlApi(Shared shared, Faults& faults, RequestLog& log, std::function<void()> reset)
    : shared_(shared), faults_(faults), log_(log), reset_(std::move(reset)), piapi_(shared) {
  Serve();
  ServePiApi();
}

void ControlApi::Read(const char* path, const std::function<Json()>& read) {
  server_.Get(path, [read](const httplib::Request&, httplib::Response& response) { SendControl(read(), response); });
}

void ControlApi::Write(const char* path, const std::function<absl::StatusOr<Json>(const Json&)>& write) {
  server_.Post(path, [write](const httplib::Request& request, httplib::Response& response) {
    const std::optional<Json> body = ParseObject(request.body);
    SendControl(body.has_value() ? write(*body) : absl::InvalidArgumentError("the body must be a JSON object"),
                response);
  });
}

void ControlApi::Serve() {
  Read("/ledger", [this] { return Ledger(); });
  Read("/requests", [this] { return Requests(); });
  Read("/tasks", [this] { return Tasks(); });
  Read("/assets", [this] { return Assets(); });
  Read("/groups", [this] { return Groups(); });
  Read("/faults", [this] { return FaultRules(); });
  Write("/faults", [this](const Json& body) { return AddFault(body); });
  Write("/advance", [this](const Json& body) { return Advance(body); });
  server_.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
    SendControl(Json{{"status", "ok"}, {"time", UnixSeconds(shared_.clock.Now())}}, response);
  });
  server_.Delete("/faults", [this](const httplib::Request&, httplib::Response& response) {
    faults_.Clear();
    SendControl(Json::object(), response);
  });
  server_.Post("/reset", [this](const httplib::Request&, httplib::Response& response) {
    reset_();
    SendControl(Json::object(), response);
  });
}

void ControlApi::ServePiApi() {
  Read("/piapi", [this] { return piapi_.Accounts(); });
  Read("/uploads", [this] { return piapi_.Uploads(); });
  Read("/webhooks", [this] { return piapi_.Webhooks(); });
  Write("/piapi", [this](const Json& body) { return piapi_.SetPoints(body); });
  Write("/webhooks", [this](const Json& body) { return piapi_.SetWebhooks(body); });
}

Json ControlApi::Ledger() {
  for (const Task& task : shared_.world.TakeUnrefunded(shared_.clock.Now())) {
    shared_.ledger.Refund({0, task.key, "CreateTask", task.model, task.id, task.plan.ended});
  }
  Json ledger = {{"bills", Json::array()}, {"refunds", Json::array()}};
  for (const LedgerRow& row : shared_.ledger.Bills()) ledger["bills"].push_back(RowJson(row));
  for (const LedgerRow& row : shared_.ledger.Refunds()) ledger["refunds"].push_back(RowJson(row));
  return ledger;
}

Json ControlApi::Requests() {
  Json recent = Json::array();
  for (const RequestRow& row : log_.Recent()) {
    recent.push_back({{"seq", row.seq},
                      {"method", row.method},
                      {"path", row.path},
                      {"time", UnixSeconds(row.time)},
                      {"size", row.size},
                      {"sha256", row.sha256},
                      {"fault", row.fault},
                      {"status", row.status}});
  }
  return {{"counts", Json(log_.Counts())}, {"recent", recent}};
}

Json ControlApi::Tasks() {
  const absl::Time now = shared_.clock.Now();
  Json tasks = Json::array();
  for (const Task& task : shared_.world.AllTasks()) {
    tasks.push_back({{"id", task.id},
                     {"key", task.key},
                     {"model", task.model},
                     {"prompt", task.prompt},
                     {"stage", ForgottenAt(task.plan, now) ? "forgotten" : StageName(StageAt(task.plan, now))},
                     {"percent", PercentAt(task.plan, now)},
                     {"polls", task.polls},
                     {"last_poll_time", task.polls > 0 ? UnixSeconds(task.last_poll) : 0},
                     {"create_time", UnixSeconds(task.plan.submitted)}});
  }
  return {{"tasks", tasks}};
}

Json ControlApi::Assets() {
  const absl::Time now = shared_.clock.Now();
  Json assets = Json::array();
  for (const Asset& asset : shared_.world.AllAssets()) {
    assets.push_back(ControlAssetJson(asset, now));
  }
  piapi_.AddAssets(assets);
  return {{"assets", assets}};
}

Json ControlApi::Groups() {
  Json groups = Json::array();
  for (const Group& group : shared_.world.AllGroups()) {
    groups.push_back({{"id", group.id},
                      {"key", group.key},
                      {"name", group.name},
                      {"visible", group.visible <= shared_.clock.Now()},
                      {"create_time", UnixSeconds(group.created)}});
  }
  return {{"groups", groups}};
}

Json ControlApi::FaultRules() {
  Json rules = Json::array();
  for (const FaultRule& rule : faults_.Rules()) rules.push_back(RuleJson(rule));
  return {{"faults", rules}};
}

absl::StatusOr<Json> ControlApi::AddFault(const Json& body) {
  if (auto name = UnknownMember(body, {"method", "path", "kind", "times", "probability", "delay_ms", "after", "status",
                                       "retry_after", "body"})) {
    return absl::InvalidArgumentError(absl::StrCat("unknown member `", *name, "`"));
  }
  const std::optional<FaultKind> kind = ParseFaultKind(TextOf(body, "kind"));
  if (!kind.has_value()) {
    return absl::InvalidArgumentError("kind must be delay, status, html, empty, truncate, reset or drop_reply");
  }
  FaultRule rule;
  rule.kind = *kind;
  rule.method = TextOf(body, "method");
  rule.path = TextOf(body, "path");
  rule.times = IntOf(body, "times", rule.times);
  rule.probability = NumberOf(body, "probability", rule.probability);
  rule.delay = absl::Milliseconds(IntOf(body, "delay_ms", 0));
  rule.after = BoolOf(body, "after", false);
  rule.status = static_cast<int>(IntOf(body, "status", 0));
  rule.retry_after = IntOf(body, "retry_after", rule.retry_after);
  rule.body = TextOf(body, "body");
  if (rule.times < 0) return absl::InvalidArgumentError("times must be 0 (for ever) or more");
  if (rule.status != 0 && (rule.status < 200 || rule.status > 599)) {
    return absl::InvalidArgumentError("status must be 200 to 599");
  }
  return Json{{"id", faults_.Add(std::move(rule))}};
}

absl::StatusOr<Json> ControlApi::Advance(const Json& body) {
  const double seconds = NumberOf(body, "seconds", -1);
  if (!(seconds >= 0 && seconds <= 1e9)) return absl::InvalidArgumentError("seconds must be 0 to 1000000000");
  shared_.clock.Advance(absl::Seconds(seconds));
  shared_.webhooks.Wake();
  return Json{{"time", UnixSeconds(shared_.clock.Now())}};
}

}  // namespace seedance::sandbox
