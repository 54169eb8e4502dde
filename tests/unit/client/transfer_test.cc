// Uploads and downloads.
#include "client/cpp/transfer.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/client/fixture.h"

namespace seedance::client {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Reader = grpc::ServerReader<v1::UploadAssetRequest>;
using FileWriter = grpc::ServerWriter<v1::DownloadGenerationResultResponse>;
using DownloadRequest = v1::DownloadGenerationResultRequest;

std::string Bytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  return bytes;
}

class UploadTest : public ClientTest {
 protected:
  struct Received {
    v1::UploadAssetRequest::Metadata metadata;
    std::vector<size_t> chunks;
    std::string bytes;
  };

  static Received ReadAll(Reader& reader) {
    Received received;
    v1::UploadAssetRequest message;
    while (reader.Read(&message)) {
      if (message.has_metadata()) received.metadata = message.metadata();
      if (!message.has_chunk()) continue;
      received.chunks.push_back(message.chunk().size());
      received.bytes += message.chunk();
    }
    return received;
  }

  TempFolder folder;
};

TEST_F(UploadTest, FileArrivesInChunksOfOneSizeAfterItsMetadata) {
  const std::string content = Bytes(3 * 256 * 1024 + 17);
  const std::string path = folder.Write("hero.png", content);
  Received received;
  gateway.upload_asset = [&](Reader& reader, v1::Asset& asset) {
    received = ReadAll(reader);
    asset.set_name("assets/anyfast~a");
    return grpc::Status::OK;
  };
  std::vector<int64_t> progress;
  UploadOptions options;
  options.on_progress = [&](int64_t done, int64_t) { progress.push_back(done); };
  v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_display_name("hero");
  const auto asset = client->UploadFile(path, metadata, options);
  ASSERT_TRUE(asset.ok()) << asset.status();
  EXPECT_EQ(asset->name(), "assets/anyfast~a");
  EXPECT_THAT(received.chunks, ElementsAre(262144u, 262144u, 262144u, 17u));
  EXPECT_TRUE(received.bytes == content);
  EXPECT_EQ(received.metadata.asset().display_name(), "hero");
  EXPECT_EQ(received.metadata.file_name(), "hero.png");
  EXPECT_EQ(received.metadata.size_bytes(), static_cast<int64_t>(content.size()));
  EXPECT_EQ(received.metadata.request_id().size(), 36u);
  EXPECT_THAT(progress, ElementsAre(0, 262144, 524288, 786432, 786449));
}

TEST_F(UploadTest, NextTryStartsAtTheBeginningWithTheSameRequestId) {
  const std::string content = Bytes(600000);
  const std::string path = folder.Write("clip.mp4", content);
  std::vector<Received> tries;
  gateway.upload_asset = [&](Reader& reader, v1::Asset&) {
    if (tries.empty()) {
      v1::UploadAssetRequest first;
      reader.Read(&first);
      tries.emplace_back().metadata = first.metadata();
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "later");
    }
    tries.push_back(ReadAll(reader));
    return grpc::Status::OK;
  };
  ASSERT_TRUE(client->UploadFile(path, {}).ok());
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_TRUE(tries[1].bytes == content);
  EXPECT_EQ(tries[1].metadata.request_id(), tries[0].metadata.request_id());
}

