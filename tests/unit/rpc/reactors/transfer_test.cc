#include <gmock/gmock.h>

#include <future>

#include "absl/strings/str_cat.h"
#include "service/base/metrics.h"
#include "service/base/sha256.h"
#include "tests/testing/eventually.h"
#include "tests/testing/media_builder.h"
#include "tests/testing/raw_http2.h"
#include "tests/unit/rpc/gateway_fixture.h"

// UploadAsset and DownloadGenerationResult over a real server.
namespace seedance::rpc {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;

constexpr char kVideo[] = "https://files.example.com/v.mp4";

std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 253);
  return bytes;
}

// A movie of so many bytes.
std::string Movie(int64_t size) {
  testing::MediaSpec spec;
  spec.format = "mp4";
  spec.size_bytes = size;
  return testing::MakeMedia(spec);
}

class Upload {
 public:
  Upload(v1::AssetService::Stub& stub, const std::string& group) : group_(group) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    writer_ = stub.UploadAsset(&context, &asset);
  }

  bool Metadata(int64_t size = 0, const std::string& request_id = "") {
    v1::UploadAssetRequest request;
    auto* metadata = request.mutable_metadata();
    metadata->mutable_asset()->set_asset_group(group_);
    metadata->mutable_asset()->set_display_name(display_name);
    metadata->mutable_asset()->set_media_type(v1::MEDIA_TYPE_VIDEO);
    metadata->set_file_name("clip.mp4");
    metadata->set_size_bytes(size);
    metadata->set_request_id(request_id);
    metadata->set_reuse_content(reuse_content);
    return writer_->Write(request);
  }

  bool Chunk(const std::string& bytes) {
    v1::UploadAssetRequest request;
    request.set_chunk(bytes);
    return writer_->Write(request);
  }

  grpc::Status End() {
    writer_->WritesDone();
    return writer_->Finish();
  }

  // Without ending the stream.
  grpc::Status AwaitEnd() { return writer_->Finish(); }

  grpc::ClientContext context;
  v1::Asset asset;
  std::string display_name = "clip";
  bool reuse_content = false;

 private:
  const std::string group_;
  std::unique_ptr<grpc::ClientWriter<v1::UploadAssetRequest>> writer_;
};

TEST_F(GatewayTest, AnUploadReachesTheVendorByteForByte) {
  Start();
  Upload upload(*assets_, MakeGroup().name());
  const std::string bytes = Movie(5 << 20);
  ASSERT_TRUE(upload.Metadata());
  for (size_t at = 0; at < bytes.size(); at += 200'000) ASSERT_TRUE(upload.Chunk(bytes.substr(at, 200'000)));
  const grpc::Status status = upload.End();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(upload.asset.media_info().size_bytes(), 5 << 20);
  EXPECT_EQ(upload.asset.media_info().sha256(), base::Sha256Hex(bytes));
  ASSERT_EQ(vendor_.uploads().size(), 1u);
  EXPECT_TRUE(vendor_.uploads()[0] == bytes);
}

TEST_F(GatewayTest, AStreamThatIsCutCreatesNothing) {
  Start();
  const std::string group = MakeGroup().name();
  const std::string begin = Movie(5 << 20).substr(0, 1 << 20);
  for (int round = 0; round < 30; ++round) {
    auto upload = std::make_unique<Upload>(*assets_, group);
    // The one before may still hold its name.
    upload->display_name = absl::StrCat("clip ", round);
    ASSERT_TRUE(upload->Metadata());
    ASSERT_TRUE(upload->Chunk(begin));
    const bool begun = round % 3 == 0 || Eventually([&] { return vendor_.create_asset.calls() > 0; });
    ASSERT_TRUE(begun);
    upload->context.TryCancel();
    EXPECT_EQ(upload->End().error_code(), grpc::StatusCode::CANCELLED);
  }
  Stop();
  EXPECT_TRUE(vendor_.uploads().empty());
}

TEST_F(GatewayTest, ProtocolErrorsOfTheStreamAreNamed) {
  Start();
  const std::string group = MakeGroup().name();
  const auto field = [](Upload& upload) {
    const grpc::Status status = upload.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    const auto violations = DetailOf(status).violations;
    return violations.empty() ? "" : violations[0].field;
  };
  {
    Upload nothing(*assets_, group);
    EXPECT_EQ(field(nothing), "metadata");
  }
  {
    Upload no_metadata(*assets_, group);
    no_metadata.Chunk("x");
    EXPECT_EQ(field(no_metadata), "metadata");
  }
  {
    Upload twice(*assets_, group);
    twice.Metadata();
    twice.Metadata();
    EXPECT_EQ(field(twice), "metadata");
  }
  {
    Upload empty(*assets_, group);
    empty.Metadata();
    empty.Chunk("");
    EXPECT_EQ(field(empty), "chunk");
  }
  {
    Upload big(*assets_, group);
    big.Metadata();
    big.Chunk(Bytes((1 << 20) + 1));
    EXPECT_EQ(field(big), "chunk");
  }
  {
    Upload bad_field(*assets_, "nonsense");
    bad_field.Metadata();
    EXPECT_EQ(field(bad_field), "metadata.asset.asset_group");
  }
  EXPECT_TRUE(vendor_.uploads().empty());
}

