#include "service/engine/tasks/downloads.h"

#include "service/base/sha256.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using model::TaskState;

constexpr char kLink[] = "https://vendor.example/v.mp4?sign=1";
constexpr char kNewLink[] = "https://vendor.example/v.mp4?sign=2";
constexpr char kFrame[] = "https://vendor.example/f.png?sign=1";

// Keeps what it is given; says stop after `most` bytes.
class Bytes : public upstream::ResultSink {
 public:
  explicit Bytes(size_t most = SIZE_MAX) : most_(most) {}
  bool OnStart(int64_t total_size, const std::string&) override {
    total_size_ = total_size;
    return true;
  }
  bool OnBytes(std::string_view bytes) override {
    bytes_.append(bytes);
    return bytes_.size() <= most_;
  }
  const std::string& bytes() const { return bytes_; }
  int64_t total_size() const { return total_size_; }

 private:
  const size_t most_;
  std::string bytes_;
  int64_t total_size_ = -1;
};

class DownloadsTest : public EngineTest {
 protected:
  // A task that ended well, with a video and a last frame.
  std::string Finished() {
    const std::string id = SubmittedTask();
    vendor_.SetTask(store_->GetTask(id)->upstream_task_id, Report(kLink));
    vendor_.SetFile(kLink, "the video");
    vendor_.SetFile(kFrame, "the frame");
    EXPECT_TRUE(Reaches(id, TaskState::kSucceeded, absl::Seconds(1)));
    polls_ = vendor_.get_task.calls();
    return id;
  }
  static upstream::TaskReport Report(const std::string& link) {
    upstream::TaskReport report;
    report.state = TaskState::kSucceeded;
    report.result.video_uri = link;
    report.result.last_frame_uri = kFrame;
    return report;
  }
  absl::Status Download(const engine::DownloadParams& params, const std::string& tenant = kTenant) {
    Answer<engine::Nothing> answer;
    engine_->downloads().Start(Caller(tenant), params, sink_, answer.done());
    return answer.Wait().status();
  }
  model::TaskResult Result(const std::string& id) { return store_->GetTask(id)->result; }

  std::shared_ptr<Bytes> sink_ = std::make_shared<Bytes>();
  int polls_ = 0;
};

TEST_F(DownloadsTest, AWholeDownloadGivesTheBytesAndRecordsSizeAndHash) {
  Start();
  const std::string id = Finished();
  EXPECT_TRUE(Download({id}).ok());
  EXPECT_EQ(sink_->bytes(), "the video");
  EXPECT_EQ(sink_->total_size(), 9);
  EXPECT_EQ(Result(id).size_bytes, 9);
  EXPECT_EQ(Result(id).sha256, base::Sha256Hex("the video"));
  const int64_t revision = store_->GetTask(id)->revision;
  EXPECT_TRUE(Download({id}).ok());
  EXPECT_EQ(store_->GetTask(id)->revision, revision);
  EXPECT_EQ(vendor_.get_task.calls(), polls_);
}

TEST_F(DownloadsTest, AWholeFileOfAnotherHashReplacesAWrongOne) {
  Start();
  const std::string id = Finished();
  ASSERT_TRUE(store_
                  ->UpdateTask(id,
                               [](model::GenerationTask& edited) {
                                 edited.result.size_bytes = 5;
                                 edited.result.sha256 = base::Sha256Hex("wrong");
                                 return absl::OkStatus();
                               })
                  .ok());
  EXPECT_TRUE(Download({id, 4, 0}).ok());
  EXPECT_EQ(Result(id).sha256, base::Sha256Hex("wrong")) << "a part says nothing";
  EXPECT_TRUE(Download({id}).ok());
  EXPECT_EQ(Result(id).sha256, base::Sha256Hex("the video"));
  EXPECT_EQ(Result(id).size_bytes, 9);
}

