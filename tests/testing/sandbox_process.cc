#include "tests/testing/sandbox_process.h"

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/testing/eventually.h"
#include "tests/testing/patient_client.h"

namespace seedance::testing {
namespace {

using Json = nlohmann::json;

// The value of the line `name=value`; empty when there is none.
std::string LineOf(const std::string& text, const std::string& name) {
  for (const auto line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, absl::StrCat(name, "="))) return std::string(line.substr(name.size() + 1));
  }
  return "";
}

absl::StatusOr<Json> Parse(const httplib::Result& result, const std::string& path) {
  if (!result) return absl::UnavailableError(absl::StrCat("sandbox control ", path, ": ", to_string(result.error())));
  if (result->status != 200) return absl::InvalidArgumentError(absl::StrCat(path, ": ", result->body));
  Json json = Json::parse(result->body, nullptr, false);
  if (!json.is_object()) return absl::InternalError(absl::StrCat(path, ": not JSON: ", result->body));
  return json;
}

absl::StatusOr<Json> Get(const std::string& url, const std::string& path) {
  httplib::Client client = PatientClient(url);
  return Parse(client.Get(path), path);
}

absl::Status Post(const std::string& url, const std::string& path, const Json& body) {
  httplib::Client client = PatientClient(url);
  return Parse(client.Post(path, body.dump(), "application/json"), path).status();
}

std::vector<LedgerRow> RowsOf(const Json& json) {
  std::vector<LedgerRow> rows;
  for (const Json& row : json) {
    rows.push_back({row.value("seq", int64_t{0}), row.value("key", ""), row.value("action", ""), row.value("model", ""),
                    row.value("resource", ""), row.value("time", 0.0)});
  }
  return rows;
}

}  // namespace

int64_t SandboxLedger::Count(const std::string& action) const {
  int64_t count = 0;
  for (const LedgerRow& row : bills) count += row.action == action ? 1 : 0;
  return count;
}

int64_t SandboxRequests::Count(const std::string& pattern) const {
  auto found = counts.find(pattern);
  return found == counts.end() ? 0 : found->second;
}

absl::StatusOr<std::unique_ptr<SandboxProcess>> SandboxProcess::Start(const std::vector<std::string>& flags) {
  auto sandbox = std::unique_ptr<SandboxProcess>(new SandboxProcess);
  const std::string port_file = sandbox->dir_.File("ports");
  Process::Options options;
  options.argv = {SEEDANCE_SANDBOX_BINARY, "--listen",    "127.0.0.1:0", "--control",
                  "127.0.0.1:0",           "--port-file", port_file};
  options.argv.insert(options.argv.end(), flags.begin(), flags.end());
  options.stdout_path = options.stderr_path = sandbox->dir_.File("output");
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  sandbox->process_ = *std::move(process);
  const bool started =
      Eventually([&] { return !ReadFile(port_file).empty() || !sandbox->process_->running(); }, absl::Seconds(30));
  const std::string ports = ReadFile(port_file);
  if (!started || ports.empty()) {
    return absl::UnavailableError(absl::StrCat("seedance-sandbox did not start: ", sandbox->Output()));
  }
  sandbox->url_ = absl::StrCat("http://", LineOf(ports, "listen"));
  sandbox->control_url_ = absl::StrCat("http://", LineOf(ports, "control"));
  return sandbox;
}

std::string SandboxProcess::Output() const { return ReadFile(dir_.File("output")); }

absl::StatusOr<SandboxLedger> SandboxProcess::Ledger() {
  absl::StatusOr<Json> json = Get(control_url_, "/ledger");
  if (!json.ok()) return json.status();
  return SandboxLedger{RowsOf((*json)["bills"]), RowsOf((*json)["refunds"])};
}

absl::StatusOr<SandboxRequests> SandboxProcess::Requests() {
  absl::StatusOr<Json> json = Get(control_url_, "/requests");
  if (!json.ok()) return json.status();
  SandboxRequests requests;
  for (const auto& [pattern, count] : (*json)["counts"].items()) requests.counts[pattern] = count.get<int64_t>();
  for (const Json& row : (*json)["recent"]) {
    requests.recent.push_back({row.value("seq", int64_t{0}), row.value("method", ""), row.value("path", ""),
                               row.value("time", 0.0), row.value("size", int64_t{0}), row.value("sha256", ""),
                               row.value("fault", ""), row.value("status", 0)});
  }
  return requests;
}

absl::StatusOr<std::vector<SandboxAsset>> SandboxProcess::Assets() {
  absl::StatusOr<Json> json = Get(control_url_, "/assets");
  if (!json.ok()) return json.status();
  std::vector<SandboxAsset> assets;
  for (const Json& row : (*json)["assets"]) {
    assets.push_back({row.value("id", ""), row.value("name", ""), row.value("status", ""),
                      row.value("size", int64_t{0}), row.value("sha256", "")});
  }
  return assets;
}

absl::StatusOr<std::vector<SandboxTask>> SandboxProcess::Tasks() {
  absl::StatusOr<Json> json = Get(control_url_, "/tasks");
  if (!json.ok()) return json.status();
  std::vector<SandboxTask> tasks;
  for (const Json& row : (*json)["tasks"]) {
    tasks.push_back({row.value("id", ""), row.value("model", ""), row.value("prompt", ""), row.value("stage", ""),
                     row.value("polls", int64_t{0})});
  }
  return tasks;
}

absl::StatusOr<std::map<std::string, std::vector<std::string>>> SandboxProcess::BillsByText() {
  const auto tasks = Tasks();
  if (!tasks.ok()) return tasks.status();
  const auto assets = Assets();
  if (!assets.ok()) return assets.status();
  const auto groups = Get(control_url_, "/groups");
  if (!groups.ok()) return groups.status();
  const auto ledger = Ledger();
  if (!ledger.ok()) return ledger.status();
  std::map<std::string, std::string> text_of;
  for (const SandboxTask& task : *tasks) text_of[task.id] = task.prompt;
  for (const SandboxAsset& asset : *assets) text_of[asset.id] = asset.name;
  for (const Json& group : (*groups)["groups"]) text_of[group.value("id", "")] = group.value("name", "");
  std::map<std::string, std::vector<std::string>> bills;
  for (const LedgerRow& bill : ledger->bills) bills[text_of[bill.resource]].push_back(bill.resource);
  return bills;
}

absl::Status SandboxProcess::AddFault(const SandboxFault& fault) {
  return Post(control_url_, "/faults",
              {{"kind", fault.kind},
               {"method", fault.method},
               {"path", fault.path},
               {"times", fault.times},
               {"probability", fault.probability},
               {"delay_ms", absl::ToInt64Milliseconds(fault.delay)},
               {"after", fault.after},
               {"status", fault.status},
               {"retry_after", fault.retry_after},
               {"body", fault.body}});
}

absl::Status SandboxProcess::ClearFaults() {
  httplib::Client client = PatientClient(control_url_);
  return Parse(client.Delete("/faults"), "/faults").status();
}

absl::Status SandboxProcess::Advance(absl::Duration by) {
  return Post(control_url_, "/advance", {{"seconds", absl::ToDoubleSeconds(by)}});
}

absl::Status SandboxProcess::Reset() { return Post(control_url_, "/reset", Json::object()); }

}  // namespace seedance::testing
