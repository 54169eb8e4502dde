// Every request to a vendor counts against its rate, whoever it is made for, and a limit that any of them meets is
// obeyed. As the vendor counts: its time is real time here.
#include <signal.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

constexpr int kChangesPerSecond = 5;
constexpr int kReadsPerSecond = 10;

bool IsRead(const testing::SandboxRequest& request) {
  return request.method == "GET" || absl::StrContains(request.path, "/List") || absl::StrContains(request.path, "/Get");
}

class EveryRequestTest : public E2eTest {
 protected:
  void Open(const std::string& dialect, double reads = 10'000, double changes = 10'000,
            std::vector<std::string> flags = {}, const std::vector<std::string>& upstream_lines = {}) {
    dialect_ = dialect;
    flags.insert(flags.end(), {"--speed", "1", "--asset-seconds", "0.2"});
    StartSandbox(Pace::kFast, flags);
    testing::GatewayOptions options = DialectOptions(dialect);
    options.polls_per_second = reads;
    options.submits_per_second = changes;
    options.server = {"create_wait: 0s"};
    options.upstream_lines = upstream_lines;
    StartGateway(options);
  }
  bool piapi() const { return dialect_ == "piapi"; }
  std::string create_path() const { return piapi() ? "/api/v1/asset/upload" : "/volc/asset/CreateAsset"; }
  std::string get_path() const { return piapi() ? "/api/v1/asset/" : "/volc/asset/GetAsset"; }
  std::string list_path() const { return piapi() ? "/api/v1/asset/list" : "/volc/asset/ListAssets"; }

  // Repeats a call that the gateway or the vendor put off.
  template <typename Call>
  static auto Patiently(const Call& call) {
    auto answer = call();
    (void)Eventually(
        [&] {
          if (answer.error().reason == "RATE_LIMITED") answer = call();
          return answer.error().reason != "RATE_LIMITED";
        },
        absl::Minutes(1));
    return answer;
  }
  void Limit(const std::string& method, const std::string& path, int times, int seconds) {
    AddFault({.kind = "status", .method = method, .path = path, .times = times, .status = 429, .retry_after = seconds});
  }

  std::vector<testing::SandboxRequest> All() { return Must(sandbox().Requests()).recent; }
  // Times of the vendor's requests that fit, in order.
  template <typename Fits>
  std::vector<double> Times(const Fits& fits) {
    std::vector<double> times;
    for (const testing::SandboxRequest& request : All()) {
      if (fits(request)) times.push_back(request.time);
    }
    std::sort(times.begin(), times.end());
    return times;
  }
  // Whether nothing arrived for so many seconds, but for what was on its way when they began.
  static bool Rested(const std::vector<double>& times, double seconds) {
    double longest = 0;
    for (size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
    return longest >= seconds - 0.5;
  }
  size_t Hits429() {
    return Times([](const testing::SandboxRequest& request) { return request.status == 429; }).size();
  }
  // Makes `count` calls at the same time.
  static void AtOnce(int count, const std::function<void(int)>& call) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(call, i);
    for (std::thread& thread : threads) thread.join();
  }

  std::string dialect_;
};

