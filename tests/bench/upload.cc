// UploadAsset of a large file: memory of the gateway, and throughput against the same file sent to the vendor directly
// as multipart with the same HTTP client.
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/resident_memory.h"
#include "tests/bench/vendor.h"
#include "tests/testing/media_builder.h"

namespace seedance::bench {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr double kMostMegabytes = 4;
constexpr double kLeastThroughput = 0.8;

// The vendor judges headers, not pictures.
std::string Movie(int64_t size) {
  testing::MediaSpec spec;
  spec.format = "mp4";
  spec.width = 1280;
  spec.height = 720;
  spec.seconds = 15;
  spec.size_bytes = size;
  return MakeMedia(spec);
}

bool Upload(e2e::Api& api, const std::string& group, const std::string& name, std::string_view file) {
  gateway::v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name(name);
  metadata.set_file_name(name + ".mp4");
  metadata.set_size_bytes(static_cast<int64_t>(file.size()));
  const auto answer = api.Upload(metadata, [left = file]() mutable {
    std::string chunk(left.substr(0, kChunkBytes));
    left.remove_prefix(chunk.size());
    return chunk;
  });
  if (!answer.ok()) fprintf(stderr, "upload: %s\n", answer.status.error_message().c_str());
  return answer.ok();
}

// Megabytes per second of `parallel` runs of `upload` at the same time; 0 when one failed.
double Throughput(int parallel, int megabytes, const std::function<bool(int)>& upload) {
  std::atomic<int> failures{0};
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int i = 0; i < parallel; ++i) {
    threads.emplace_back([&, i] { failures += upload(i) ? 0 : 1; });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  return failures > 0 ? 0 : parallel * megabytes / seconds;
}

// One gateway, whose memory before the first large upload is the base of all rounds: what an allocator keeps of a
// round counts for the next one too.
bool Measure(Bench& bench, int parallel) {
  absl::StatusOr<BenchStack> stack = BenchStack::Start();
  if (!bench.Check(stack.status(), "gateway")) return false;
  Vendor vendor(stack->sandbox->url());
  const auto group = stack->api->CreateGroup("bench");
  const absl::StatusOr<std::string> direct_group = vendor.NewGroup("direct");
  if (!group.ok() || !direct_group.ok()) return bench.Fail("no group");
  // Small uploads load code, open connections and start threads, which later uploads use again.
  std::vector<std::unique_ptr<e2e::Api>> clients;
  for (int i = 0; i < parallel; ++i) {
    clients.push_back(std::make_unique<e2e::Api>(stack->gateway->address(), ""));
    if (!Upload(*clients.back(), group.value.name(), absl::StrCat("warm-up ", i), Movie(kChunkBytes))) {
      return bench.Fail("the warm-up failed");
    }
  }

  const ResidentMemory memory(stack->gateway->process().pid());
  const int64_t before = memory.NowKb();
  const int megabytes = bench.Number("megabytes");
  const std::string file = Movie(int64_t{megabytes} << 20);
  Row space;
  space.id = absl::StrCat("upload_memory_", parallel);
  space.what = absl::StrCat("UploadAsset of ", megabytes, " MB, ", parallel, " parallel: peak extra memory per upload");
  space.unit = "MB";
  space.goal = Goal::AtMost(kMostMegabytes);
  Row speed;
  speed.id = absl::StrCat("upload_throughput_", parallel);
  speed.what = absl::StrCat("UploadAsset of ", megabytes, " MB, ", parallel, " parallel: throughput");
  speed.unit = "MB/s";
  speed.yardstick_name = "direct multipart POST";
  speed.judged = Row::Judged::kRatio;
  speed.goal = Goal::AtLeast(kLeastThroughput);
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    if (!memory.ResetPeak()) space.note = "peak since the start";
    const double ours = Throughput(parallel, megabytes, [&](int i) {
      return Upload(*clients[static_cast<size_t>(i)], group.value.name(), absl::StrCat("file ", round, " ", i), file);
    });
    space.ours.push_back(static_cast<double>(memory.PeakKb() - before) / 1024 / parallel);
    const double theirs = Throughput(parallel, megabytes, [&](int i) {
      return vendor.Upload(*direct_group, absl::StrCat("file ", round, " ", i), file);
    });
    if (ours == 0 || theirs == 0) return bench.Fail("an upload failed");
    speed.ours.push_back(ours);
    speed.yardstick.push_back(theirs);
  }
  bench.Add(space);
  bench.Add(speed);
  return true;
}

bool Run(Bench& bench) { return Measure(bench, 1) && Measure(bench, 8); }

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "upload", "memory and throughput of large uploads",
                                   {{"rounds", 5, 1, "rounds"}, {"megabytes", 50, 2, "size of a file"}},
                                   seedance::bench::Run);
}
