#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_FIXTURE_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/sandbox/sandbox_fixture.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace seedance::sandbox {

constexpr char kAgent[] = "seedance-gateway/1";

// A SandboxFixture that speaks PiAPI with key `one`.
class PiApiFixture : public SandboxFixture {
 protected:
  // Sends `body` (none for GET and DELETE). An empty `agent` sends none.
  HttpAnswer Call(const std::string& method, const std::string& path, const Json& body = Json(),
                  const std::string& key = "one", const std::string& agent = kAgent,
                  const std::string& key_header = "X-API-Key");

  // An accepted upload; returns its id.
  std::string Asset(const std::string& name, const std::string& type = "Image");
  // The same, Active.
  std::string ActiveAsset(const std::string& name, const std::string& type = "Image");

  HttpAnswer CreateTask(const std::string& task_type, const Json& input, const Json& config = Json::object());
  // A created text_to_video task; returns its id.
  std::string Task(const std::string& prompt, const std::string& task_type = "seedance-2-fast");
  // `data` of the task.
  Json Data(const std::string& id);
  // The task at its end.
  Json Ended(const std::string& prompt, const std::string& task_type = "seedance-2-fast");

  // The options of the fixture with a change.
  template <typename Change>
  void RestartWith(Change change) {
    Options options = DefaultOptions();
    change(options);
    Restart(std::move(options));
  }
};

// One POST that a receiver got.
struct Received {
  Json body;
  std::string secret;
};

// An HTTP server on a free port: takes webhooks at /hook and serves what tests give it.
class Receiver {
 public:
  Receiver();
  ~Receiver();

  std::string url(const std::string& path) const;
  // Answers the next POSTs with these statuses, then 200.
  void AnswerWith(std::vector<int> statuses);
  // Serves `bytes` at `path`.
  void Serve(const std::string& path, const std::string& bytes);
  // All so far, once there are `count`; fewer when that takes too long.
  std::vector<Received> WaitFor(size_t count);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_FIXTURE_H_
