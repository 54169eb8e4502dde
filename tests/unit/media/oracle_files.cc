#include "tests/unit/media/oracle_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace seedance::media {
namespace {

double Fraction(const std::string& text) {
  double over = 0;
  double under = 1;
  if (sscanf(text.c_str(), "%lf/%lf", &over, &under) < 1 || under == 0) return 0;
  return over / under;
}

int Rotation(const nlohmann::json& stream) {
  for (const auto& data : stream.value("side_data_list", nlohmann::json::array())) {
    if (data.contains("rotation")) return data["rotation"].get<int>();
  }
  return 0;
}

}  // namespace

OracleFolder::OracleFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "media-oracle-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) perror("mkdtemp");
  path_ = name;
}

OracleFolder::~OracleFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool HasTool(const std::string& name) { return system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0; }

std::string RunShell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return ADD_FAILURE() << "cannot run " << command, "";
  std::string output;
  char buffer[4096];
  for (size_t count = 0; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, count);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << output;
  return output;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

OracleFindings AskFfprobe(const std::string& path) {
  const std::string output = RunShell("ffprobe -v error -of json -show_streams -show_format '" + path + "'");
  const nlohmann::json json = nlohmann::json::parse(output, nullptr, false);
  OracleFindings findings;
  if (json.is_discarded() || !json.contains("streams")) return ADD_FAILURE() << output, findings;
  findings.seconds = atof(json["format"].value("duration", "0").c_str());
  for (const auto& stream : json["streams"]) {
    if (stream.value("codec_type", "") != "video") continue;
    findings.width = stream.value("width", 0);
    findings.height = stream.value("height", 0);
    if (Rotation(stream) % 180 != 0) std::swap(findings.width, findings.height);
    findings.frame_rate = Fraction(stream.value("avg_frame_rate", "0/0"));
    break;
  }
  return findings;
}

}  // namespace seedance::media
