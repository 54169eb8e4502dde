#ifndef SEEDANCE_TESTS_UNIT_MEDIA_ORACLE_FILES_H_
#define SEEDANCE_TESTS_UNIT_MEDIA_ORACLE_FILES_H_

#include <filesystem>
#include <string>

namespace seedance::media {

// A folder for the files of one test, gone with it.
class OracleFolder {
 public:
  OracleFolder();
  ~OracleFolder();
  OracleFolder(const OracleFolder&) = delete;
  OracleFolder& operator=(const OracleFolder&) = delete;

  std::string Path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Whether a program of this name is installed.
bool HasTool(const std::string& name);

// Runs a shell command; what it printed. Fails the test when its exit code is not 0.
std::string RunShell(const std::string& command);

// The content of a file.
std::string ReadFile(const std::string& path);

// What ffprobe says of a file. Width and height as shown: turned when the file says so.
struct OracleFindings {
  int width = 0;
  int height = 0;
  double seconds = 0;
  double frame_rate = 0;
};
OracleFindings AskFfprobe(const std::string& path);

}  // namespace seedance::media

#endif  // SEEDANCE_TESTS_UNIT_MEDIA_ORACLE_FILES_H_
