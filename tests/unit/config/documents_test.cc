// The configurations that the documents show are accepted as they stand there.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/config/config.h"

namespace seedance::config {
namespace {

// The YAML blocks of a Markdown file.
std::vector<std::string> YamlOf(const std::string& path) {
  std::ifstream file(absl::StrCat(SEEDANCE_ROOT, "/", path));
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```yaml") {
      blocks.emplace_back();
      inside = true;
    } else if (absl::StartsWith(line, "```")) {
      inside = false;
    } else if (inside) {
      absl::StrAppend(&blocks.back(), line, "\n");
    }
  }
  return blocks;
}

class DocumentedConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(DocumentedConfig, IsAccepted) {
  const std::vector<std::string> blocks = YamlOf(GetParam());
  EXPECT_FALSE(blocks.empty());
  for (const std::string& block : blocks) {
    const auto config = ParseConfig(block);
    EXPECT_TRUE(config.ok()) << config.status() << "\n" << block;
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, DocumentedConfig, ::testing::Values("README.md", "service/config/README.md"));

}  // namespace
}  // namespace seedance::config
