#ifndef SEEDANCE_TESTS_CONTRACT_SCRATCH_DIR_H_
#define SEEDANCE_TESTS_CONTRACT_SCRATCH_DIR_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace seedance::testing {

// A new directory for one test, deleted with what is in it.
class ScratchDir {
 public:
  ScratchDir() : path_(::testing::TempDir() + "seedance-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_CONTRACT_SCRATCH_DIR_H_