class EveryRequestAtTest : public EveryRequestTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(EveryRequestAtTest, CountsAgainstTheRate) {
  Open(GetParam(), kReadsPerSecond, kChangesPerSecond, {"--task-seconds", "600"});
  const std::string group = Must(Patiently([&] { return api().CreateGroup("heroes"); })).name();
  AtOnce(6, [&](int number) {
    for (int i = 0; i < 2; ++i) {
      const v1::CreateAssetRequest request = ImageFor(group, absl::StrCat("hero ", number, " ", i));
      const auto asset = Patiently([&] { return api().CreateAsset(request); });
      EXPECT_TRUE(asset.ok()) << asset.status.error_message();
      const std::string task = NewTask(absl::StrCat("task ", number, " ", i));
      const auto unknown =
          Patiently([&] { return api().GetAsset(absl::StrCat("assets/", GetParam(), "~asset-none")); });
      EXPECT_EQ(unknown.status.error_code(), grpc::StatusCode::NOT_FOUND) << unknown.status.error_message();
      EXPECT_TRUE(Eventually([&] { return api().DeleteAsset(asset.value.name()).ok(); }, absl::Minutes(1)));
    }
  });
  EXPECT_TRUE(Eventually([&] { return Bills("CreateTask") == 12; }, absl::Minutes(1)));
  EXPECT_EQ(Bills("CreateAsset"), 12);
  const std::vector<double> changes = Times([](const testing::SandboxRequest& request) { return !IsRead(request); });
  EXPECT_GE(changes.size(), 36u) << "12 assets and 12 tasks created, 12 assets deleted";
  // On a busy machine one may arrive later than the gateway reckons with.
  EXPECT_LE(MostInASecond(changes), static_cast<size_t>(kChangesPerSecond) + 1);
  EXPECT_LE(MostInASecond(Times(IsRead)), static_cast<size_t>(kReadsPerSecond) + 1);
}

