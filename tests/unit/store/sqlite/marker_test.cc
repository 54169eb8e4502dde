#include "service/store/sqlite/files/marker.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "service/store/sqlite/files/marker_writer.h"
#include "tests/contract/scratch_dir.h"
#include "tests/testing/eventually.h"

namespace seedance::store::sqlite {
namespace {

using ::seedance::testing::Always;
using ::seedance::testing::Eventually;

class MarkerTest : public ::testing::Test {
 protected:
  void Spoil(int offset) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file.put('#');
  }

  std::optional<Marker> Read() {
    const absl::StatusOr<std::optional<Marker>> read = ReadMarker(path_);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *read : std::nullopt;
  }

  const seedance::testing::ScratchDir directory_;
  const std::string path_ = directory_.File("store.db.marker");
};

TEST_F(MarkerTest, ThereIsNoneBeforeItIsWritten) { EXPECT_EQ(Read(), std::nullopt); }

TEST_F(MarkerTest, TheLastOneWrittenIsReadAndItsSizeStays) {
  Marker marker{"epoch", {1, 2}, false, 0};
  for (int i = 0; i < 5; ++i) {
    ++marker.extent.commits;
    marker.clean = i == 4;
    ASSERT_TRUE(WriteMarker(path_, marker).ok());
    EXPECT_EQ(Read(), marker);
    EXPECT_EQ(std::filesystem::file_size(path_), 1024u);
  }
  struct stat found {};
  ASSERT_EQ(stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(MarkerTest, ATornPlaceLeavesTheOneBefore) {
  Marker marker{"epoch", {1, 1}, false, 0};
  ASSERT_TRUE(WriteMarker(path_, marker).ok());
  const Marker first = marker;
  marker.extent = {7, 7};
  ASSERT_TRUE(WriteMarker(path_, marker).ok());
  Spoil(40);  // The second writing went to the first place.
  EXPECT_EQ(Read(), first);
  Spoil(512 + 40);
  EXPECT_EQ(ReadMarker(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(MarkerTest, ItCannotBeReadWhereItCannotBe) {
  EXPECT_EQ(ReadMarker(directory_.path()).status().code(), absl::StatusCode::kDataLoss);
  Marker marker{"epoch", {}, false, 0};
  EXPECT_EQ(WriteMarker(directory_.File("nowhere/marker"), marker).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(MarkerTest, TheWriterFollowsAtItsPace) {
  base::SimulatedClock clock{absl::UnixEpoch()};
  Marker marker{"epoch", {}, false, 0};
  ASSERT_TRUE(WriteMarker(path_, marker).ok());
  MarkerWriter writer(path_, marker, clock);
  writer.Committed({1, 1});
  ASSERT_TRUE(Eventually([&] { return Read()->extent.commits == 1; })) << "at once after a quiet time";
  writer.Committed({2, 2});
  writer.Committed({3, 3});
  // The thread looks at the clock every few milliseconds, and would write within them.
  EXPECT_TRUE(Always([&] { return Read()->extent.commits == 1; }, absl::Milliseconds(300))) << "the clock stands still";
  clock.Advance(MarkerWriter::kPace);
  ASSERT_TRUE(Eventually([&] { return Read()->extent.commits == 3; }));
  EXPECT_EQ(Read()->number, marker.number + 2) << "the second commit was not worth a writing";
  EXPECT_FALSE(Read()->clean);
  writer.Committed({4, 4});
  writer.Stop(/*clean=*/true);
  EXPECT_EQ(Read()->extent, (Extent{4, 4}));
  EXPECT_TRUE(Read()->clean);
}

TEST_F(MarkerTest, TheWriterLeavesTheMarkerOfAnotherDatabaseAlone) {
  base::SimulatedClock clock{absl::UnixEpoch()};
  Marker marker{"epoch", {}, false, 0};
  ASSERT_TRUE(WriteMarker(path_, marker).ok());
  std::atomic<bool> ours{false};
  MarkerWriter writer(path_, marker, clock, [&] { return ours.load(); });
  writer.Committed({1, 1});
  ASSERT_TRUE(Eventually([&] { return writer.failing(); }));
  EXPECT_EQ(Read(), marker);
  ours = true;
  clock.Advance(MarkerWriter::kPace);
  EXPECT_TRUE(Eventually([&] { return Read()->extent.commits == 1; }));
}

TEST_F(MarkerTest, AWritingThatFailedIsRepeatedInTheSamePlace) {
  Marker marker{"epoch", {1, 1}, false, 0};
  ASSERT_TRUE(WriteMarker(path_, marker).ok());
  const Marker good = marker;
  const std::string aside = directory_.File("aside");
  std::filesystem::rename(path_, aside);
  std::filesystem::create_directory(path_);
  marker.extent = {2, 2};
  EXPECT_FALSE(WriteMarker(path_, marker).ok());
  EXPECT_EQ(marker.number, good.number);
  std::filesystem::remove(path_);
  std::filesystem::rename(aside, path_);
  Spoil(40);  // What half a writing leaves in the first place.
  ASSERT_EQ(Read(), good);
  ASSERT_TRUE(WriteMarker(path_, marker).ok());
  Spoil(40);  // Torn again: the one that was good is still there.
  EXPECT_EQ(Read(), good);
}

TEST_F(MarkerTest, AWriterThatCannotWriteSaysSoAndGoesOnWhenItCan) {
  base::SimulatedClock clock{absl::UnixEpoch()};
  const std::string folder = directory_.File("folder");
  MarkerWriter writer(folder + "/marker", {"epoch", {}, false, 0}, clock);
  writer.Committed({1, 1});
  ASSERT_TRUE(Eventually([&] { return writer.failing(); }));
  EXPECT_FALSE(writer.overdue());
  clock.Advance(MarkerWriter::kPatience + absl::Seconds(1));
  EXPECT_TRUE(writer.overdue()) << "also when it has failed again since";
  std::filesystem::create_directory(folder);
  clock.Advance(MarkerWriter::kPace);
  ASSERT_TRUE(Eventually([&] { return !writer.failing(); }));
  EXPECT_FALSE(writer.overdue());
  EXPECT_EQ((*ReadMarker(folder + "/marker"))->extent.commits, 1);
}

}  // namespace
}  // namespace seedance::store::sqlite
