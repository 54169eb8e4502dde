// Names and the library's limit while many callers ask at once and the gateway dies in between.
//
//              short   long
//   rounds         3    100    each with 50 callers: half create, half rename to one name
//   kill -9        1     33    in the middle of a round
//
// At most one request per name reaches the vendor, and no more creates than there are places.
//
//   tests/e2e/chaos names            the long form
#include <signal.h>

#include <atomic>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/chaos_fixture.h"

namespace seedance::e2e {
namespace {

constexpr int kCallers = 50;
constexpr char kRenameRoute[] = "POST /volc/asset/UpdateAsset";

class ChaosNamesTest : public ChaosTest {
 protected:
  v1::CreateAssetRequest Creation(const std::string& name) {
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group_);
    request.mutable_asset()->set_display_name(name);
    request.set_inline_data(picture_);
    return request;
  }

  static v1::UpdateAssetRequest Renaming(const std::string& asset, const std::string& name) {
    v1::UpdateAssetRequest request;
    request.mutable_asset()->set_name(asset);
    request.mutable_asset()->set_display_name(name);
    return request;
  }

  // The vendor bills and answers later, so that a kill meets calls on their way.
  void SlowReplies() {
    testing::SandboxFault fault;
    fault.kind = "delay";
    fault.method = "POST";
    fault.path = "/volc/asset/";
    fault.times = 0;
    fault.after = true;
    fault.delay = absl::Milliseconds(20);
    AddFault(fault);
  }

  // Runs `work(client, i)` for all callers at once, kills the gateway meanwhile if `kill`. How often each reason came,
  // `OK` among them; an answer that was lost has none.
  template <typename Work>
  std::map<std::string, int> Race(bool kill, Work work) {
    std::atomic<bool> go{false};
    std::atomic<int> ready{0};
    std::atomic<int> over{0};
    std::mutex mutex;
    std::map<std::string, int> outcomes;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kCallers; ++i) {
      threads.emplace_back([&, i] {
        const auto client = NewApi();
        // Connected before the race: fifty handshakes at once are not what it is about.
        EXPECT_TRUE(Eventually([&] { return client->GetGroup(group_).ok(); }));
        ++ready;
        go.wait(false);
        const auto answer = work(*client, i);
        const std::string reason = answer.ok() ? "OK" : answer.error().reason;
        ++over;
        const std::lock_guard lock(mutex);
        ++outcomes[reason];
      });
    }
    EXPECT_TRUE(Eventually([&] { return ready == kCallers; }, absl::Minutes(1)));
    go = true;
    go.notify_all();
    if (kill) {
      EXPECT_TRUE(Eventually([&] { return over > static_cast<int>(random()() % kCallers); }));
      BounceGateway(SIGKILL);
    }
    threads.clear();
    return outcomes;
  }

  int64_t Sent() { return Requests(kAssetRoute) + Requests(kRenameRoute); }

  std::string group_;
  std::string picture_ = Media("hero.png");
};

TEST_F(ChaosNamesTest, OneCallerHasTheNameWhateverDies) {
  StartSandbox(Pace::kFast);
  StartGateway();
  group_ = NewGroup();
  std::vector<std::string> assets;
  for (int i = 0; i < kCallers; i += 2) {
    assets.push_back(Must(api().CreateAsset(Creation(absl::StrCat("old ", i)))).name());
  }
  SlowReplies();
  int won = 0;
  const int rounds = InForm(3, 100);
  for (int round = 0; round < rounds; ++round) {
    const std::string name = absl::StrCat("round ", round);
    const int64_t before = Sent();
    const bool kill = round % 3 == 1;
    std::map<std::string, int> outcomes = Race(kill, [&](Api& client, int i) {
      return i % 2 == 0 ? client.UpdateAsset(Renaming(assets[static_cast<size_t>(i / 2)], name))
                        : client.CreateAsset(Creation(name));
    });
    EXPECT_LE(Sent() - before, 1) << name;
    EXPECT_LE(outcomes["OK"], 1) << name;
    if (!kill) {
      EXPECT_EQ(outcomes["OK"], 1) << name;
      EXPECT_EQ(outcomes["DISPLAY_NAME_TAKEN"], kCallers - 1) << name << ": " << ::testing::PrintToString(outcomes);
    }
    won += outcomes["OK"];
  }
  // As the vendor has them.
  v1::ListAssetsRequest all;
  all.set_page_size(1000);
  all.set_read_upstream(true);
  std::map<std::string, int> names;
  const auto page = Must(api().ListAssets(all));
  for (const v1::Asset& asset : page.assets()) ++names[asset.display_name()];
  for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
  std::cout << rounds << " rounds, " << won << " names won\n";
}

TEST_F(ChaosNamesTest, NoMoreCreatesThanPlacesWhateverDies) {
  constexpr int kMost = 4;
  StartSandbox(Pace::kFast);
  testing::GatewayOptions options;
  options.upstream_lines = {absl::StrCat("limits: {assets: {max_assets: ", kMost, "}}")};
  StartGateway(options);
  group_ = NewGroup();
  SlowReplies();
  for (int round = 0; round < 3; ++round) {
    std::map<std::string, int> outcomes = Race(round == 1, [&](Api& client, int i) {
      return client.CreateAsset(Creation(absl::StrCat("asset ", round, " ", i)));
    });
    EXPECT_LE(Requests(kAssetRoute), kMost) << round;
    if (round == 0) {
      EXPECT_EQ(outcomes["OK"], kMost);
      EXPECT_EQ(outcomes["ASSET_LIBRARY_FULL"], kCallers - kMost);
    }
  }
}

TEST_F(ChaosNamesTest, PlacesOfCallsThatDiedStayTaken) {
  constexpr int kMost = 4;
  StartSandbox(Pace::kFast);
  testing::GatewayOptions options;
  options.upstream_lines = {absl::StrCat("limits: {assets: {max_assets: ", kMost, "}}")};
  StartGateway(options);
  group_ = NewGroup();
  SlowReplies();
  for (int round = 0; round < InForm(2, 20); ++round) {
    Race(/*kill=*/true,
         [&](Api& client, int i) { return client.CreateAsset(Creation(absl::StrCat("asset ", round, " ", i))); });
    EXPECT_LE(Requests(kAssetRoute), kMost) << round;
  }
}

}  // namespace
}  // namespace seedance::e2e
