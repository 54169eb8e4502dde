// The profile says what an account can do.
#include "tests/contract/upstream/upstream_contract.h"

namespace seedance::testing {
namespace {

TEST_P(UpstreamContract, AccountAndProfileSayWhatTheVendorCanDo) {
  const model::UpstreamProfile& profile = account().profile();
  EXPECT_EQ(account().name(), "account");
  EXPECT_EQ(account().groups() != nullptr, Has(Capability::kGroups));
  EXPECT_EQ(account().asset_names() != nullptr, Has(Capability::kRename));
  EXPECT_EQ(account().files() != nullptr, Has(Capability::kFiles));
  EXPECT_EQ(account().task_list() != nullptr, Has(Capability::kTaskList));
  EXPECT_EQ(account().cancels() != nullptr, Has(Capability::kCancel));
  EXPECT_EQ(account().usage_log() != nullptr, Has(Capability::kUsageLog));
  EXPECT_EQ(account().webhooks() != nullptr, Has(Capability::kWebhooks));
  EXPECT_EQ(profile.assets.groups, Has(Capability::kGroups));
  EXPECT_EQ(profile.assets.rename, Has(Capability::kRename));
  EXPECT_EQ(profile.assets.bytes, Has(Capability::kBytes));
  EXPECT_EQ(profile.lists_tasks, Has(Capability::kTaskList));
  EXPECT_EQ(profile.cancels_tasks, Has(Capability::kCancel));
  EXPECT_EQ(profile.assets.max_staged_bytes > 0, Has(Capability::kFiles));
  EXPECT_EQ(profile.webhooks, Has(Capability::kWebhooks));
  EXPECT_EQ(profile.usage_log, Has(Capability::kUsageLog));
  EXPECT_NE(profile.FindModel(profile.default_model), nullptr);
}

}  // namespace
}  // namespace seedance::testing
