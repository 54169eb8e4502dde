// The files of manifest.json, with their right values.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "service/model/asset.h"
#include "tests/unit/media/probe.h"

namespace seedance::media {
namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(REGRESS_MEDIA_DIR) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

model::MediaType TypeOf(const std::string& name) {
  if (name == "image") return model::MediaType::kImage;
  return name == "video" ? model::MediaType::kVideo : model::MediaType::kAudio;
}

void CheckKnown(const Findings& findings, const nlohmann::json& right) {
  ASSERT_EQ(findings.state, Findings::State::kKnown) << Text(findings);
  EXPECT_EQ(findings.type, TypeOf(right["type"].get<std::string>()));
  EXPECT_EQ(findings.info.container, right["container"].get<std::string>());
  EXPECT_EQ(findings.info.width, right.value("width", 0));
  EXPECT_EQ(findings.info.height, right.value("height", 0));
  EXPECT_NEAR(absl::ToDoubleSeconds(findings.info.duration), right.value("duration_s", 0.0), 0.06);
  EXPECT_NEAR(findings.info.frame_rate, right.value("frame_rate", 0.0), 0.01);
}

TEST(Files, AreJudgedByTheirRightValues) {
  const nlohmann::json manifest = nlohmann::json::parse(ReadFile("manifest.json"));
  ASSERT_FALSE(manifest["files"].empty());
  for (const nlohmann::json& row : manifest["files"]) {
    const std::string name = row["file"].get<std::string>();
    SCOPED_TRACE(name + ": " + row["what"].get<std::string>());
    const nlohmann::json& right = row["right"];
    const std::string file = ReadFile("files/" + name);
    const Findings findings = ProbeIn(file, {});
    for (const Delivery& delivery : {Delivery{1, false}, Delivery{64, true}}) {
      EXPECT_EQ(Text(ProbeIn(file, delivery)), Text(findings));
    }
    if (right["accept"].get<bool>()) {
      CheckKnown(findings, right);
    } else if (right.contains("container")) {
      // A format that no upstream takes is named, so that a refusal can say what it is.
      EXPECT_EQ(findings.info.container, right["container"].get<std::string>()) << Text(findings);
    } else {
      EXPECT_EQ(findings.state, Findings::State::kBroken) << Text(findings);
    }
  }
}

}  // namespace
}  // namespace seedance::media