TEST_F(UploadTest, RefusalWhileSendingIsReported) {
  const std::string path = folder.Write("long.mp4", Bytes(5000000));
  gateway.upload_asset = [&](Reader& reader, v1::Asset&) {
    v1::UploadAssetRequest first;
    reader.Read(&first);
    return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "too long");
  };
  EXPECT_EQ(client->UploadFile(path, {}).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(UploadTest, WhatIsNoFileIsRefused) {
  EXPECT_EQ(client->UploadFile(folder.File("missing"), {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client->UploadFile(folder.File("."), {}).status().code(), absl::StatusCode::kInvalidArgument);
}

class DownloadTest : public ClientTest {
 protected:
  // Sends `content` from `offset` in pieces of 1000 bytes, at most `limit` bytes.
  static void Send(FileWriter& writer, int64_t offset, size_t limit, const std::string& content) {
    v1::DownloadGenerationResultResponse response;
    response.set_total_size_bytes(static_cast<int64_t>(content.size()));
    response.set_content_type("video/mp4");
    writer.Write(response);
    const size_t end = std::min(content.size(), static_cast<size_t>(offset) + limit);
    for (size_t at = static_cast<size_t>(offset); at < end; at += 1000) {
      response.Clear();
      response.set_data(content.substr(at, std::min<size_t>(1000, end - at)));
      writer.Write(response);
    }
  }

  TempFolder folder;
  std::vector<int64_t> offsets;
};

TEST_F(DownloadTest, FileIsWrittenWithSizeAndChecksum) {
  gateway.download = [](grpc::ServerContext&, const DownloadRequest& request, FileWriter& writer) {
    EXPECT_EQ(request.part(), DownloadRequest::PART_LAST_FRAME);
    Send(writer, 0, 100, "abc");
    return grpc::Status::OK;
  };
  DownloadOptions options;
  options.part = DownloadRequest::PART_LAST_FRAME;
  const auto result = client->DownloadGenerationResult("generationTasks/t1", folder.File("out"), options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(folder.Read("out"), "abc");
  EXPECT_EQ(result->size_bytes, 3);
  EXPECT_EQ(result->sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(result->content_type, "video/mp4");
  EXPECT_THAT(folder.Names(), ElementsAre("out"));
}

TEST_F(DownloadTest, GoesOnAtTheOffsetReachedAfterUnavailable) {
  const std::string content = Bytes(7500);
  gateway.download = [&](grpc::ServerContext&, const DownloadRequest& request, FileWriter& writer) {
    offsets.push_back(request.offset());
    Send(writer, request.offset(), 3000, content);
    return request.offset() + 3000 < 7500 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "broke off") : grpc::Status::OK;
  };
  const auto result = client->DownloadGenerationResult("generationTasks/t1", folder.File("out.mp4"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(offsets, ElementsAre(0, 3000, 6000));
  EXPECT_TRUE(folder.Read("out.mp4") == content);
}

TEST_F(DownloadTest, StreamThatEndsTooEarlyIsOpenedAgain) {
  const std::string content = Bytes(2000);
  gateway.download = [&](grpc::ServerContext&, const DownloadRequest& request, FileWriter& writer) {
    offsets.push_back(request.offset());
    Send(writer, request.offset(), 1000, content);
    return grpc::Status::OK;
  };
  ASSERT_TRUE(client->DownloadGenerationResult("generationTasks/t1", folder.File("out.mp4")).ok());
  EXPECT_THAT(offsets, ElementsAre(0, 1000));
}

TEST_F(DownloadTest, FileOfUnknownSizeEndsWithTheStream) {
  gateway.download = [](grpc::ServerContext&, const DownloadRequest&, FileWriter& writer) {
    v1::DownloadGenerationResultResponse response;
    response.set_data("abc");
    writer.Write(response);
    return grpc::Status::OK;
  };
  const auto result = client->DownloadGenerationResult("generationTasks/t1", folder.File("out.mp4"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->size_bytes, 3);
}

TEST_F(DownloadTest, TooManyBytesAreDataLossAndLeaveNoFile) {
  gateway.download = [](grpc::ServerContext&, const DownloadRequest&, FileWriter& writer) {
    v1::DownloadGenerationResultResponse response;
    response.set_total_size_bytes(2);
    writer.Write(response);
    response.Clear();
    response.set_data("abc");
    writer.Write(response);
    return grpc::Status::OK;
  };
  EXPECT_EQ(client->DownloadGenerationResult("generationTasks/t1", folder.File("out.mp4")).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST_F(DownloadTest, FileThatChangesMeanwhileIsDataLoss) {
  gateway.download = [&](grpc::ServerContext&, const DownloadRequest& request, FileWriter& writer) {
    Send(writer, request.offset(), 1000, Bytes(request.offset() == 0 ? 3000 : 4000));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "broke off");
  };
  EXPECT_EQ(client->DownloadGenerationResult("generationTasks/t1", folder.File("out.mp4")).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST_F(DownloadTest, ErrorLeavesAnOlderFileAlone) {
  folder.Write("out.mp4", "older");
  gateway.download = [](grpc::ServerContext&, const DownloadRequest&, FileWriter&) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "expired");
  };
  EXPECT_EQ(client->DownloadGenerationResult("generationTasks/t1", folder.File("out.mp4")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(folder.Read("out.mp4"), "older");
  EXPECT_THAT(folder.Names(), ElementsAre("out.mp4"));
}

TEST_F(DownloadTest, FolderThatDoesNotExistIsReportedBeforeTheCall) {
  EXPECT_EQ(client->DownloadGenerationResult("generationTasks/t1", folder.File("no/out.mp4")).status().code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace seedance::client
