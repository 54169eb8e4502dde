// Callers that are slow with their bytes: other callers are served, and the slow ones are told.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/fixture.h"
#include "tests/e2e/foreign_vendor.h"
#include "tests/testing/loopback.h"

namespace seedance::e2e {
namespace {

constexpr int kSlow = 40;
// The slow calls stay open for longer than those that are to be served beside them, so that these fail without fair
// transfers, however fast or busy the machine is.
constexpr absl::Duration kSlowDeadline = absl::Minutes(10);
constexpr absl::Duration kBriskDeadline = absl::Minutes(2);

// Something that many threads wait for.
class Bell {
 public:
  // True once it was rung; false after `limit`.
  bool Wait(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return rung_; });
  }
  void Ring() {
    const std::lock_guard<std::mutex> lock(mutex_);
    rung_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

// A server that takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = testing::Loopback(0);
    socklen_t length = sizeof address;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd_, 128) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { close(fd_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  std::string url(int number) const { return absl::StrCat("http://127.0.0.1:", port_, "/", number, ".png"); }

 private:
  const int fd_;
  int port_ = 0;
};

testing::GatewayOptions TwoTenants() {
  testing::GatewayOptions options;
  options.tenants = {{"slow", {"slow-token"}}, {"brisk", {"brisk-token"}}};
  options.transfers = {"window: 1s"};
  return options;
}

v1::UploadAssetRequest::Metadata MetadataOf(const std::string& group, const std::string& name) {
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name(name);
  metadata.mutable_asset()->set_media_type(v1::MEDIA_TYPE_IMAGE);
  metadata.set_file_name(name + ".png");
  return metadata;
}

bool IsTooSlow(const client::ErrorDetails& error, const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::ABORTED && error.reason == "TRANSFER_TOO_SLOW";
}

class SlowTransfersTest : public E2eTest {
 protected:
  // 40 of the slow tenant's calls at the same time, until the test ends.
  void Flood(const std::function<bool(Api&, int)>& call) {
    for (int i = 0; i < kSlow; ++i) {
      threads_.emplace_back([this, call, i] {
        ++begun_;
        if (call(*flood_apis_[static_cast<size_t>(i) % flood_apis_.size()], i)) ++too_slow_;
      });
    }
  }
  // A busy machine may not connect within gRPC's first attempt.
  static void Connect(const Api& api) {
    if (!api.channel()->WaitForConnected(std::chrono::system_clock::now() + std::chrono::minutes(1))) {
      throw std::runtime_error("cannot connect");
    }
  }
  void StartFlooders() {
    Connect(api());
    for (int i = 0; i < 4; ++i) {
      flood_apis_.push_back(NewApi("slow-token"));
      flood_apis_.back()->SetDeadline(kSlowDeadline);
      Connect(*flood_apis_.back());
    }
  }
  void TearDown() override {
    over_.Ring();
    for (std::thread& thread : threads_) thread.join();
    E2eTest::TearDown();
  }
  // A PNG of five megabytes: what follows its end is not looked at.
  static std::string FiveMegabytes() {
    std::string bytes = Media("hero.png");
    bytes.resize(5 << 20);
    return bytes;
  }
  // What another tenant wants of the gateway meanwhile.
  void BriskTenantIsServed(const std::string& task) {
    const auto brisk = NewApi("brisk-token");
    brisk->SetDeadline(kBriskDeadline);
    Connect(*brisk);
    const std::string group = Must(brisk->CreateGroup("brisk")).name();
    const auto uploaded = brisk->Upload(MetadataOf(group, "hero"), FiveMegabytes());
    EXPECT_TRUE(uploaded.ok()) << uploaded.status.error_message();
    if (!task.empty()) {
      const Download download = brisk->DownloadResult(task);
      EXPECT_TRUE(download.status.ok()) << download.status.error_message();
      EXPECT_FALSE(download.bytes.empty());
    }
  }

  Bell over_;
  std::atomic<int> begun_{0};
  std::atomic<int> too_slow_{0};
  std::vector<std::unique_ptr<Api>> flood_apis_;
  std::vector<std::thread> threads_;
};

TEST_F(SlowTransfersTest, UploadsAtAByteASecondDoNotStopOtherTenants) {
  StartSandbox(Pace::kFast);
  StartGateway(TwoTenants());
  StartFlooders();
  const std::string group = NewGroup("slow");
  const auto brisk = NewApi("brisk-token");
  Connect(*brisk);
  const std::string task = Must(brisk->CreateTask(TaskOf("a film"))).name();
  ASSERT_TRUE(Eventually([&] { return Must(brisk->GetTask(task)).state() == State::STATE_SUCCEEDED; }));
  // By value: the threads outlive a test body that fails.
  Flood([this, group, picture = Media("hero.png")](Api& api, int i) {
    size_t at = 0;
    const auto answer = api.Upload(MetadataOf(group, absl::StrCat("slow", i)), [&] {
      if (over_.Wait(std::chrono::seconds(1))) return std::string();
      return picture.substr(at++, 1);
    });
    return IsTooSlow(answer.error(), answer.status);
  });
  ASSERT_TRUE(Eventually([&] { return begun_ == kSlow; }, absl::Minutes(1)));
  BriskTenantIsServed(task);
  EXPECT_TRUE(Eventually([&] { return too_slow_ >= kSlow - 32; }, absl::Minutes(1)))
      << too_slow_ << " made room for those that waited";
  EXPECT_EQ(Bills("CreateAsset"), 1) << "a broken-off upload is no asset";
}

TEST_F(SlowTransfersTest, SilentServersBehindUrlsDoNotStopOtherTenants) {
  StartSandbox(Pace::kFast);
  testing::GatewayOptions options = TwoTenants();
  options.media_fetch = {"allow_private_network: true"};
  StartGateway(options);
  StartFlooders();
  const SilentServer silent;
  const std::string group = NewGroup("slow");
  const auto request = [&group](const std::string& uri, int i) {
    v1::CreateAssetRequest create;
    create.mutable_asset()->set_asset_group(group);
    create.mutable_asset()->set_display_name(absl::StrCat("url", i));
    create.set_uri(uri);
    create.set_validate_media(true);
    return create;
  };
  Flood([&](Api& api, int i) {
    const auto answer = api.CreateAsset(request(silent.url(i), i));
    return IsTooSlow(answer.error(), answer.status);
  });
  ASSERT_TRUE(Eventually([&] { return begun_ == kSlow; }, absl::Minutes(1)));
  BriskTenantIsServed("");
  EXPECT_TRUE(Eventually([&] { return too_slow_ >= kSlow - 16; }, absl::Minutes(1))) << too_slow_;
  EXPECT_EQ(Bills("CreateAsset"), 1);
  (void)gateway().Stop(SIGKILL);  // What still runs ends with it.
}

TEST_F(SlowTransfersTest, DownloadsThatNobodyReadsDoNotStopOtherTenants) {
  ForeignVendor vendor(8 << 20);
  testing::GatewayOptions options = TwoTenants();
  options.sandbox_url = vendor.url();
  options.key = ForeignVendor::kKey;
  StartGateway(options);
  StartFlooders();
  const auto finished = [](Api& api) {
    const std::string task = Must(api.CreateTask(TaskOf("a film"))).name();
    if (!Eventually([&] { return Must(api.GetTask(task)).state() == State::STATE_SUCCEEDED; })) {
      throw std::runtime_error("the task does not end");
    }
    return task;
  };
  const std::string slow_task = finished(api());
  const auto brisk = NewApi("brisk-token");
  Connect(*brisk);
  const std::string task = finished(*brisk);
  std::atomic<int> open{0};
  Flood([&](Api& api, int) {
    const auto stub = v1::GenerationTaskService::NewStub(api.channel());
    v1::DownloadGenerationResultRequest request;
    request.set_name(slow_task);
    const auto context = api.Context();
    const auto reader = stub->DownloadGenerationResult(context.get(), request);
    ++open;
    over_.Wait(std::chrono::minutes(9));
    // What was on its way comes first, then the reason.
    v1::DownloadGenerationResultResponse message;
    while (reader->Read(&message)) {
    }
    const grpc::Status status = reader->Finish();
    return IsTooSlow(client::DecodeError(status), status);
  });
  ASSERT_TRUE(Eventually([&] { return open == kSlow; }, absl::Minutes(1)));
  BriskTenantIsServed(task);
  // Those that still wait get the places of those that stall, and these learn it when they read.
  EXPECT_TRUE(
      Eventually([&] { return gateway().Log().find("transfers_ended") != std::string::npos; }, absl::Minutes(1)));
  over_.Ring();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  EXPECT_GE(too_slow_, 1);
  EXPECT_TRUE(gateway().Stop(SIGKILL).ok());  // The vendor waits for its connections to close.
}

// The gateway has the threads of its start and few more: far fewer than its pools would have.
TEST_F(SlowTransfersTest, AGatewayWithoutFurtherThreadsAnswersAndStops) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give the gateway a user, and so a number of threads, of its own";
  StartSandbox(Pace::kFast);
  testing::GatewayOptions options;
  options.tenants = {{"slow", {"slow-token"}}};
  // Limits on threads do not bind root.
  options.open_to_all = true;
  const std::string user = absl::StrCat(1'000'000 + getpid());
  options.wrapper = {"/usr/bin/prlimit", "--nproc=48", "/usr/bin/setpriv", "--reuid=" + user, "--clear-groups"};
  StartGateway(options);
  StartFlooders();
  const std::string group = NewGroup("heroes");
  std::atomic<int> uploaded{0};
  std::atomic<int> created{0};
  std::atomic<int> full{0};
  Flood([&](Api& api, int i) {
    const auto count = [&full](const auto& answer, std::atomic<int>& done) {
      const bool is_full = answer.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
      EXPECT_TRUE(answer.ok() || is_full) << answer.status.error_code() << ": " << answer.status.error_message();
      if (answer.ok()) ++done;
      if (is_full) ++full;
    };
    count(api.Upload(MetadataOf(group, absl::StrCat("hero", i)), Media("hero.png")), uploaded);
    count(api.CreateGroup(absl::StrCat("group", i)), created);
    return false;
  });
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  EXPECT_EQ(uploaded + created + full, 2 * kSlow)
      << uploaded << " uploads, " << created << " groups, " << full << " full";
  EXPECT_GE(uploaded, 1);
  EXPECT_GE(created, 1);
  EXPECT_EQ(Bills("CreateAsset"), uploaded);
  EXPECT_THAT(gateway().Log(), ::testing::HasSubstr("thread_not_started"));
  EXPECT_EQ(Must(gateway().Stop(SIGTERM)), 0);
}

}  // namespace
}  // namespace seedance::e2e
