// How much resident memory of the gateway a large UploadAsset costs. Exits with 1 when it is more than allowed.
//
//   upload_memory [MEGABYTES [MOST_MEGABYTES]]      default: 50 8
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/time/clock.h"
#include "tests/bench/bench_stack.h"
#include "tests/bench/resident_memory.h"

namespace seedance::bench {
namespace {

constexpr int64_t kMegabyte = int64_t{1} << 20;
constexpr size_t kChunkBytes = 256 << 10;

// A stream of `size` bytes that calls `on_chunk` before every chunk.
e2e::NextChunk BytesOf(int64_t size, std::function<void()> on_chunk) {
  return [left = size, on_chunk = std::move(on_chunk)]() mutable {
    on_chunk();
    std::string chunk(static_cast<size_t>(std::min<int64_t>(left, kChunkBytes)), 'x');
    left -= static_cast<int64_t>(chunk.size());
    return chunk;
  };
}

grpc::Status Upload(BenchStack& stack, const std::string& group, const std::string& name, int64_t size,
                    const std::function<void()>& on_chunk) {
  gateway::v1::UploadAssetRequest::Metadata metadata;
  metadata.mutable_asset()->set_asset_group(group);
  metadata.mutable_asset()->set_display_name(name);
  metadata.set_file_name(name + ".mp4");
  metadata.set_size_bytes(size);
  return stack.api->Upload(metadata, BytesOf(size, on_chunk)).status;
}

int Measure(BenchStack& stack, int64_t megabytes, int64_t most_megabytes) {
  const auto group = stack.api->CreateGroup("bench");
  if (!group.ok()) return fprintf(stderr, "no group: %s\n", group.status.error_message().c_str()), 1;
  // A first small upload loads code and opens connections, which later uploads use again.
  grpc::Status status = Upload(stack, group.value.name(), "warm-up", kChunkBytes, [] {});
  if (!status.ok()) return fprintf(stderr, "warm-up: %s\n", status.error_message().c_str()), 1;

  const ResidentMemory memory(stack.gateway->process().pid());
  const int64_t before = memory.NowKb();
  const bool exact = memory.ResetPeak();
  int64_t sampled = before;
  const absl::Time start = absl::Now();
  status = Upload(stack, group.value.name(), "large", megabytes * kMegabyte,
                  [&] { sampled = std::max(sampled, memory.NowKb()); });
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  if (!status.ok()) return fprintf(stderr, "upload: %s\n", status.error_message().c_str()), 1;
  const int64_t peak = exact ? memory.PeakKb() : sampled;
  const int64_t grown = peak - before;

  printf("upload of %ld MB in %.2f s (%.0f MB/s)\n", static_cast<long>(megabytes), seconds,
         static_cast<double>(megabytes) / seconds);
  printf("gateway resident: before %ld kB, peak %ld kB (%s; largest sample %ld kB), after %ld kB\n",
         static_cast<long>(before), static_cast<long>(peak), exact ? "exact" : "sampled", static_cast<long>(sampled),
         static_cast<long>(memory.NowKb()));
  printf("growth: %ld kB, allowed %ld kB\n", static_cast<long>(grown), static_cast<long>(most_megabytes * 1024));
  const bool passed = grown < most_megabytes * 1024;
  printf("%s\n", passed ? "PASSED" : "FAILED");
  return passed ? 0 : 1;
}

int Main(int argc, char** argv) {
  const int64_t megabytes = argc > 1 ? atol(argv[1]) : 50;
  const int64_t most_megabytes = argc > 2 ? atol(argv[2]) : 8;
  if (megabytes < 1 || most_megabytes < 1) return fprintf(stderr, "upload_memory [MEGABYTES [MOST_MEGABYTES]]\n"), 2;
  if (const std::string why = WhyMeaningless(); !why.empty()) return printf("SKIPPED: %s\n", why.c_str()), kSkipped;
  absl::StatusOr<BenchStack> stack = BenchStack::Start();
  if (!stack.ok()) return fprintf(stderr, "%s\n", stack.status().ToString().c_str()), 1;
  return Measure(*stack, megabytes, most_megabytes);
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) { return seedance::bench::Main(argc, argv); }
