#ifndef SEEDANCE_TESTS_CONTRACT_UPSTREAM_UPSTREAM_CONTRACT_H_
#define SEEDANCE_TESTS_CONTRACT_UPSTREAM_UPSTREAM_CONTRACT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/thread_pool.h"
#include "service/upstream/upstream.h"
#include "tests/contract/upstream/dialect.h"
#include "tests/testing/sandbox_process.h"

// The promises of upstream.h as tests, for every dialect of dialects.cc against an emulated vendor on a socket. A suite
// about a capability that not every vendor has runs over the dialects that have it.
namespace seedance::testing {

// Fails the test and throws when a step fails without which it cannot go on.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}
inline void Must(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// What `work` returns while `other` runs on another thread.
template <typename Work, typename Other>
auto Meanwhile(Work work, Other other) {
  base::ThreadPool pool("meanwhile", 1, 1);
  EXPECT_TRUE(pool.Submit(std::move(other)));
  auto result = work();
  pool.Stop();
  return result;
}

// The name of the reason, which failures print; `OK` for a success.
std::string ReasonOf(const absl::Status& status);
std::string NameOf(base::Reason reason);

// A call that may be billed.
struct Create {
  std::string name;
  std::string action;  // In the sandbox's ledger.
  std::function<upstream::BilledResult<std::string>(const upstream::CallOptions&)> run;
};

// A call that bills nothing.
struct Unbilled {
  std::string name;
  std::function<absl::Status(const upstream::CallOptions&)> run;
};

// A vendor whose time stands still until Advance: assets are ready after 10 s, tasks after 100 s.
class UpstreamContract : public ::testing::TestWithParam<UpstreamDialect> {
 protected:
  static constexpr absl::Duration kAssetTime = absl::Seconds(10);
  static constexpr absl::Duration kTaskTime = absl::Seconds(100);

  void SetUp() override;

  // An account at the sandbox. Changes `setup` of the default one.
  std::unique_ptr<upstream::Upstream> NewAccount(const std::function<void(AccountSetup&)>& change = nullptr);

  bool Has(Capability capability) const { return GetParam().capabilities.count(capability) > 0; }
  SandboxProcess& sandbox() { return *sandbox_; }
  upstream::Upstream& account() { return *account_; }
  upstream::TaskApi& tasks() { return account_->tasks(); }
  upstream::AssetApi& assets() { return account_->assets(); }
  // Only of dialects that have them.
  upstream::GroupApi& groups() { return *account_->groups(); }
  upstream::AssetNameApi& asset_names() { return *account_->asset_names(); }
  upstream::FileApi& files() { return *account_->files(); }
  upstream::TaskListApi& task_list() { return *account_->task_list(); }
  upstream::CancelApi& cancels() { return *account_->cancels(); }
  upstream::UsageLogApi& usage_log() { return *account_->usage_log(); }

  void Advance(absl::Duration by) { Must(sandbox_->Advance(by)); }
  // Every request has this fault from now on.
  void Break(SandboxFault fault);
  void Mend() { Must(sandbox_->ClearFaults()); }
  // Nobody answers any more.
  void StopVendor();
  // Requests that the vendor saw.
  int64_t Seen();
  int64_t Bills(const std::string& action) { return Must(sandbox_->Ledger()).Count(action); }
  absl::Time VendorNow();

  // Empty for a vendor without groups.
  std::string NewGroup(const std::string& display_name = "group");
  upstream::NewAsset ImageByUrl(const std::string& display_name = "hero");
  std::string MakeAsset(const std::string& display_name = "hero");
  static model::TaskRequest TaskOf(const std::string& prompt);
  std::string NewTask(const std::string& prompt);

  // Every call of the dialect that may be billed.
  std::vector<Create> Creates();
  // Every read, and every change that bills nothing. What they are about exists.
  std::vector<Unbilled> Reads();
  std::vector<Unbilled> Changes();

 private:
  std::unique_ptr<SandboxProcess> sandbox_;
  std::unique_ptr<upstream::Upstream> account_;
  int images_ = 0;
  std::string group_;  // Of MakeAsset and Creates.
};

// As UpstreamContract, for dialects with a capability.
class GroupContract : public UpstreamContract {};
class RenameContract : public UpstreamContract {};
class BytesContract : public UpstreamContract {};
class TaskListContract : public UpstreamContract {};
class CancelContract : public UpstreamContract {};
class FileContract : public UpstreamContract {};
class WebhookContract : public UpstreamContract {};
class UsageLogContract : public UpstreamContract {};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_CONTRACT_UPSTREAM_UPSTREAM_CONTRACT_H_
