#include "tests/unit/media/oracle_check.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/unit/media/oracle_files.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {

std::string Picture(int width, int height) {
  return absl::StrCat("-f lavfi -i testsrc=s=", width, "x", height, ":r=1 -frames:v 1");
}

std::string Video(const std::string& size, const std::string& rate, const std::string& seconds) {
  return "-f lavfi -i testsrc=s=" + size + ":r=" + rate + ":d=" + seconds;
}

std::string Ffmpeg(const std::string& arguments) {
  return RunShell("ffmpeg -nostdin -y -loglevel error " + arguments + " 2>&1");
}

Findings ProbeFile(const std::string& path) {
  const std::string file = ReadFile(path);
  const Findings whole = ProbeIn(file, {});
  EXPECT_EQ(Text(ProbeIn(file, {4096, true})), Text(whole));
  return whole;
}

void Check(const MadeFile& file) {
  SCOPED_TRACE(file.name);
  const OracleFolder folder;
  const std::string path = folder.Path(file.name);
  Ffmpeg(absl::StrCat(file.arguments, " ", path));
  const Findings ours = ProbeFile(path);
  const OracleFindings theirs = AskFfprobe(path);

  ASSERT_TRUE(ours.state == Findings::State::kKnown) << Text(ours);
  EXPECT_EQ(ours.info.container, file.container);
  EXPECT_EQ(ours.info.width, file.width);
  EXPECT_EQ(ours.info.height, file.height);
  EXPECT_EQ(ours.info.width, theirs.width);
  EXPECT_EQ(ours.info.height, theirs.height);
  if (file.seconds == 0) return;
  const double seconds = absl::ToDoubleSeconds(ours.info.duration);
  EXPECT_NEAR(seconds, file.seconds, file.slack);
  EXPECT_NEAR(ours.info.frame_rate, file.frame_rate, 0.001);
  if (file.other_time) return;
  EXPECT_NEAR(seconds, theirs.seconds, file.slack);
  EXPECT_NEAR(ours.info.frame_rate, theirs.frame_rate, 0.001);
}

}  // namespace seedance::media
