#include "service/engine/uploads/upload_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/sha256.h"
#include "tests/unit/engine/media_files.h"
#include "tests/unit/engine/pieces.h"

namespace seedance::engine {
namespace {

using testing::Pieces;

// Limits of the tests: pictures of at most `limit` bytes.
class Source {
 public:
  Source(std::vector<std::string> pieces, std::optional<int64_t> declared, int64_t limit,
         absl::Status end = absl::OkStatus())
      : profile_(std::make_unique<model::AssetProfile>()) {
    profile_->image.max_bytes = profile_->video.max_bytes = profile_->audio.max_bytes = limit;
    source_ = std::make_unique<UploadSource>(
        std::make_shared<Pieces>(std::move(pieces), std::move(end)), declared,
        MediaValidator(*profile_, {"chunk", "metadata.asset.media_type"}, model::MediaType::kUnspecified));
  }
  operator UploadSource&() { return *source_; }
  UploadSource* operator->() { return source_.get(); }
  model::AssetProfile& profile() { return *profile_; }

 private:
  std::unique_ptr<model::AssetProfile> profile_;
  std::unique_ptr<UploadSource> source_;
};

const std::string kPng = testing::Png();
const int64_t kSize = std::ssize(kPng);
constexpr size_t kPiece = 10'000;

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
  Source source(testing::Split(kPng, kPiece), std::nullopt, 100'000);
  EXPECT_FALSE(source->finished());
  EXPECT_EQ(*ReadAll(source), kPng);
  EXPECT_TRUE(source->finished());
  EXPECT_EQ(source->size(), kSize);
  EXPECT_EQ(source->sha256(), base::Sha256Hex(kPng));
  EXPECT_EQ(source->Size(), std::nullopt);
  EXPECT_EQ(*source->Next(), "");
  EXPECT_EQ(source->judge().info().width, 640);
}

TEST(UploadSourceTest, ExactlyTheLimitIsAllowedAndOneByteMoreIsNot) {
  Source fits(testing::Split(kPng, kPiece), std::nullopt, kSize);
  EXPECT_TRUE(ReadAll(fits).ok());
  Source longer(testing::Split(kPng, kPiece), std::nullopt, kSize - 1);
  ExpectWrongSize(longer, "chunk");
}

TEST(UploadSourceTest, TheDeclaredLengthMustComeExactly) {
  Source exact({kPng}, kSize, 100'000);
  EXPECT_EQ(*ReadAll(exact), kPng);
  EXPECT_EQ(exact->Size(), kSize);
  Source shorter({kPng}, kSize + 1, 100'000);
  ExpectWrongSize(shorter, "metadata.size_bytes");
  Source longer({kPng, "x"}, kSize, 100'000);
  ExpectWrongSize(longer, "metadata.size_bytes");
}

// An HTTP client does not ask for more once the announced length is sent.
TEST(UploadSourceTest, IsFinishedWithTheLastByteOfTheDeclaredLength) {
  Source source({kPng.substr(0, 100), kPng.substr(100)}, kSize, 100'000);
  ASSERT_TRUE(source->Next().ok());
  EXPECT_FALSE(source->finished());
  EXPECT_EQ(*source->Next(), kPng.substr(100));
  EXPECT_TRUE(source->finished());
  EXPECT_EQ(source->sha256(), base::Sha256Hex(kPng));
  EXPECT_EQ(*source->Next(), "");
  EXPECT_TRUE(source->finished());
}

TEST(UploadSourceTest, TheLastPieceOfABadFileStaysBehind) {
  const auto handed_on = [](Source& source) {
    std::string all;
    for (absl::StatusOr<std::string> piece = source->Next(); piece.ok() && !piece->empty(); piece = source->Next()) {
      all += *piece;
    }
    EXPECT_FALSE(source->status().ok());
    EXPECT_FALSE(source->finished());
    return all;
  };
  const std::string end = kPng.substr(20'000);
  Source longer({kPng.substr(0, 20'000), end, "x"}, kSize, 100'000);
  EXPECT_EQ(handed_on(longer), kPng.substr(0, 20'000));
  Source cut({kPng.substr(0, 20'000), end}, std::nullopt, 100'000, absl::CancelledError("gone"));
  EXPECT_EQ(handed_on(cut), kPng.substr(0, 20'000));
  // Its headers are at the end.
  const std::string clip = testing::Clip();
  Source clip_source(testing::Split(clip, kPiece), std::nullopt, 100'000);
  clip_source->judge().Assume(model::MediaType::kImage);
  EXPECT_LT(handed_on(clip_source).size(), clip.size() - 1000);
}

TEST(UploadSourceTest, ABadFileIsSeenWithItsHeaders) {
  Source garbage(testing::Split(std::string(50'000, 'x'), kPiece), std::nullopt, 100'000);
  const absl::Status status = ReadAll(garbage).status();
  EXPECT_EQ(base::GetReason(status), base::Reason::kInvalidInput);
  EXPECT_EQ(base::GetErrorDetail(status).violations[0].field, "chunk");
  Source large(testing::Split(kPng, kPiece), std::nullopt, 100'000);
  large.profile().image.max_side = 600;
  EXPECT_EQ(base::GetReason(large->LookAhead(1)), base::Reason::kInvalidInput) << "in the first piece";
  // A JPEG whose frame header says 1200 x 800, with much between it and the picture.
  std::string jpeg("\xff\xd8\xff\xc0\0\x0b\x08\x03\x20\x04\xb0\1\1\x11\0\xff\xe2\xff\xff", 19);
  Source wide(testing::Split(jpeg + std::string(65'533, 'x'), kPiece), std::nullopt, 100'000);
  wide.profile().image.max_side = 600;
  EXPECT_EQ(base::GetReason(wide->LookAhead(1)), base::Reason::kInvalidInput) << "in the first piece";
  // Its shape may still turn out right: behind the picture there may be EXIF that turns it.
  std::string half = kPng;
  half.replace(16, 4, std::string("\0\0\1\x40", 4));  // 320 x 640.
  Source tall(testing::Split(half, kPiece), std::nullopt, 100'000);
  tall.profile().image.min_ratio = 1;
  EXPECT_TRUE(tall->LookAhead(1).ok());
  EXPECT_EQ(base::GetReason(ReadAll(tall).status()), base::Reason::kInvalidInput);
}

TEST(UploadSourceTest, AnErrorOfTheCallersStreamBreaksOff) {
  Source source({kPng.substr(0, 1000)}, std::nullopt, 100'000, absl::CancelledError("gone"));
  EXPECT_TRUE(absl::IsCancelled(ReadAll(source).status()));
  EXPECT_TRUE(absl::IsCancelled(source->status()));
  EXPECT_FALSE(source->finished());
  Source at_the_end({kPng}, kSize, 100'000, absl::CancelledError("gone"));
  EXPECT_TRUE(absl::IsCancelled(ReadAll(at_the_end).status()));
  EXPECT_FALSE(at_the_end->finished());
}

TEST(UploadSourceTest, AnEmptyFileIsRefused) {
  Source source({}, 0, 10);
  EXPECT_EQ(base::GetReason(ReadAll(source).status()), base::Reason::kSizeOutOfRange);
  EXPECT_FALSE(source->finished());
}

TEST(UploadSourceTest, AShortFileGetsItsLengthByLookingAhead) {
  Source source(testing::Split(kPng, kPiece), std::nullopt, 100'000);
  EXPECT_TRUE(source->LookAhead(1 << 20).ok());
  EXPECT_EQ(source->Size(), kSize);
  EXPECT_EQ(*ReadAll(source), kPng);
}

TEST(UploadSourceTest, ALongFileStaysOfUnknownLengthAndWhole) {
  const std::string clip = testing::Clip(3'000'000);
  Source source(testing::Split(clip, 200'000), std::nullopt, 10'000'000);
  EXPECT_TRUE(source->LookAhead(1 << 20).ok());
  EXPECT_EQ(source->Size(), std::nullopt);
  EXPECT_TRUE(*ReadAll(source) == clip);
  EXPECT_EQ(source->Size(), std::nullopt);
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
