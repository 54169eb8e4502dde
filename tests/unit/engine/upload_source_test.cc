#include "service/engine/upload_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/sha256.h"
#include "tests/unit/engine/pieces.h"

namespace seedance::engine {
namespace {

using testing::Pieces;

UploadSource Source(std::vector<std::string> pieces, std::optional<int64_t> declared, int64_t limit,
                    absl::Status end = absl::OkStatus()) {
  return UploadSource(std::make_shared<Pieces>(std::move(pieces), std::move(end)), declared, limit);
}

// Reads to the end or the first error.
absl::StatusOr<std::string> ReadAll(UploadSource& source) {
  std::string all;
  for (;;) {
    absl::StatusOr<std::string> piece = source.Next();
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return all;
    all += *piece;
  }
}

void ExpectWrongSize(UploadSource& source, const std::string& field) {
  const absl::Status status = ReadAll(source).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(base::GetReason(status), base::Reason::kSizeOutOfRange);
  ASSERT_EQ(base::GetErrorDetail(status).violations.size(), 1u);
  EXPECT_EQ(base::GetErrorDetail(status).violations[0].field, field);
  EXPECT_EQ(source.status(), status);
  EXPECT_FALSE(source.finished());
  EXPECT_EQ(source.Next().status(), status);
}

TEST(UploadSourceTest, HandsOnEveryByteAndTheirHash) {
  UploadSource source = Source({"ab", "cd", "e"}, std::nullopt, 100);
  EXPECT_FALSE(source.finished());
  EXPECT_EQ(*ReadAll(source), "abcde");
  EXPECT_TRUE(source.finished());
  EXPECT_EQ(source.size(), 5);
  EXPECT_EQ(source.sha256(), base::Sha256Hex("abcde"));
  EXPECT_EQ(source.Size(), std::nullopt);
  EXPECT_EQ(*source.Next(), "");
}

TEST(UploadSourceTest, ExactlyTheLimitIsAllowedAndOneByteMoreIsNot) {
  UploadSource fits = Source({"12345", "67890"}, std::nullopt, 10);
  EXPECT_TRUE(ReadAll(fits).ok());
  UploadSource longer = Source({"12345", "67890", "1"}, std::nullopt, 10);
  ExpectWrongSize(longer, "chunk");
}

TEST(UploadSourceTest, TheDeclaredLengthMustComeExactly) {
  UploadSource exact = Source({"12345"}, 5, 10);
  EXPECT_EQ(*ReadAll(exact), "12345");
  EXPECT_EQ(exact.Size(), 5);
  UploadSource shorter = Source({"1234"}, 5, 10);
  ExpectWrongSize(shorter, "metadata.size_bytes");
  UploadSource longer = Source({"1234", "56"}, 5, 10);
  ExpectWrongSize(longer, "metadata.size_bytes");
}

// An HTTP client does not ask for more once the announced length is sent.
TEST(UploadSourceTest, IsFinishedWithTheLastByteOfTheDeclaredLength) {
  UploadSource source = Source({"12", "345"}, 5, 10);
  ASSERT_TRUE(source.Next().ok());
  EXPECT_FALSE(source.finished());
  EXPECT_EQ(*source.Next(), "345");
  EXPECT_TRUE(source.finished());
  EXPECT_EQ(source.sha256(), base::Sha256Hex("12345"));
  EXPECT_EQ(*source.Next(), "");
  EXPECT_EQ(source.sha256(), base::Sha256Hex("12345"));
}

TEST(UploadSourceTest, BytesBehindTheDeclaredLengthAreSeenBeforeTheLastPieceLeaves) {
  UploadSource source = Source({"12", "345", "6"}, 5, 10);
  ASSERT_TRUE(source.Next().ok());
  EXPECT_EQ(base::GetReason(source.Next().status()), base::Reason::kSizeOutOfRange);
  EXPECT_FALSE(source.finished());
}

TEST(UploadSourceTest, AnErrorOfTheCallersStreamBreaksOff) {
  UploadSource source = Source({"12"}, std::nullopt, 10, absl::CancelledError("gone"));
  EXPECT_TRUE(absl::IsCancelled(ReadAll(source).status()));
  EXPECT_TRUE(absl::IsCancelled(source.status()));
  EXPECT_FALSE(source.finished());
  UploadSource at_the_end = Source({"12345"}, 5, 10, absl::CancelledError("gone"));
  EXPECT_TRUE(absl::IsCancelled(ReadAll(at_the_end).status()));
  EXPECT_FALSE(at_the_end.finished());
}

TEST(UploadSourceTest, AnEmptyFileIsRefused) {
  UploadSource source = Source({}, 0, 10);
  EXPECT_EQ(base::GetReason(ReadAll(source).status()), base::Reason::kSizeOutOfRange);
  EXPECT_FALSE(source.finished());
}

TEST(LookAheadSourceTest, AShortFileGetsItsLength) {
  LookAheadSource source(std::make_shared<MemorySource>(std::string(700'000, 'x')), 1 << 20);
  EXPECT_EQ(source.Size(), 700'000);
  UploadSource whole(std::make_shared<LookAheadSource>(std::make_shared<MemorySource>("abc"), 10), 3, 10);
  EXPECT_EQ(*ReadAll(whole), "abc");
}

TEST(LookAheadSourceTest, ALongFileStaysOfUnknownLengthAndWhole) {
  auto ahead = std::make_shared<LookAheadSource>(std::make_shared<MemorySource>(std::string(3'000'000, 'x')), 1 << 20);
  EXPECT_EQ(ahead->Size(), std::nullopt);
  UploadSource source(ahead, std::nullopt, 10'000'000);
  EXPECT_EQ(ReadAll(source)->size(), 3'000'000u);
}

TEST(MemorySourceTest, GivesItsBytesInPiecesOfAtMostAMebibyte) {
  const std::string bytes(3'000'001, 'x');
  MemorySource source(bytes);
  EXPECT_EQ(source.Size(), 3'000'001);
  std::string all;
  for (;;) {
    absl::StatusOr<std::string> piece = source.Next();
    ASSERT_TRUE(piece.ok());
    ASSERT_LE(piece->size(), size_t{1} << 20);
    if (piece->empty()) break;
    all += *piece;
  }
  EXPECT_EQ(all, bytes);
}

}  // namespace
}  // namespace seedance::engine
