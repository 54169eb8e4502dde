#ifndef SEEDANCE_TESTS_UNIT_CLIENT_CTL_RUN_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_CLIENT_CTL_RUN_FIXTURE_H_

#include <sstream>
#include <string>
#include <vector>

#include "client/cpp/ctl/run.h"
#include "tests/unit/client/fixture.h"

namespace seedance::client::ctl {

using v1::GenerationTask;

// `seedancectl` as a whole, in front of the fake gateway.
class RunTest : public ClientTest {
 protected:
  // Runs `seedancectl words...` against the fake gateway; its exit code.
  int Ctl(std::vector<std::string> words) {
    out_.str("");
    err_.str("");
    Console console(out_, err_);
    console.endpoint = gateway.endpoint();
    console.token = token_;
    console.config_file = config_file_;
    console.interrupt = &interrupt_;
    console.timing = OptionsFor("").timing;
    console.timing.now = [] { return absl::FromUnixSeconds(1800000000); };
    console.out_is_terminal = terminal_;
    console.err_is_terminal = terminal_;
    std::vector<const char*> argv = {"seedancectl"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    return ctl::Run(static_cast<int>(argv.size()), argv.data(), console);
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  void AnswerWithTask(GenerationTask::State state) {
    gateway.create_task = [this, state](const v1::CreateGenerationTaskRequest& request, GenerationTask& task) {
      created = request;
      task = TaskIn(state, 1);
      return grpc::Status::OK;
    };
  }

  // A watched task that ends in `state`.
  void EndWith(GenerationTask::State state) {
    gateway.watch_task = [state](grpc::ServerContext&, const v1::WatchGenerationTaskRequest&,
                                 grpc::ServerWriter<v1::WatchGenerationTaskResponse>& writer) {
      writer.Write(Snapshot(GenerationTask::STATE_QUEUED, 1));
      writer.Write(Snapshot(GenerationTask::STATE_RUNNING, 2));
      v1::WatchGenerationTaskResponse last = Snapshot(state, 3);
      GenerationTask& task = *last.mutable_generation_task();
      if (state == GenerationTask::STATE_SUCCEEDED) {
        task.mutable_result()->set_video_uri("https://vendor/video.mp4");
      } else {
        task.mutable_error()->set_reason(v1::ERROR_REASON_OUTPUT_MODERATION);
        task.mutable_error()->set_message("blocked");
      }
      task.mutable_create_time()->set_seconds(1800000000 - 65);
      task.mutable_end_time()->set_seconds(1800000000);
      writer.Write(last);
      return grpc::Status::OK;
    };
  }

  v1::CreateGenerationTaskRequest created;
  bool terminal_ = false;
  std::string token_;
  std::string config_file_;
  Canceller interrupt_;

 private:
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_TESTS_UNIT_CLIENT_CTL_RUN_FIXTURE_H_