TEST_F(GatewayTest, AnUploadThatIsTooLongIsStopped) {
  Start();
  Upload upload(*assets_, MakeGroup().name());
  ASSERT_TRUE(upload.Metadata());
  const std::string movie = Movie(80 << 20);
  int sent = 0;
  while (sent < 80 && upload.Chunk(movie.substr(static_cast<size_t>(sent) << 20, 1 << 20))) ++sent;
  EXPECT_LT(sent, 70);
  const grpc::Status status = upload.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE) << status.error_message();
}

TEST_F(GatewayTest, AFileThatBreaksALimitIsRefusedWhileItComes) {
  vendor_.profile().assets.video.max_side = 100;
  Start();
  Upload upload(*assets_, MakeGroup().name());
  ASSERT_TRUE(upload.Metadata());
  const std::string movie = Movie(20 << 20);
  int sent = 0;
  while (sent < 20 && upload.Chunk(movie.substr(static_cast<size_t>(sent) << 20, 1 << 20))) ++sent;
  const grpc::Status status = upload.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_EQ(DetailOf(status).violations[0].field, "chunk");
  EXPECT_EQ(vendor_.create_asset.calls(), 0);
}

TEST_F(GatewayTest, AnUploadThatReusesContentAnswersWithWhatIsThere) {
  Start();
  const std::string group = MakeGroup().name();
  const std::string movie = Movie(3 << 20);
  const auto upload_as = [&](const std::string& name) {
    Upload upload(*assets_, group);
    upload.display_name = name;
    upload.reuse_content = true;
    EXPECT_TRUE(upload.Metadata());
    for (size_t at = 0; at < movie.size(); at += 1 << 20) EXPECT_TRUE(upload.Chunk(movie.substr(at, 1 << 20)));
    const grpc::Status status = upload.End();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return upload.asset;
  };
  const v1::Asset first = upload_as("first");
  const v1::Asset second = upload_as("second");
  EXPECT_FALSE(first.reused());
  EXPECT_TRUE(second.reused());
  EXPECT_EQ(second.name(), first.name());
  EXPECT_EQ(vendor_.create_asset.calls(), 1);
}

TEST_F(GatewayTest, AnUploaderThatStallsIsGivenUp) {
  rpc_options_.stall_limit = absl::Milliseconds(200);
  Start();
  Upload upload(*assets_, MakeGroup().name());
  ASSERT_TRUE(upload.Metadata(/*size=*/10));
  ASSERT_TRUE(upload.Chunk("x"));
  const grpc::Status status = upload.AwaitEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
}

class Download {
 public:
  Download(v1::GenerationTaskService::Stub& stub, const std::string& name, int64_t offset = 0, int64_t limit = 0) {
    v1::DownloadGenerationResultRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_limit(limit);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    reader_ = stub.DownloadGenerationResult(&context, request);
  }

  void ReadOne() {
    v1::DownloadGenerationResultResponse message;
    EXPECT_TRUE(reader_->Read(&message));
  }

  grpc::Status Read() {
    v1::DownloadGenerationResultResponse message;
    while (reader_->Read(&message)) {
      if (messages++ == 0) first = message;
      largest = std::max(largest, message.data().size());
      bytes += message.data();
    }
    return reader_->Finish();
  }

  grpc::ClientContext context;
  v1::DownloadGenerationResultResponse first;
  std::string bytes;
  size_t largest = 0;
  int messages = 0;

 private:
  std::unique_ptr<grpc::ClientReader<v1::DownloadGenerationResultResponse>> reader_;
};

class DownloadTest : public GatewayTest {
 protected:
  std::string FinishedTask() {
    const v1::GenerationTask task = MakeTask();
    Report(task, model::TaskState::kSucceeded);
    grpc::ClientContext context;
    v1::WatchGenerationTaskRequest request;
    request.set_name(task.name());
    auto reader = tasks_->WatchGenerationTask(&context, request);
    v1::WatchGenerationTaskResponse message;
    while (reader->Read(&message)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
    return task.name();
  }
};

TEST_F(DownloadTest, BytesArriveInOrderInSmallPiecesAfterTheFacts) {
  Start();
  const std::string file = Bytes((3 << 20) + 17);
  vendor_.SetFile(kVideo, file);
  Download download(*tasks_, FinishedTask());
  const grpc::Status status = download.Read();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(download.first.total_size_bytes(), std::ssize(file));
  EXPECT_EQ(download.first.content_type(), "video/mp4");
  EXPECT_EQ(download.first.data(), "");
  EXPECT_TRUE(download.bytes == file);
  EXPECT_LE(download.largest, 256u << 10);
}

TEST_F(DownloadTest, APartIsReadByOffsetAndLimit) {
  Start();
  vendor_.SetFile(kVideo, "0123456789");
  Download download(*tasks_, FinishedTask(), 3, 4);
  ASSERT_TRUE(download.Read().ok());
  EXPECT_EQ(download.bytes, "3456");
}

TEST_F(DownloadTest, WithoutAResultThereIsAnErrorAndNoMessage) {
  Start();
  Download early(*tasks_, MakeTask().name());
  const grpc::Status status = early.Read();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kTaskNotSucceeded);
  EXPECT_EQ(early.messages, 0);
  Download dead(*tasks_, FinishedTask());
  EXPECT_EQ(DetailOf(dead.Read()).reason, base::Reason::kResultExpired);
}

