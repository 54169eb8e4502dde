#ifndef SEEDANCE_TESTS_TESTING_TEMP_DIR_H_
#define SEEDANCE_TESTS_TESTING_TEMP_DIR_H_

#include <string>

namespace seedance::testing {

// A new folder under the system's temporary folder, removed with its contents. Aborts when it cannot be made.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

  // Path of `name` in the folder.
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Contents of a file; empty when it cannot be read.
std::string ReadFile(const std::string& path);

// False when the file cannot be written.
[[nodiscard]] bool WriteFile(const std::string& path, const std::string& contents);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_TEMP_DIR_H_
