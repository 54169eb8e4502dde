#include "tests/contract/upstream/upstream_contract.h"

#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/unit/http/text_source.h"

namespace seedance::testing {
namespace {

using upstream::CallOptions;

constexpr char kKey[] = "sandbox-key";

}  // namespace

std::string NameOf(base::Reason reason) { return std::string(base::ReasonName(reason)); }

std::string ReasonOf(const absl::Status& status) { return status.ok() ? "OK" : NameOf(base::GetReason(status)); }

void UpstreamContract::SetUp() {
  std::vector<std::string> flags = {"--speed", "0", "--group-lag-seconds", "0", "--usage-log-lag-seconds", "0"};
  flags.insert(flags.end(), {"--asset-seconds", "10", "--task-seconds", "100"});
  flags.insert(flags.end(), GetParam().sandbox_flags.begin(), GetParam().sandbox_flags.end());
  sandbox_ = Must(SandboxProcess::Start(flags));
  account_ = NewAccount();
}

std::unique_ptr<upstream::Upstream> UpstreamContract::NewAccount(const std::function<void(AccountSetup&)>& change) {
  AccountSetup setup;
  setup.url = sandbox_->url();
  setup.api_key = base::Secret(kKey);
  http::HttpOptions options;
  options.home = "127.0.0.1";
  setup.transport = http::MakeHttpTransport(options);
  setup.webhook_endpoint = "http://127.0.0.1:1/";
  setup.webhook_secret = base::Secret("hook-secret");
  if (change != nullptr) change(setup);
  return GetParam().make(std::move(setup));
}

void UpstreamContract::StopVendor() {
  sandbox_->process().Kill(SIGKILL);
  ASSERT_TRUE(sandbox_->process().Wait(absl::Seconds(20)).has_value());
}

void UpstreamContract::Break(SandboxFault fault) {
  fault.times = 0;
  Must(sandbox_->AddFault(fault));
}

int64_t UpstreamContract::Seen() {
  const SandboxRequests requests = Must(sandbox_->Requests());
  int64_t seen = 0;
  for (const auto& [route, count] : requests.counts) seen += count;
  return seen;
}

absl::Time UpstreamContract::VendorNow() {
  return absl::UnixEpoch() + absl::Seconds(Must(sandbox_->Requests()).recent.back().time);
}

std::string UpstreamContract::NewGroup(const std::string& display_name) {
  if (!Has(Capability::kGroups)) return "";
  const auto created = groups().CreateGroup({}, {display_name, "description"});
  Must(created.status);
  return created.value;
}

upstream::NewAsset UpstreamContract::ImageByUrl(const std::string& display_name) {
  if (group_.empty()) group_ = NewGroup();
  upstream::NewAsset asset;
  asset.group_id = group_;
  asset.display_name = display_name;
  asset.media_type = model::MediaType::kImage;
  asset.uri = "https://files.example/hero.png";
  return asset;
}

std::string UpstreamContract::MakeAsset(const std::string& display_name) {
  const auto created = assets().CreateAsset({}, ImageByUrl(display_name));
  Must(created.status);
  return created.value;
}

model::TaskRequest UpstreamContract::TaskOf(const std::string& prompt) {
  model::TaskRequest task;
  task.prompt = task.sent_prompt = prompt;
  return task;
}

std::string UpstreamContract::NewTask(const std::string& prompt) {
  const auto created = tasks().CreateTask({}, TaskOf(prompt));
  Must(created.status);
  return created.value;
}

std::vector<Create> UpstreamContract::Creates() {
  (void)ImageByUrl();  // Its group is there before anything breaks.
  // A vendor may refuse a name that it has already.
  const auto image = [this] { return ImageByUrl(absl::StrCat("image ", ++images_)); };
  std::vector<Create> creates = {
      {"CreateTask", "CreateTask",
       [this](const CallOptions& call) { return tasks().CreateTask(call, TaskOf("a fox")); }},
      {"CreateAsset", "CreateAsset",
       [this, image](const CallOptions& call) { return assets().CreateAsset(call, image()); }},
  };
  if (Has(Capability::kGroups)) {
    creates.push_back({"CreateGroup", "CreateAssetGroup", [this](const CallOptions& call) {
                         return groups().CreateGroup(call, {"another group", ""});
                       }});
  }
  if (Has(Capability::kBytes)) {
    creates.push_back({"CreateAsset with bytes", "CreateAsset", [this, image](const CallOptions& call) {
                         http::TextSource bytes("bytes of a picture");
                         upstream::NewAsset upload = image();
                         upload.uri.clear();
                         upload.data = &bytes;
                         upload.file_name = "hero.png";
                         return assets().CreateAsset(call, upload);
                       }});
  }
  return creates;
}

std::vector<Unbilled> UpstreamContract::Reads() {
  const std::string task = NewTask("a fox");
  const std::string asset = MakeAsset();
  std::vector<Unbilled> reads = {
      {"GetTask", [=, this](const CallOptions& call) { return tasks().GetTask(call, task).status(); }},
      {"GetAsset", [=, this](const CallOptions& call) { return assets().GetAsset(call, asset).status(); }},
      {"ListAssets",
       [=, this](const CallOptions& call) {
         upstream::AssetQuery query;
         if (!group_.empty()) query.group_ids = {group_};
         return assets().ListAssets(call, query).status();
       }},
  };
  if (Has(Capability::kGroups)) {
    reads.push_back({"ListGroups", [this](const CallOptions& call) { return groups().ListGroups(call, {}).status(); }});
    reads.push_back({"GetGroup", [this](const CallOptions& call) { return groups().GetGroup(call, group_).status(); }});
  }
  if (Has(Capability::kTaskList)) {
    const absl::Time now = VendorNow();
    reads.push_back({"FindTasks", [=, this](const CallOptions& call) {
                       const upstream::TaskSearch search = {TaskOf("a fox"), now - absl::Hours(1), now};
                       return task_list().FindTasks(call, search).status();
                     }});
  }
  if (Has(Capability::kUsageLog)) {
    reads.push_back({"ReadUsage", [this](const CallOptions& call) { return usage_log().ReadUsage(call).status(); }});
  }
  return reads;
}

std::vector<Unbilled> UpstreamContract::Changes() {
  const std::string asset = MakeAsset("changed");
  std::vector<Unbilled> changes = {
      {"DeleteAsset", [=, this](const CallOptions& call) { return assets().DeleteAsset(call, asset); }}};
  if (Has(Capability::kGroups)) {
    changes.push_back(
        {"UpdateGroup", [this](const CallOptions& call) { return groups().UpdateGroup(call, group_, "new name"); }});
    changes.push_back({"DeleteGroup", [this](const CallOptions& call) { return groups().DeleteGroup(call, group_); }});
  }
  if (Has(Capability::kRename)) {
    changes.push_back({"UpdateAsset", [=, this](const CallOptions& call) {
                         return asset_names().UpdateAsset(call, asset, "new name");
                       }});
  }
  if (Has(Capability::kCancel)) {
    const std::string task = NewTask("a fox");
    changes.push_back({"CancelTask", [=, this](const CallOptions& call) { return cancels().CancelTask(call, task); }});
  }
  if (Has(Capability::kFiles)) {
    changes.push_back({"UploadToVendor", [this](const CallOptions& call) {
                         http::TextSource bytes("bytes of a picture");
                         return files().UploadToVendor(call, "hero.png", bytes).status();
                       }});
  }
  return changes;
}

}  // namespace seedance::testing