TEST_F(DownloadTest, AReaderThatGoesAwayFreesTheTransferThread) {
  Start();
  vendor_.SetFile(kVideo, Bytes(30 << 20));
  const std::string name = FinishedTask();
  for (int i = 0; i < 3; ++i) {
    Download download(*tasks_, name);
    download.ReadOne();
    download.context.TryCancel();
    EXPECT_EQ(download.Read().error_code(), grpc::StatusCode::CANCELLED);
  }
  const absl::Time before = base::RealClock().Now();
  Stop();
  EXPECT_LT(base::RealClock().Now() - before, absl::Seconds(5));
}

TEST_F(DownloadTest, SmallFilesThatNobodyReadsAreLimitedAndGivenBack) {
  constexpr size_t kFile = 100 << 10;
  constexpr int kCalls = 40;
  rpc_options_.limits.max_answer_bytes_per_tenant = 3 * kFile;
  rpc_options_.call_threads = 1;
  Start();
  vendor_.SetFile(kVideo, Bytes(kFile));
  v1::DownloadGenerationResultRequest request;
  request.set_name(FinishedTask());
  // All are admitted before the first one has brought a byte.
  std::promise<void> release;
  rpc_context_->calls().Run(
      "blocker", [done = release.get_future().share()] { done.wait(); }, [](const absl::Status&) {});
  {
    testing::RawHttp2 peer(address_, /*initial_window=*/0);
    for (int i = 0; i < kCalls; ++i) {
      const uint32_t stream = peer.Open("/seedance.gateway.v1.GenerationTaskService/DownloadGenerationResult");
      ASSERT_TRUE(peer.Send(stream, testing::RawHttp2::Message(request.SerializeAsString()), /*end=*/true));
    }
    ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == kCalls; }));
    release.set_value();
    // Those that began together may pass the limit, no other one.
    ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().answer_bytes() >= 3 * kFile; }));
    ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() < kCalls / 2; }));
    EXPECT_LE(rpc_context_->limits().answer_bytes(), kCalls / 2 * kFile);
    EXPECT_EQ(DetailOf(Download(*tasks_, request.name()).Read()).quota_subject, "tenant:default");
  }
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0; }));
  EXPECT_EQ(rpc_context_->limits().answer_bytes(), 0u);
  EXPECT_TRUE(Download(*tasks_, request.name()).Read().ok());
}

TEST_F(DownloadTest, AReaderThatStallsIsGivenUpAndTheLogSaysWhy) {
  base::Metrics metrics;
  rpc_options_.limits.metrics = &metrics;
  rpc_options_.stall_limit = absl::Milliseconds(200);
  Start();
  vendor_.SetFile(kVideo, Bytes(30 << 20));
  Download download(*tasks_, FinishedTask());
  ::testing::internal::CaptureStderr();
  download.ReadOne();
  // No status gets past a write that the reader does not take: the stream is cancelled.
  const bool ended = Eventually([&] { return rpc_context_->inflight().count() == 0; });
  EXPECT_THAT(CapturedLog(), HasSubstr(R"("limit":"answer_timeout")"));
  ASSERT_TRUE(ended);
  EXPECT_EQ(download.Read().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(metrics.Scrape(), HasSubstr(R"(seedance_calls_refused_total{limit="answer_timeout"} 1)"));
  Stop();
}

TEST_F(DownloadTest, AReaderThatTakesNothingIsGivenUpAfterTheTransferToo) {
  rpc_options_.stall_limit = absl::Milliseconds(200);
  Start();
  vendor_.SetFile(kVideo, "0123456789");
  v1::DownloadGenerationResultRequest request;
  request.set_name(FinishedTask());
  // What made the task may still be ending.
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0; }));
  ASSERT_EQ(rpc_context_->limits().answer_bytes(), 0u);
  ::testing::internal::CaptureStderr();
  testing::RawHttp2 peer(address_, /*initial_window=*/0);
  const uint32_t stream = peer.Open("/seedance.gateway.v1.GenerationTaskService/DownloadGenerationResult");
  ASSERT_TRUE(peer.Send(stream, testing::RawHttp2::Message(request.SerializeAsString()), /*end=*/true));
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().answer_bytes() > 0; }));
  const bool ended = Eventually([&] { return rpc_context_->limits().open() == 0; });
  EXPECT_THAT(CapturedLog(), HasSubstr(R"("limit":"answer_timeout")"));
  ASSERT_TRUE(ended);
  EXPECT_EQ(rpc_context_->limits().answer_bytes(), 0u);
}

}  // namespace
}  // namespace seedance::rpc
