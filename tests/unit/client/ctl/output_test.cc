#include "client/cpp/ctl/output.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "seedance/gateway/v1/creation.pb.h"
#include "seedance/gateway/v1/generation_task.pb.h"
#include "seedance/gateway/v1/upstream.pb.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::GenerationTask;

GenerationTask Task() {
  GenerationTask task;
  task.set_name("generationTasks/1");
  task.set_prompt("a \"cat\":\n- {walks}, #1 \\ on");
  task.set_state(GenerationTask::STATE_RUNNING);
  task.set_progress_percent(42);
  task.set_generate_audio(true);
  (*task.mutable_labels())["no"] = "0123";
  (*task.mutable_labels())["Shot 1"] = "";
  task.add_references()->set_asset("assets/a");
  task.add_references()->set_uri("https://h/x,y]}");
  task.mutable_result();
  return task;
}

TEST(OutputTest, YamlIsInBlocksAndReadsBackTheSame) {
  const GenerationTask task = Task();
  const std::string text = Print(task, Format::kYaml);
  EXPECT_NE(text.find("name: \"generationTasks/1\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("references:\n  - asset: \"assets/a\"\n  - uri: \"https://h/x,y]}\"\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("result: {}\n"), std::string::npos) << text;
  const YAML::Node node = YAML::Load(text);
  EXPECT_EQ(node["prompt"].as<std::string>(), task.prompt());
  EXPECT_EQ(node["progress_percent"].as<int>(), 42);
  EXPECT_EQ(node["generate_audio"].as<bool>(), true);
  EXPECT_EQ(node["labels"]["no"].as<std::string>(), "0123");
  EXPECT_EQ(node["labels"]["Shot 1"].as<std::string>(), "");
  EXPECT_EQ(node["references"].size(), 2u);
  EXPECT_EQ(node["references"][1]["uri"].as<std::string>(), "https://h/x,y]}");
}

TEST(OutputTest, ListsAndStreamsOfYamlHoldEveryMessage) {
  const std::vector<GenerationTask> tasks = {Task(), GenerationTask(), Task()};
  const YAML::Node all = YAML::Load(PrintAll(tasks, Format::kYaml));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]["references"][0]["asset"].as<std::string>(), "assets/a");
  EXPECT_EQ(all[1].size(), 0u);
  EXPECT_EQ(all[2]["name"].as<std::string>(), "generationTasks/1");
  EXPECT_EQ(PrintAll(std::vector<GenerationTask>(), Format::kYaml), "[]\n");
  EXPECT_EQ(YAML::LoadAll(PrintNext(Task(), Format::kYaml) + PrintNext(Task(), Format::kYaml)).size(), 2u);
}

TEST(OutputTest, JsonIsAnArrayWithOneMessageALine) {
  GenerationTask task;
  task.set_name("t");
  EXPECT_EQ(PrintAll(std::vector<GenerationTask>{task, task}, Format::kJson),
            "[\n{\"name\":\"t\"},\n{\"name\":\"t\"}\n]\n");
  EXPECT_EQ(PrintAll(std::vector<GenerationTask>(), Format::kJson), "[]\n");
  EXPECT_EQ(PrintNext(task, Format::kJson), "{\"name\":\"t\"}\n");
  EXPECT_EQ(Print(task, Format::kJson), "{\n \"name\": \"t\"\n}\n");
}

TEST(OutputTest, NamesAreThoseOfTheResources) {
  EXPECT_EQ(PrintAll(std::vector<GenerationTask>{Task(), GenerationTask()}, Format::kName), "generationTasks/1\n");
  gateway::v1::ReconcileGenerationTaskResponse within;
  *within.mutable_generation_task() = Task();
  EXPECT_EQ(Print(within, Format::kName), "generationTasks/1\n");
  gateway::v1::Creation creation;
  creation.set_request_id("r1");
  creation.mutable_asset()->set_name("assets/a");
  EXPECT_EQ(Print(creation, Format::kName), "r1\n");
  gateway::v1::Model model;
  model.set_upstream("anyfast");
  model.set_model("seedance");
  EXPECT_EQ(Print(model, Format::kName), "seedance\n");
}

TEST(OutputTest, EveryWordHasItsFormat) {
  EXPECT_EQ(FormatWords().size(), 4u);
  EXPECT_EQ(FormatOf("table"), Format::kTable);
  EXPECT_EQ(FormatOf("json"), Format::kJson);
  EXPECT_EQ(FormatOf("yaml"), Format::kYaml);
  EXPECT_EQ(FormatOf("name"), Format::kName);
}

}  // namespace
}  // namespace seedance::client::ctl
