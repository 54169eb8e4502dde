// The same bytes into the same group: one asset, one bill, whichever way they come.
#include <httplib.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

// A file behind a URL.
class FileServer {
 public:
  explicit FileServer(std::string bytes) : bytes_(std::move(bytes)) {
    server_.Get("/hero.png", [this](const httplib::Request&, httplib::Response& response) {
      ++fetches_;
      response.set_content(bytes_, "image/png");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~FileServer() {
    server_.stop();
    thread_.join();
  }

  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_, "/hero.png"); }
  int fetches() const { return fetches_; }

 private:
  const std::string bytes_;
  std::atomic<int> fetches_{0};
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

class ReuseTest : public E2eTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast);
    testing::GatewayOptions options = DialectOptions(GetParam());
    options.media_fetch = {"allow_private_network: true"};
    StartGateway(options);
    group_ = NewGroup();
  }

  // Way 0 to 4: checked URL, data URI, Base64, inline bytes, stream. Every call has a name and a request id of its own.
  Answer<v1::Asset> Create(Api& api, int way, const std::string& name, const std::string& url,
                           const std::string& bytes) {
    if (way == 4) {
      v1::UploadAssetRequest::Metadata metadata;
      metadata.mutable_asset()->set_asset_group(group_);
      metadata.mutable_asset()->set_display_name(name);
      metadata.set_file_name("hero.png");
      metadata.set_request_id(NextRequestId());
      metadata.set_reuse_content(true);
      return api.Upload(metadata, bytes);
    }
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group_);
    request.mutable_asset()->set_display_name(name);
    request.set_request_id(NextRequestId());
    request.set_reuse_content(true);
    request.set_validate_media(true);
    if (way == 0) request.set_uri(url);
    if (way == 1) request.set_uri("data:image/png;base64," + Base64(bytes));
    if (way == 2) request.set_uri(Base64(bytes));
    if (way == 3) request.set_inline_data(bytes);
    return api.CreateAsset(request);
  }

  std::string group_;
};

TEST_P(ReuseTest, FiftyCreatesOfTheSameBytesByFiveWaysAreOneBill) {
  const std::string bytes = Media("hero.png");
  FileServer files(bytes);
  std::vector<std::thread> callers;
  std::vector<Answer<v1::Asset>> answers(50);
  for (int i = 0; i < 50; ++i) {
    callers.emplace_back([&, i] { answers[i] = Create(api(), i % 5, absl::StrCat("hero ", i), files.url(), bytes); });
  }
  for (std::thread& caller : callers) caller.join();
  std::set<std::string> names;
  int reused = 0;
  for (const Answer<v1::Asset>& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status.error_message();
    names.insert(answer.value.name());
    reused += answer.value.reused();
  }
  EXPECT_EQ(names.size(), 1u);
  EXPECT_EQ(reused, 49);
  EXPECT_EQ(Bills("CreateAsset"), 1);
  EXPECT_EQ(files.fetches(), 10) << "each checked URL is read once";
}

TEST_P(ReuseTest, ReuseSurvivesARestartAndStaysInItsGroup) {
  const std::string bytes = Media("hero.png");
  const v1::Asset first = Must(Create(api(), 4, "first", "", bytes));
  EXPECT_FALSE(first.reused());
  EXPECT_EQ(EndOfAsset(first.name()).state(), v1::Asset::STATE_ACTIVE);
  ASSERT_TRUE(gateway().Stop(SIGKILL).ok());
  RestartGateway();
  const v1::Asset second = Must(Create(*NewApi(), 3, "second", "", bytes));
  EXPECT_EQ(second.name(), first.name());
  EXPECT_TRUE(second.reused());
  EXPECT_EQ(second.state(), v1::Asset::STATE_ACTIVE);
  EXPECT_FALSE(Must(NewApi()->GetAsset(first.name())).reused()) << "only the answer of the create says so";
  group_ = Must(NewApi()->CreateGroup("other")).name();
  EXPECT_NE(Must(Create(*NewApi(), 3, "third", "", bytes)).name(), first.name());
  EXPECT_EQ(Bills("CreateAsset"), 2);
}

TEST_P(ReuseTest, WithoutTheFlagTheSameBytesAreAnotherAsset) {
  const v1::Asset first = UploadMedia(group_, "hero.png", "first");
  EXPECT_NE(UploadMedia(group_, "hero.png", "second").name(), first.name());
  EXPECT_EQ(Bills("CreateAsset"), 2);
}

TEST_P(ReuseTest, TheSameRequestIdGivesTheReusedAssetAgain) {
  const std::string bytes = Media("hero.png");
  const v1::Asset first = Must(Create(api(), 3, "first", "", bytes));
  v1::CreateAssetRequest request;
  request.mutable_asset()->set_asset_group(group_);
  request.mutable_asset()->set_display_name("again");
  request.set_inline_data(bytes);
  request.set_reuse_content(true);
  request.set_request_id(NextRequestId());
  EXPECT_EQ(Must(api().CreateAsset(request)).name(), first.name());
  ASSERT_TRUE(gateway().Stop(SIGTERM).ok());
  RestartGateway();
  EXPECT_EQ(Must(NewApi()->CreateAsset(request)).name(), first.name());
  EXPECT_EQ(Bills("CreateAsset"), 1);
}

INSTANTIATE_TEST_SUITE_P(Vendors, ReuseTest, ::testing::Values("anyfast", "piapi"),
                         [](const auto& vendor) { return vendor.param; });

}  // namespace
}  // namespace seedance::e2e
