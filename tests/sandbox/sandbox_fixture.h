#ifndef SEEDANCE_TESTS_SANDBOX_SANDBOX_FIXTURE_H_
#define SEEDANCE_TESTS_SANDBOX_SANDBOX_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

// What came back over a socket.
struct HttpAnswer {
  int status = 0;  // 0: no answer.
  std::string body;
  std::string content_type;
  std::string retry_after;
  std::string content_range;

  // The body; null when it is no JSON.
  Json json() const { return Json::parse(body, nullptr, false); }
  // `error.message` of shapes 1 and 3.
  std::string error_message() const;
};

// A sandbox whose time stands still until Advance, with a client. Group lag 2 s, asset 3 s, task 100 s.
class SandboxFixture : public ::testing::Test {
 protected:
  SandboxFixture();

  // Starts again with other options; keys are `one` and `two`.
  void Restart(Options options);
  static Options DefaultOptions();

  HttpAnswer Post(const std::string& path, const Json& body, const std::string& key = "one");
  HttpAnswer Get(const std::string& path, const std::string& key = "one");
  // GET of a whole URL, without a key.
  HttpAnswer Fetch(const std::string& url, const std::string& range = "");
  // Multipart POST of CreateAsset.
  HttpAnswer Upload(const std::string& bytes, const std::vector<std::pair<std::string, std::string>>& fields);
  // Sends `text` as it is and returns all bytes until the end of the connection.
  std::string Raw(const std::string& text);

  HttpAnswer Control(const std::string& method, const std::string& path, const Json& body = Json::object());
  void Advance(double seconds);
  Json Ledger() { return Control("GET", "/ledger").json(); }

  // A visible group and an Active asset.
  std::string MakeGroup(const std::string& name = "group", const std::string& key = "one");
  std::string MakeAsset(const std::string& group, const std::string& name, const std::string& type = "Image");
  // Creates a task and returns its id; the answer must be 200.
  std::string MakeTask(const std::string& prompt);
  // `data` of the task.
  Json TaskData(const std::string& id);

  std::unique_ptr<Sandbox> sandbox_;
};

// A create body with a text item and `items`.
Json TaskBody(const std::string& prompt, const std::vector<Json>& items = {}, const Json& settings = Json::object());
// A content item of type `image_url`, `video_url` or `audio_url`.
Json Item(const std::string& type, const std::string& url, const std::string& role);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_SANDBOX_FIXTURE_H_
