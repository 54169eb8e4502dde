#include "tests/sandbox/sandbox_fixture.h"

#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/loopback.h"
#include "tests/testing/patient_client.h"

namespace seedance::sandbox {
namespace {

HttpAnswer OutcomeOf(const httplib::Result& result) {
  if (!result) return {};
  return {result->status, result->body, result->get_header_value("Content-Type"),
          result->get_header_value("Retry-After"), result->get_header_value("Content-Range")};
}

httplib::Headers Auth(const std::string& key) { return {{"Authorization", absl::StrCat("Bearer ", key)}}; }

}  // namespace

std::string HttpAnswer::error_message() const {
  const Json body_json = json();
  const Json* error = Find(body_json, "error");
  return error == nullptr ? "" : TextOf(*error, "message");
}

SandboxFixture::SandboxFixture() { Restart(DefaultOptions()); }

Options SandboxFixture::DefaultOptions() {
  Options options;
  options.keys = {"one", "two"};
  options.seed = 1;
  options.speed = 0;
  options.task_time = absl::Seconds(100);
  return options;
}

void SandboxFixture::Restart(Options options) {
  sandbox_ = std::make_unique<Sandbox>(std::move(options));
  const absl::Status started = sandbox_->Start();
  ASSERT_TRUE(started.ok()) << started;
}

HttpAnswer SandboxFixture::Post(const std::string& path, const Json& body, const std::string& key) {
  httplib::Client client = testing::PatientClient("http://" + sandbox_->listen());
  return OutcomeOf(client.Post(path, Auth(key), Dump(body), "application/json"));
}

HttpAnswer SandboxFixture::Get(const std::string& path, const std::string& key) {
  httplib::Client client = testing::PatientClient("http://" + sandbox_->listen());
  return OutcomeOf(client.Get(path, Auth(key)));
}

HttpAnswer SandboxFixture::Fetch(const std::string& url, const std::string& range) {
  const size_t path = url.find('/', 8);
  httplib::Client client = testing::PatientClient(url.substr(0, path));
  return OutcomeOf(
      client.Get(url.substr(path), range.empty() ? httplib::Headers{} : httplib::Headers{{"Range", range}}));
}

HttpAnswer SandboxFixture::Upload(const std::string& bytes,
                                  const std::vector<std::pair<std::string, std::string>>& fields) {
  httplib::Client client = testing::PatientClient("http://" + sandbox_->listen());
  httplib::MultipartFormDataItems items;
  for (const auto& [name, value] : fields) items.push_back({name, value, "", ""});
  items.push_back({"file", bytes, "file.bin", "application/octet-stream"});
  return OutcomeOf(client.Post("/volc/asset/CreateAsset", Auth("one"), items));
}

std::string SandboxFixture::Raw(const std::string& text) {
  const int connection = testing::ConnectLoopback(sandbox_->listen());
  std::string received;
  if (send(connection, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) {
    char buffer[4096];
    ssize_t got = 0;
    while ((got = recv(connection, buffer, sizeof buffer, 0)) > 0) received.append(buffer, static_cast<size_t>(got));
    if (got < 0) received += "(reset)";
  }
  close(connection);
  return received;
}

HttpAnswer SandboxFixture::Control(const std::string& method, const std::string& path, const Json& body) {
  httplib::Client client = testing::PatientClient("http://" + sandbox_->control());
  if (method == "GET") return OutcomeOf(client.Get(path));
  if (method == "DELETE") return OutcomeOf(client.Delete(path));
  return OutcomeOf(client.Post(path, Dump(body), "application/json"));
}

void SandboxFixture::Advance(double seconds) {
  ASSERT_EQ(Control("POST", "/advance", {{"seconds", seconds}}).status, 200);
}

std::string SandboxFixture::MakeGroup(const std::string& name, const std::string& key) {
  const HttpAnswer made = Post("/volc/asset/CreateAssetGroup", {{"model", "volc-asset"}, {"Name", name}}, key);
  EXPECT_EQ(made.status, 200) << made.body;
  Advance(2);
  return TextOf(made.json(), "Id");
}

std::string SandboxFixture::MakeAsset(const std::string& group, const std::string& name, const std::string& type) {
  const std::string model = type == "Image" ? "volc-asset" : type == "Video" ? "volc-asset-video" : "volc-asset-audio";
  const HttpAnswer made = Post("/volc/asset/CreateAsset", {{"model", model},
                                                           {"GroupId", group},
                                                           {"Name", name},
                                                           {"AssetType", type},
                                                           {"URL", "https://example.com/media"}});
  EXPECT_EQ(made.status, 200) << made.body;
  Advance(3);
  return TextOf(made.json(), "Id");
}

std::string SandboxFixture::MakeTask(const std::string& prompt) {
  const HttpAnswer made = Post("/v1/video/generations", TaskBody(prompt));
  EXPECT_EQ(made.status, 200) << made.body;
  return TextOf(made.json(), "id");
}

Json SandboxFixture::TaskData(const std::string& id) {
  const Json answer = Get("/v1/video/generations/" + id).json();
  const Json* data = Find(answer, "data");
  return data == nullptr ? Json() : *data;
}

Json TaskBody(const std::string& prompt, const std::vector<Json>& items, const Json& settings) {
  Json body = {{"model", "seedance"}, {"content", Json::array()}};
  body["content"].push_back({{"type", "text"}, {"text", prompt}});
  for (const Json& item : items) body["content"].push_back(item);
  body.update(settings);
  return body;
}

Json Item(const std::string& type, const std::string& url, const std::string& role) {
  return {{"type", type}, {type, {{"url", url}}}, {"role", role}};
}

}  // namespace seedance::sandbox
