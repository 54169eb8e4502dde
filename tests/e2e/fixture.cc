#include "tests/e2e/fixture.h"

#include <algorithm>
#include <atomic>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cpp/watch.h"
#include "tests/testing/patient_client.h"
#include "tests/testing/temp_dir.h"

namespace seedance::e2e {
namespace {

constexpr size_t kShownLogBytes = 20000;

// `--name value` pairs of a pace.
std::vector<std::pair<std::string, std::string>> FlagsOf(Pace pace) {
  if (pace == Pace::kStopped) {
    return {{"--speed", "0"}, {"--asset-seconds", "1"}, {"--task-seconds", "20"}, {"--group-lag-seconds", "0"}};
  }
  return {{"--speed", "20"}, {"--asset-seconds", "2"}, {"--task-seconds", "20"}, {"--group-lag-seconds", "0"}};
}

}  // namespace

void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

void E2eTest::StartSandbox(Pace pace, const std::vector<std::string>& flags) {
  pace_ = pace;
  std::vector<std::string> all = flags;
  for (const auto& [name, value] : FlagsOf(pace)) {
    if (std::find(flags.begin(), flags.end(), name) == flags.end()) all.insert(all.end(), {name, value});
  }
  sandbox_ = Must(testing::SandboxProcess::Start(all));
}

void E2eTest::StartGateway(testing::GatewayOptions options) {
  if (options.sandbox_url.empty()) options.sandbox_url = sandbox_->url();
  gateway_ = Must(testing::GatewayProcess::Start(options));
  const bool token = !options.tenants.empty() && !options.tenants.front().tokens.empty();
  api_ = NewApi(token ? options.tenants.front().tokens.front() : "");
}

std::string E2eTest::Metrics() {
  httplib::Client client = testing::PatientClient("http://" + gateway().admin_address());
  const auto answer = client.Get("/metrics");
  return answer && answer->status == 200 ? answer->body : "";
}

double E2eTest::Metric(const std::string& sample) {
  const std::string text = "\n" + Metrics();
  const std::string line = absl::StrCat("\n", sample, " ");
  const size_t found = text.find(line);
  return found == std::string::npos ? -1 : std::strtod(text.c_str() + found + line.size(), nullptr);
}

void E2eTest::TearDown() {
  if (!HasFailure() || gateway_ == nullptr) return;
  const std::string log = gateway_->Log();
  std::cerr << "---- end of the gateway's log ----\n"
            << log.substr(log.size() - std::min(log.size(), kShownLogBytes)) << "----\n";
}

std::string E2eTest::NewGroup(const std::string& display_name) { return Must(api().CreateGroup(display_name)).name(); }

v1::Asset E2eTest::UploadMedia(const std::string& group, const std::string& file, const std::string& display_name) {
  const std::string bytes = Media(file);
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name(display_name.empty() ? file : display_name);
  metadata.set_file_name(file);
  metadata.set_size_bytes(static_cast<int64_t>(bytes.size()));
  return Must(api().Upload(metadata, bytes));
}

v1::Asset E2eTest::ActiveMedia(const std::string& group, const std::string& file, const std::string& display_name) {
  const v1::Asset asset = UploadMedia(group, file, display_name);
  if (pace_ == Pace::kStopped) Advance(absl::Seconds(2));
  const v1::Asset last = EndOfAsset(asset.name());
  if (last.state() != v1::Asset::STATE_ACTIVE) throw std::runtime_error("not ACTIVE: " + last.ShortDebugString());
  return last;
}

v1::Asset E2eTest::EndOfAsset(const std::string& name) {
  const AssetStream stream = api().WatchAsset(name);
  if (!stream.status.ok() || stream.messages.empty()) throw std::runtime_error("the watch of the asset broke off");
  return stream.messages.back().asset();
}

std::string E2eTest::NewTask(const std::string& prompt) { return Must(api().CreateTask(TaskOf(prompt))).name(); }

v1::GenerationTask E2eTest::WaitForEnd(const std::string& name) {
  const TaskStream stream = api().WatchTask(name);
  if (!stream.status.ok() || stream.messages.empty()) {
    throw std::runtime_error("the watch of the task broke off: " + stream.status.error_message());
  }
  return stream.messages.back().generation_task();
}

bool E2eTest::WaitForState(const std::string& name, State::State state) {
  return Eventually([&] { return Must(api().GetTask(name)).state() == state; });
}

v1::CreateAssetRequest E2eTest::ImageFor(const std::string& group, const std::string& display_name) {
  v1::CreateAssetRequest request;
  request.mutable_asset()->set_asset_group(group);
  request.mutable_asset()->set_display_name(display_name);
  request.set_inline_data(Media("hero.png"));
  request.set_request_id(NextRequestId());
  return request;
}

std::string E2eTest::Media(const std::string& file) {
  return testing::ReadFile(std::string(SEEDANCE_TEST_MEDIA_DIR) + "/" + file);
}

testing::GatewayOptions DialectOptions(const std::string& dialect) {
  testing::GatewayOptions options;
  options.dialect = dialect;
  options.upstream = dialect;
  return options;
}

std::string Base64(const std::string& bytes) { return absl::Base64Escape(bytes); }

v1::GenerationTask TaskOf(const std::string& prompt) {
  v1::GenerationTask task;
  task.set_prompt(prompt);
  return task;
}

void AddReference(v1::GenerationTask& task, const std::string& asset, v1::ReferenceRole role) {
  v1::Reference* reference = task.add_references();
  reference->set_asset(asset);
  reference->set_role(role);
}

size_t MostInASecond(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  size_t most = 0;
  size_t first = 0;
  for (size_t last = 0; last < times.size(); ++last) {
    while (times[first] <= times[last] - 1) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

int CountTerminal(const std::vector<v1::WatchGenerationTaskResponse>& messages) {
  return static_cast<int>(std::count_if(messages.begin(), messages.end(), [](const auto& message) {
    return !message.heartbeat() && client::IsTerminal(message.generation_task().state());
  }));
}

std::string NextRequestId() {
  static std::atomic<int> next{1};
  return absl::StrFormat("00000000-0000-4000-8000-%012d", next.fetch_add(1));
}

}  // namespace seedance::e2e