TEST_F(DownloadsTest, APartIsNoFactAboutTheWhole) {
  Start();
  const std::string id = Finished();
  EXPECT_TRUE(Download({id, 4, 0}).ok());
  EXPECT_EQ(sink_->bytes(), "video");
  sink_ = std::make_shared<Bytes>();
  EXPECT_TRUE(Download({id, 0, 3}).ok());
  EXPECT_EQ(sink_->bytes(), "the");
  EXPECT_EQ(Result(id).sha256, "");
  EXPECT_EQ(Result(id).size_bytes, 0);
}

TEST_F(DownloadsTest, TheLastFrameIsNoFactAboutTheVideo) {
  Start();
  const std::string id = Finished();
  EXPECT_TRUE(Download({id, 0, 0, true}).ok());
  EXPECT_EQ(sink_->bytes(), "the frame");
  EXPECT_EQ(Result(id).sha256, "");
}

TEST_F(DownloadsTest, AReaderThatStopsRecordsNothing) {
  Start();
  const std::string id = Finished();
  sink_ = std::make_shared<Bytes>(2);
  EXPECT_EQ(ReasonOf(Download({id})), Reason::kCancelled);
  EXPECT_EQ(Result(id).sha256, "");
}

TEST_F(DownloadsTest, ADeadLinkIsRenewedOnce) {
  Start();
  const std::string id = Finished();
  vendor_.SetFile(kLink, std::nullopt);
  vendor_.SetFile(kNewLink, "the video");
  vendor_.SetTask(store_->GetTask(id)->upstream_task_id, Report(kNewLink));
  EXPECT_TRUE(Download({id}).ok());
  EXPECT_EQ(sink_->bytes(), "the video");
  EXPECT_EQ(vendor_.get_task.calls(), polls_ + 1);
  EXPECT_EQ(Result(id).video_uri, kNewLink);
  EXPECT_EQ(Result(id).sha256, base::Sha256Hex("the video"));
  EXPECT_TRUE(Download({id}).ok());
  EXPECT_EQ(vendor_.get_task.calls(), polls_ + 1);
}

TEST_F(DownloadsTest, ALinkThatStaysDeadIsExpired) {
  Start();
  const std::string id = Finished();
  vendor_.SetFile(kLink, std::nullopt);
  const absl::Status same = Download({id});
  EXPECT_EQ(same.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(same), Reason::kResultExpired);
  EXPECT_EQ(vendor_.fetch_result.calls(), 1);
  vendor_.SetTask(store_->GetTask(id)->upstream_task_id, Report(kNewLink));
  EXPECT_EQ(ReasonOf(Download({id})), Reason::kResultExpired);
  EXPECT_EQ(vendor_.fetch_result.calls(), 3);
  vendor_.get_task.Answer(base::ResourceNotFound("vendor", "task"));
  EXPECT_EQ(ReasonOf(Download({id})), Reason::kResultExpired);
  // A vendor that says nothing sensible takes no link away.
  vendor_.SetTask(store_->GetTask(id)->upstream_task_id, Report(""));
  EXPECT_EQ(ReasonOf(Download({id})), Reason::kResultExpired);
  EXPECT_EQ(Result(id).video_uri, kNewLink);
}

TEST_F(DownloadsTest, AVendorThatCannotBeAskedForALinkDoesNotMakeTheResultExpired) {
  Start();
  const std::string id = Finished();
  vendor_.SetFile(kLink, std::nullopt);
  vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "not now"));
  EXPECT_EQ(ReasonOf(Download({id})), Reason::kUpstreamUnavailable);
}

TEST_F(DownloadsTest, OnlyATaskThatEndedWellHasAFile) {
  Start();
  const std::string id = SubmittedTask();
  const absl::Status status = Download({id});
  EXPECT_EQ(ReasonOf(status), Reason::kTaskNotSucceeded);
  EXPECT_EQ(base::GetErrorDetail(status).metadata["state"], "QUEUED");
  EXPECT_EQ(vendor_.fetch_result.calls(), 0);
}

TEST_F(DownloadsTest, AForeignTaskDoesNotExist) {
  Start();
  const std::string id = Finished();
  EXPECT_EQ(ReasonOf(Download({id}, kOther)), Reason::kResourceNotFound);
  EXPECT_EQ(sink_->bytes(), "");
}

}  // namespace
}  // namespace seedance::testing
