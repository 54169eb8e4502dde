#include <gmock/gmock.h>

#include <future>

#include "absl/time/clock.h"
#include "tests/sandbox/sandbox_fixture.h"
#include "tests/testing/eventually.h"

namespace seedance::sandbox {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kFaultTasks[] = "/v1/video/generations";

class FaultsTest : public SandboxFixture {
 protected:
  void Add(const Json& rule) { ASSERT_EQ(Control("POST", "/faults", rule).status, 200); }
  size_t Bills() { return Ledger()["bills"].size(); }
  HttpAnswer Create() { return Post(kFaultTasks, TaskBody("x")); }
  // The same create as bytes on the wire.
  std::string RawCreate() {
    const std::string body = Dump(TaskBody("x"));
    return Raw("POST " + std::string(kFaultTasks) +
               " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer one\r\nConnection: close\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  }
};

TEST_F(FaultsTest, WithoutRulesTheRawReplyIsWhole) { EXPECT_THAT(RawCreate(), StartsWith("HTTP/1.1 200 OK\r\n")); }

TEST_F(FaultsTest, ResetSendsNoByteAndBillsNothing) {
  Add({{"kind", "reset"}});
  EXPECT_THAT(RawCreate(), AnyOf("", "(reset)"));
  EXPECT_EQ(Bills(), 0u);
  EXPECT_EQ(Create().status, 200);
}

TEST_F(FaultsTest, ResetHoldsForALargeUploadToo) {
  const std::string group = MakeGroup();
  Add({{"kind", "reset"}, {"path", "/volc/asset/CreateAsset"}});
  EXPECT_EQ(Upload(std::string(8 << 20, 'x'), {{"GroupId", group}, {"Name", "a"}}).status, 0);
  EXPECT_EQ(Bills(), 1u);
}

TEST_F(FaultsTest, DropReplyBillsAndSendsNoByte) {
  Add({{"kind", "drop_reply"}});
  EXPECT_EQ(RawCreate(), "");
  EXPECT_EQ(Bills(), 1u);
}

TEST_F(FaultsTest, TruncateBillsAndCutsTheBody) {
  Add({{"kind", "truncate"}});
  const std::string reply = RawCreate();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("Content-Length: "));
  const size_t body = reply.find("\r\n\r\n") + 4;
  const size_t promised = std::stoul(reply.substr(reply.find("Content-Length: ") + 16));
  EXPECT_EQ(reply.size() - body, promised / 2);
  EXPECT_EQ(Bills(), 1u);
}

TEST_F(FaultsTest, StatusCarriesRetryAfterAndBody) {
  Add({{"kind", "status"}, {"status", 429}, {"retry_after", 2}, {"body", "busy"}});
  const HttpAnswer busy = Create();
  EXPECT_EQ(busy.status, 429);
  EXPECT_EQ(busy.retry_after, "2");
  EXPECT_EQ(busy.body, "busy");
  Add({{"kind", "status"}});
  const HttpAnswer error = Create();
  EXPECT_EQ(error.status, 500);
  EXPECT_EQ(error.error_message(), "injected fault");
  EXPECT_EQ(Bills(), 0u);
}

TEST_F(FaultsTest, HtmlAndEmptyReplies) {
  Add({{"kind", "html"}});
  const HttpAnswer html = Create();
  EXPECT_EQ(html.status, 502);
  EXPECT_EQ(html.content_type, "text/html");
  Add({{"kind", "empty"}});
  const HttpAnswer empty = Create();
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, "");
  EXPECT_EQ(Bills(), 0u);
}

TEST_F(FaultsTest, AfterMeansThatTheCallIsProcessedAllTheSame) {
  Add({{"kind", "html"}, {"after", true}});
  EXPECT_EQ(Create().status, 502);
  EXPECT_EQ(Bills(), 1u);
}

TEST_F(FaultsTest, DelayWaitsBeforeOrAfterProcessing) {
  Add({{"kind", "delay"}, {"delay_ms", 100}});
  const absl::Time begin = absl::Now();
  EXPECT_EQ(Create().status, 200);
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(100));

  Add({{"kind", "delay"}, {"delay_ms", 600'000}});
  Add({{"kind", "delay"}, {"delay_ms", 600'000}, {"after", true}});
  auto before = std::async(std::launch::async, [this] { return Create().status; });
  ASSERT_TRUE(testing::Eventually(
      [this] { return Control("GET", "/requests").json()["counts"][std::string("POST ") + kFaultTasks] == 2; }));
  auto after = std::async(std::launch::async, [this] { return Create().status; });
  EXPECT_TRUE(testing::Eventually([this] { return Bills() == 2; }));
  // Stop ends the delays.
  sandbox_->Stop();
  before.wait();
  after.wait();
}

TEST_F(FaultsTest, ARuleFiresOnlyForItsMethodAndPathAndSoOften) {
  Add({{"kind", "status"}, {"method", "POST"}, {"path", "/v1/video"}, {"times", 2}});
  EXPECT_EQ(Get("/v1/models").status, 200);
  EXPECT_EQ(Get(std::string(kFaultTasks) + "/x").status, 404);
  EXPECT_EQ(Create().status, 500);
  EXPECT_EQ(Create().status, 500);
  EXPECT_EQ(Create().status, 200);
  EXPECT_EQ(Control("GET", "/faults").json()["faults"][0]["fired"], 2);
}

TEST_F(FaultsTest, ZeroTimesMeansForEverUntilDeleted) {
  Add({{"kind", "status"}, {"times", 0}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Create().status, 500);
  EXPECT_EQ(Control("DELETE", "/faults").status, 200);
  EXPECT_EQ(Create().status, 200);
}

TEST_F(FaultsTest, ProbabilityFollowsTheSeed) {
  const auto run = [this] {
    Control("POST", "/reset");
    Add({{"kind", "status"}, {"times", 0}, {"probability", 0.3}});
    std::string pattern;
    for (int i = 0; i < 100; ++i) pattern += Get("/v1/models").status == 500 ? 'x' : '.';
    return pattern;
  };
  const std::string first = run();
  EXPECT_EQ(run(), first);
  EXPECT_THAT(std::count(first.begin(), first.end(), 'x'), ::testing::AllOf(::testing::Gt(10), ::testing::Lt(50)));
}

TEST_F(FaultsTest, WrongRulesAreRefused) {
  EXPECT_EQ(Control("POST", "/faults", {{"kind", "explode"}}).status, 400);
  EXPECT_EQ(Control("POST", "/faults", {{"kind", "status"}, {"tims", 3}}).status, 400);
  EXPECT_EQ(Control("POST", "/faults", {{"kind", "status"}, {"status", 42}}).status, 400);
}

}  // namespace
}  // namespace seedance::sandbox
