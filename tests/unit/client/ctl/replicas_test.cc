// `seedancectl replicas`, in front of an admin server.
#include <gmock/gmock.h>
#include <httplib.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/exit_code.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::HasSubstr;

class ReplicasCommandTest : public RunTest {
 protected:
  ReplicasCommandTest() {
    server_.Get("/replicas", [this](const httplib::Request&, httplib::Response& answer) {
      answer.status = status_;
      answer.set_content(body_, "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // A stop before that would come to nothing.
  }
  ~ReplicasCommandTest() override {
    server_.stop();
    thread_.join();
  }
  std::string admin() const { return absl::StrCat("127.0.0.1:", port_); }

  int status_ = 200;
  std::string body_ = "NUMBER  NAME\n1  gateway1\n";

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(ReplicasCommandTest, ShowsTheTableOfTheGateway) {
  EXPECT_EQ(Ctl({"replicas", "--admin", admin()}), kExitOk);
  EXPECT_EQ(out(), body_);
  EXPECT_EQ(Ctl({"replicas", "--admin", absl::StrCat("http://", admin())}), kExitOk);
}

TEST_F(ReplicasCommandTest, SaysWhyThereIsNone) {
  status_ = 503;
  body_ = "the store is away\n";
  EXPECT_EQ(Ctl({"replicas", "--admin", admin()}), kExitUnavailable);
  EXPECT_THAT(err(), HasSubstr("503: the store is away"));
  for (const char* address : {"127.0.0.1:1", "", "http://", "::"}) {
    EXPECT_EQ(Ctl({"replicas", "--admin", address}), kExitUnavailable) << address;
    EXPECT_THAT(err(), HasSubstr("no answer from")) << address;
  }
  EXPECT_EQ(Ctl({"replicas"}), kExitInvalidInput);
  EXPECT_THAT(err(), HasSubstr("--admin is required"));
}

}  // namespace
}  // namespace seedance::client::ctl
