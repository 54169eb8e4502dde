#include "service/server/grpc_settings.h"

#include <grpc/grpc.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>

#include "absl/time/time.h"
#include "service/base/host/process_limits.h"

namespace seedance::server {
namespace {

// Inline data of 3 MiB and room for the rest of the message.
constexpr int kMaxReceiveBytes = 5 << 20;
// Window of a stream that is not read: before its token was checked, and ahead of an upload's reader. Fixed, because
// gRPC's own estimate grows to several megabytes on a fast network. While a message is read gRPC widens the window by
// what is missing of it, so an upload in chunks of 1 MiB may have 1.25 MiB in transit.
constexpr int kStreamWindowBytes = 256 << 10;
// Bytes that gRPC reads from a connection before it serves another one. Its default of 4 MiB are 100,000 new streams at
// once.
constexpr int kReadChunkBytes = 64 << 10;
// Bytes that gRPC buffers for a stream that is not read. With its default of 64 KiB a stalled watcher costs 105 kB,
// with this 31 kB.
constexpr int kWriteBufferBytes = 4 << 10;
// gRPC's own threads are for timers and background work only; RPCs run on ours.
constexpr int kGrpcThreads = 16;
// gRPC takes milliseconds as int.
int Milliseconds(const google::protobuf::Duration& duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(config::FromProto(duration)));
}

void SetAge(const gateway::config::v1::Server& config, grpc::ServerBuilder& builder) {
  if (config::FromProto(config.max_connection_age()) <= absl::ZeroDuration()) return;
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(config.max_connection_age()));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(config.max_connection_age_grace()));
}

// 0 in the configuration: half of the process's memory limit.
size_t GrpcMemoryBytes(const gateway::config::v1::CallLimits& limits) {
  if (limits.max_grpc_memory_bytes() > 0) return static_cast<size_t>(limits.max_grpc_memory_bytes());
  return static_cast<size_t>(std::clamp(base::MemoryLimit() / 2, int64_t{64} << 20, int64_t{2} << 30));
}

void SetLimits(const gateway::config::v1::CallLimits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // gRPC decompresses a message of any peer before it checks its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kWriteBufferBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindowBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadChunkBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_streams_per_connection());
  // Last resort: beyond it gRPC stops reading from connections and cancels streams.
  grpc::ResourceQuota quota("gateway");
  quota.Resize(GrpcMemoryBytes(limits));
  quota.SetMaxThreads(kGrpcThreads);
  builder.SetResourceQuota(quota);
  // Clients may ping every 10 s, even without calls; peers that do not answer our pings for 20 s are disconnected.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
}

}  // namespace

void ApplyGrpcSettings(const gateway::config::v1::Server& config, grpc::ServerBuilder& builder) {
  SetLimits(config.call_limits(), builder);
  SetAge(config, builder);
}

}  // namespace seedance::server
