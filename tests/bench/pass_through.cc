// What the gateway adds to a call: the same thing asked through it and of the vendor's REST API directly, with the same
// HTTP client, one call after the other, in turns, in the same run.
//
//   pass_through [CALLS]      default: 500
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/upstream/http_transport.h"
#include "tests/bench/bench_stack.h"

namespace seedance::bench {
namespace {

// Times of one kind of call, in milliseconds.
class Times {
 public:
  void Add(absl::Duration time) { times_.push_back(absl::ToDoubleMilliseconds(time)); }

  double Quantile(double q) {
    std::sort(times_.begin(), times_.end());
    return times_[std::min(times_.size() - 1, static_cast<size_t>(q * static_cast<double>(times_.size())))];
  }

 private:
  std::vector<double> times_;
};

// The vendor's REST API without a gateway.
class Direct {
 public:
  explicit Direct(std::string url)
      : url_(std::move(url)), transport_(upstream::MakeHttpTransport(upstream::HttpOptions())) {}

  bool CreateGroup(const std::string& name) {
    upstream::HttpRequest request = Request("POST", "/volc/asset/CreateAssetGroup");
    request.content_type = "application/json";
    request.body = absl::StrCat(R"({"model":"volc-asset","Name":")", name, R"(","GroupType":"AIGC"})");
    request.billed = true;
    return transport_->Send(request).status == 200;
  }

  bool GetTask(const std::string& id) {
    return transport_->Send(Request("GET", "/v1/video/generations/" + id)).status == 200;
  }

 private:
  upstream::HttpRequest Request(const std::string& method, const std::string& path) const {
    upstream::HttpRequest request;
    request.method = method;
    request.url = url_ + path;
    request.headers = {{"Authorization", "Bearer sandbox-key"}};
    request.timeout = absl::Seconds(30);
    return request;
  }

  const std::string url_;
  const std::unique_ptr<upstream::HttpTransport> transport_;
};

// False when a call failed. In turns, so that both see the same load of the machine.
bool Compare(const std::string& what, int calls, absl::FunctionRef<bool(int)> direct,
             absl::FunctionRef<bool(int)> gateway) {
  Times direct_times;
  Times gateway_times;
  const int warm_up = calls / 10;
  for (int i = 0; i < calls + warm_up; ++i) {
    const absl::Time start = absl::Now();
    if (!direct(i)) return fprintf(stderr, "%s: the direct call failed\n", what.c_str()), false;
    const absl::Time middle = absl::Now();
    if (!gateway(i)) return fprintf(stderr, "%s: the call through the gateway failed\n", what.c_str()), false;
    if (i < warm_up) continue;
    direct_times.Add(middle - start);
    gateway_times.Add(absl::Now() - middle);
  }
  for (const double q : {0.5, 0.99}) {
    const double d = direct_times.Quantile(q);
    const double g = gateway_times.Quantile(q);
    printf("%-18s p%-2.0f  direct %7.3f ms  gateway %7.3f ms  difference %+7.3f ms  ratio %5.2f\n", what.c_str(),
           q * 100, d, g, g - d, g / d);
  }
  return true;
}

int Main(int argc, char** argv) {
  const int calls = argc > 1 ? atoi(argv[1]) : 500;
  if (calls < 10) return fprintf(stderr, "pass_through [CALLS], at least 10\n"), 2;
  if (const std::string why = WhyMeaningless(); !why.empty()) return printf("SKIPPED: %s\n", why.c_str()), kSkipped;
  absl::StatusOr<BenchStack> stack = BenchStack::Start();
  if (!stack.ok()) return fprintf(stderr, "%s\n", stack.status().ToString().c_str()), 1;
  e2e::Api& api = *stack->api;
  Direct direct(stack->sandbox->url());

  bool ok = Compare(
      "CreateAssetGroup", calls, [&](int i) { return direct.CreateGroup(absl::StrCat("direct ", i)); },
      [&](int i) { return api.CreateGroup(absl::StrCat("gateway ", i)).ok(); });

  gateway::v1::GenerationTask task;
  task.set_prompt("a fox");
  const auto created = api.CreateTask(task);
  if (!created.ok()) return fprintf(stderr, "no task: %s\n", created.status.error_message().c_str()), 1;
  const e2e::TaskStream stream = api.WatchTask(created.value.name());
  const std::string id = stream.messages.empty() ? "" : stream.messages.back().generation_task().upstream_task_id();
  // Through the gateway this is a read of its own store: it may well be faster than the vendor.
  ok = Compare(
           "GetGenerationTask", calls, [&](int) { return direct.GetTask(id); },
           [&](int) { return api.GetTask(created.value.name()).ok(); }) &&
       ok;
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) { return seedance::bench::Main(argc, argv); }
