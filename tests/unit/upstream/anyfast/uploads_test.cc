// Uploads to AnyFast that do not come to their end, over real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "service/base/error.h"
#include "tests/unit/http/trick_server.h"
#include "tests/unit/upstream/anyfast/at.h"

namespace seedance::upstream {
namespace {

using base::Reason;

// One piece, and then whatever `rest` says.
class HaltingSource : public http::ByteSource {
 public:
  explicit HaltingSource(std::function<absl::StatusOr<std::string>()> rest) : rest_(std::move(rest)) {}
  absl::StatusOr<std::string> Next() override {
    if (std::exchange(begun_, true)) return rest_();
    return std::string(64 << 10, 'x');  // More than is gathered before it is sent.
  }
  std::optional<int64_t> Size() const override { return int64_t{50} << 20; }

 private:
  const std::function<absl::StatusOr<std::string>()> rest_;
  bool begun_ = false;
};

BilledResult<std::string> UploadFrom(const http::TrickServer& server, http::ByteSource& source) {
  NewAsset asset;
  asset.group_id = "group-1";
  asset.display_name = "hero";
  asset.media_type = model::MediaType::kImage;
  asset.file_name = "hero.png";
  asset.data = &source;
  return AnyFastAt(server.url(""))->assets().CreateAsset({}, asset);
}

class EarlyAnswer : public ::testing::TestWithParam<std::string> {};

// The vendor may bill what it answers with success, or with an error of a proxy, before it has read the file.
TEST_P(EarlyAnswer, LeavesTheUploadInDoubt) {
  http::Signal answered[2];
  http::TrickServer server([&](http::Peer& peer, int number) {
    peer.ReadHead();
    peer.Send(GetParam());
    answered[number - 1].Set();
    peer.AwaitClose();
  });
  HaltingSource whole_answer([&]() -> absl::StatusOr<std::string> {
    answered[0].Wait();
    return std::string(1 << 20, 'x');
  });
  EXPECT_EQ(UploadFrom(server, whole_answer).acceptance, Acceptance::kUnknown);
  HaltingSource caller_leaves([&]() -> absl::StatusOr<std::string> {
    answered[1].Wait();
    return absl::CancelledError("the caller left");
  });
  EXPECT_EQ(UploadFrom(server, caller_leaves).acceptance, Acceptance::kUnknown) << "an answer lies there unread";
}

INSTANTIATE_TEST_SUITE_P(Answers, EarlyAnswer,
                         ::testing::Values(http::OkReply(R"({"Id":"a/b"})"), http::OkReply(R"({"object":"asset"})"),
                                           http::OkReply("<html>"),
                                           "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>"));

TEST(AnyFastUploads, BrokenOffBeforeAnyAnswerTheyAreNotAccepted) {
  http::TrickServer server([](http::Peer& peer, int) {
    peer.ReadHead();
    peer.AwaitClose();
  });
  HaltingSource source([]() -> absl::StatusOr<std::string> { return absl::CancelledError("the caller left"); });
  const BilledResult<std::string> result = UploadFrom(server, source);
  EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted) << result.status;
  EXPECT_FALSE(result.retryable);
  EXPECT_EQ(base::GetReason(result.status), Reason::kCancelled);
}

}  // namespace
}  // namespace seedance::upstream
