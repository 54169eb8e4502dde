#ifndef SEEDANCE_TESTS_UNIT_MEDIA_ORACLE_CHECK_H_
#define SEEDANCE_TESTS_UNIT_MEDIA_ORACLE_CHECK_H_

#include <string>

#include "service/media/prober.h"

namespace seedance::media {

// Skips the test when the tool is not installed.
#define NEEDS_TOOL(tool) \
  if (!HasTool(tool)) GTEST_SKIP() << tool << " is not installed (deploy/install-dependencies --tests)"

// Arguments of ffmpeg.
std::string Picture(int width, int height);
std::string Video(const std::string& size, const std::string& rate, const std::string& seconds);
inline constexpr char kH264[] = " -c:v libx264 -preset ultrafast -pix_fmt yuv420p";

// Runs ffmpeg. Fails the test when it fails.
std::string Ffmpeg(const std::string& arguments);

// A file that ffmpeg makes, and what it was asked for.
struct MadeFile {
  std::string name;
  std::string arguments;  // Of ffmpeg, before the name.
  std::string container;
  int width = 0;
  int height = 0;
  double seconds = 0;
  double frame_rate = 0;
  bool other_time = false;  // ffprobe counts time in another way, for the reason beside the file.
  double slack = 0.06;      // Seconds: encoders pad, and the rules have some for this.
};

// Whole, and with skips: real files are too large for every way of Probe.
Findings ProbeFile(const std::string& path);

// Makes the file and holds what we find against what was asked for and against ffprobe.
void Check(const MadeFile& file);

}  // namespace seedance::media

#endif  // SEEDANCE_TESTS_UNIT_MEDIA_ORACLE_CHECK_H_
