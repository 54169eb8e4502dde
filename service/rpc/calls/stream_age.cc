#include "service/rpc/calls/stream_age.h"

#include <algorithm>

namespace seedance::rpc {

absl::Time StreamAge::EndOf(absl::Time connected, absl::Time now, double unit) const {
  if (!limited()) return absl::InfiniteFuture();
  // gRPC counts from the end of the handshake, slightly after the accept. At the other end of the window the status
  // needs time to be sent.
  absl::Time from = connected + age * 1.1 + Window() / 8;
  const absl::Time to = connected + age * 0.9 + grace - Window() / 4;
  // A stream that started late, for instance on a connection with a slow handshake, gets the remaining window.
  from = std::max(from, now);
  // Older than a connection can be: the known one is gone, and this is another.
  if (from >= to) return connected == now ? now : EndOf(now, now, unit);
  return from + (to - from) * unit;
}

absl::Duration StreamAge::Tick() const { return std::clamp(Window() / 32, absl::Milliseconds(10), absl::Seconds(1)); }

}  // namespace seedance::rpc
