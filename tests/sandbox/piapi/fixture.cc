#include "tests/sandbox/piapi/fixture.h"

#include <httplib.h>

#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"
#include "tests/testing/eventually.h"
#include "tests/testing/patient_client.h"

namespace seedance::sandbox {

HttpAnswer PiApiFixture::Call(const std::string& method, const std::string& path, const Json& body,
                              const std::string& key, const std::string& agent, const std::string& key_header) {
  httplib::Client client = testing::PatientClient("http://" + sandbox_->listen());
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.set_header(key_header, key);
  // Without this line httplib names itself.
  request.set_header("User-Agent", agent);
  if (!body.is_null()) {
    request.body = Dump(body);
    request.set_header("Content-Type", "application/json");
  }
  const httplib::Result result = client.send(request);
  if (!result) return {};
  return {result->status, result->body, result->get_header_value("Content-Type"),
          result->get_header_value("Retry-After"), result->get_header_value("Content-Range")};
}

std::string PiApiFixture::Asset(const std::string& name, const std::string& type) {
  const HttpAnswer made = Call("POST", "/api/v1/asset/upload",
                               {{"url", "https://example.com/media"}, {"asset_type", type}, {"name", name}});
  EXPECT_EQ(made.status, 200) << made.body;
  return TextOf(made.json(), "asset_id");
}

std::string PiApiFixture::ActiveAsset(const std::string& name, const std::string& type) {
  std::string id = Asset(name, type);
  Advance(3);
  return id;
}

HttpAnswer PiApiFixture::CreateTask(const std::string& task_type, const Json& input, const Json& config) {
  return Call("POST", "/api/v1/task",
              {{"model", "seedance"}, {"task_type", task_type}, {"input", input}, {"config", config}});
}

std::string PiApiFixture::Task(const std::string& prompt, const std::string& task_type) {
  const HttpAnswer made = CreateTask(task_type, {{"prompt", prompt}});
  EXPECT_EQ(made.status, 200) << made.body;
  const Json body = made.json();
  const Json* data = Find(body, "data");
  return data == nullptr ? "" : TextOf(*data, "task_id");
}

Json PiApiFixture::Data(const std::string& id) {
  const Json body = Call("GET", "/api/v1/task/" + id).json();
  const Json* data = Find(body, "data");
  return data == nullptr ? Json() : *data;
}

Json PiApiFixture::Ended(const std::string& prompt, const std::string& task_type) {
  const std::string id = Task(prompt, task_type);
  Advance(100);
  return Data(id);
}

struct Receiver::State {
  httplib::Server server;
  std::thread thread;
  int port = 0;
  base::Mutex mutex;
  std::vector<int> statuses ABSL_GUARDED_BY(mutex);
  std::map<std::string, std::string> files ABSL_GUARDED_BY(mutex);
  std::vector<Received> received ABSL_GUARDED_BY(mutex);

  void Take(const httplib::Request& request, httplib::Response& response) {
    base::MutexLock lock(mutex);
    received.push_back({Json::parse(request.body, nullptr, false), request.get_header_value("x-webhook-secret")});
    if (statuses.empty()) return;
    response.status = statuses.front();
    statuses.erase(statuses.begin());
  }

  void Give(const httplib::Request& request, httplib::Response& response) {
    base::MutexLock lock(mutex);
    auto found = files.find(request.path);
    if (found == files.end()) {
      response.status = 404;
    } else {
      response.set_content(found->second, "application/octet-stream");
    }
  }
};

Receiver::Receiver() : state_(std::make_unique<State>()) {
  State* state = state_.get();
  state->server.Post("/hook", [state](const auto& request, auto& response) { state->Take(request, response); });
  state->server.Get("/.*", [state](const auto& request, auto& response) { state->Give(request, response); });
  state->port = state->server.bind_to_any_port("127.0.0.1");
  state->thread = std::thread([state] { state->server.listen_after_bind(); });
}

Receiver::~Receiver() {
  while (!state_->server.is_running()) std::this_thread::yield();
  state_->server.stop();
  state_->thread.join();
}

std::string Receiver::url(const std::string& path) const {
  return absl::StrCat("http://127.0.0.1:", state_->port, path);
}

void Receiver::AnswerWith(std::vector<int> statuses) {
  base::MutexLock lock(state_->mutex);
  state_->statuses = std::move(statuses);
}

void Receiver::Serve(const std::string& path, const std::string& bytes) {
  base::MutexLock lock(state_->mutex);
  state_->files[path] = bytes;
}

std::vector<Received> Receiver::WaitFor(size_t count) {
  std::vector<Received> all;
  EXPECT_TRUE(testing::Eventually([&] {
    base::MutexLock lock(state_->mutex);
    all = state_->received;
    return all.size() >= count;
  })) << "got "
      << all.size();
  return all;
}

}  // namespace seedance::sandbox