TEST_P(EveryRequestAtTest, LimitsOfChangesRestAllChanges) {
  constexpr int kRest = 8;
  Open(GetParam(), 10'000, 10'000, {"--task-seconds", "600"});
  const std::string group = NewGroup();
  Limit("POST", create_path(), 3, kRest);
  std::vector<v1::CreateAssetRequest> requests;
  for (int i = 0; i < 4; ++i) requests.push_back(ImageFor(group, absl::StrCat("hero ", i)));
  AtOnce(3, [&](int number) {
    const auto limited = api().CreateAsset(requests[static_cast<size_t>(number)]);
    EXPECT_EQ(limited.error().reason, "RATE_LIMITED") << limited.status.error_message();
  });
  ASSERT_EQ(Hits429(), 3u);
  const std::string task = NewTask("a fox");
  EXPECT_EQ(api().CreateAsset(requests.back()).error().reason, "RATE_LIMITED");
  for (const v1::CreateAssetRequest& request : requests) {
    EXPECT_TRUE(Patiently([&] { return api().CreateAsset(request); }).ok());
  }
  EXPECT_TRUE(WaitForState(task, State::STATE_QUEUED));
  EXPECT_TRUE(Rested(Times([](const auto& request) { return !IsRead(request); }), kRest));
  EXPECT_EQ(Bills("CreateAsset"), 4);
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_P(EveryRequestAtTest, LimitsOfReadsRestAllReads) {
  constexpr int kRest = 6;
  Open(GetParam(), 10'000, 10'000, {"--task-seconds", "600"});
  (void)NewTask("a fox");
  ASSERT_TRUE(Eventually([&] { return Times(IsRead).size() >= 5; }));
  Limit(piapi() ? "GET" : "POST", get_path(), 3, kRest);
  const std::string unknown = absl::StrCat("assets/", GetParam(), "~asset-none");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(api().GetAsset(unknown).error().reason, "RATE_LIMITED");
  ASSERT_EQ(Hits429(), 3u);
  EXPECT_EQ(Patiently([&] { return api().GetAsset(unknown); }).status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Rested(Times(IsRead), kRest)) << "polls of the task rest too";
}

TEST_P(EveryRequestAtTest, ALimitThatALookForWhatIsInDoubtMeetsIsObeyed) {
  constexpr int kRest = 9;
  Open(GetParam());
  const std::string group = NewGroup();
  Limit(piapi() ? "GET" : "POST", list_path(), 1, kRest);
  AddFault({.kind = "drop_reply", .method = "POST", .path = create_path()});
  EXPECT_EQ(api().CreateAsset(ImageFor(group, "hero")).error().reason, "OUTCOME_UNKNOWN");
  v1::ListAssetsRequest list;
  list.add_asset_groups(group);
  EXPECT_TRUE(Eventually([&] { return Must(api().ListAssets(list)).assets_size() == 1; }, absl::Minutes(1)));
  const std::vector<double> looks =
      Times([&](const testing::SandboxRequest& request) { return absl::StartsWith(request.path, list_path()); });
  ASSERT_GE(looks.size(), 2u);
  EXPECT_GE(looks[1] - looks[0], kRest);
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

TEST_P(EveryRequestAtTest, WhatWaitsForItsTurnIsNotInDoubtAfterAKill) {
  constexpr int kCreates = 8;
  Open(GetParam(), 10'000, 2);
  const std::string group = Must(Patiently([&] { return api().CreateGroup("heroes"); })).name();
  std::vector<v1::CreateAssetRequest> requests;
  for (int i = 0; i < kCreates; ++i) {
    requests.push_back(ImageFor(group, absl::StrCat("hero ", i)));
    requests.back().clear_inline_data();
    requests.back().set_uri(absl::StrCat("https://example.com/", i, ".png"));
    requests.back().mutable_asset()->set_media_type(v1::MEDIA_TYPE_IMAGE);
  }
  std::thread killer([&] {
    EXPECT_TRUE(Eventually([&] { return Bills("CreateAsset") >= 2; }));
    EXPECT_EQ(Must(gateway().Stop(SIGKILL)), 128 + SIGKILL);
  });
  AtOnce(kCreates, [&](int number) { (void)NewApi()->CreateAsset(requests[static_cast<size_t>(number)]); });
  killer.join();
  EXPECT_LT(Bills("CreateAsset"), kCreates);
  RestartGateway();
  const auto again = NewApi();
  for (const v1::CreateAssetRequest& request : requests) {
    Answer<v1::Asset> answer;
    // One that was on its way is found at the vendor.
    EXPECT_TRUE(Eventually([&] { return (answer = again->CreateAsset(request)).ok(); }))
        << answer.status.error_message();
  }
  EXPECT_EQ(Bills("CreateAsset"), kCreates);
}

INSTANTIATE_TEST_SUITE_P(Dialects, EveryRequestAtTest, ::testing::Values("anyfast", "piapi"),
                         [](const auto& at) { return at.param; });

TEST_F(EveryRequestTest, ALimitThatARecreationMeetsIsObeyed) {
  constexpr int kRest = 7;
  Open("piapi", 10'000, 10'000, {"--task-seconds", "1", "--piapi-ttl-seconds", "2"},
       {"limits: {assets: {max_assets: 10, idle_ttl: 2s}}"});
  v1::CreateAssetRequest request;
  request.mutable_asset()->set_asset_group(NewGroup());
  request.mutable_asset()->set_display_name("hero");
  request.set_uri("https://example.com/hero.png");
  request.set_request_id(NextRequestId());
  const std::string asset = EndOfAsset(Must(api().CreateAsset(request)).name()).name();
  ASSERT_TRUE(Eventually([&] { return Must(api().GetAsset(asset)).state() == v1::Asset::STATE_EXPIRED; }));
  Limit("POST", create_path(), 1, kRest);
  v1::CreateGenerationTaskRequest task;
  *task.mutable_generation_task() = TaskOf("@image1 waves");
  AddReference(*task.mutable_generation_task(), asset);
  task.set_recreate_expired_assets(true);
  task.set_request_id(NextRequestId());
  const v1::GenerationTask ended = WaitForEnd(Must(api().CreateTask(task)).name());
  EXPECT_EQ(ended.state(), State::STATE_SUCCEEDED) << ended.ShortDebugString();
  const std::vector<double> creates =
      Times([&](const testing::SandboxRequest& seen) { return absl::StartsWith(seen.path, create_path()); });
  ASSERT_EQ(creates.size(), 3u);
  EXPECT_GE(creates[2] - creates[1], kRest);
  EXPECT_EQ(Bills("CreateAsset"), 2);
}

}  // namespace
}  // namespace seedance::e2e
