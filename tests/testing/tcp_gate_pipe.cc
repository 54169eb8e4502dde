#include "tests/testing/tcp_gate_pipe.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

namespace seedance::testing {
namespace {

constexpr absl::Duration kSlicePause = absl::Microseconds(200);
constexpr size_t kMostSlices = 100;

double Unit(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

// Uniform in [0, below).
size_t Below(size_t below, std::mt19937_64& random) { return below == 0 ? 0 : random() % below; }

bool Later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void GatePipe::Read(const GateWeather& weather, std::mt19937_64& random, absl::Time now, GateStats& stats) {
  char bytes[16 << 10];
  const ssize_t got = recv(from_, bytes, sizeof(bytes), 0);
  if (got < 0) {
    if (!Later()) end_ = End::kReset;
    return;
  }
  if (got == 0) {
    eof_ = true;
    // Whoever waits behind a stall has given up; the other side must not wait for ever.
    if (stalled_) end_ = End::kReset;
    return;
  }
  std::string piece(bytes, static_cast<size_t>(got));
  double draw = Unit(random);
  const auto falls_on = [&draw](double chance) {
    const bool hit = draw >= 0 && draw < chance;
    draw -= chance;
    return hit;
  };
  if (falls_on(weather.cut)) {
    ++stats.cuts;
    end_ = End::kFin;
    piece.resize(Below(piece.size(), random));
  } else if (falls_on(weather.reset)) {
    ++stats.resets;
    end_ = End::kReset;
    piece.resize(Below(piece.size(), random));
  } else if (falls_on(weather.stall)) {
    ++stats.stalls;
    stalled_ = true;
  } else if (falls_on(weather.slice)) {
    ++stats.slices;
    slice_ = std::max(1 + Below(7, random), piece.size() / kMostSlices);
  } else if (falls_on(weather.delay)) {
    ++stats.delays;
    not_before_ = now + weather.longest_delay * Unit(random);
  } else if (falls_on(weather.garble) && direction_ == GateDirection::kToClient) {
    ++stats.garbled;
    Garble(random, piece);
  }
  held_ += piece;
}

void GatePipe::Garble(std::mt19937_64& random, std::string& piece) const {
  // At least one byte, and about one in twenty.
  for (size_t left = 1 + piece.size() / 20; left > 0; --left) {
    char& victim = piece[Below(piece.size(), random)];
    victim = static_cast<char>(victim ^ 0x80);
  }
}

absl::Time GatePipe::next_write() const {
  return held_.empty() || stalled_ ? absl::InfiniteFuture() : std::max(not_before_, absl::UnixEpoch());
}

void GatePipe::Write(absl::Time now) {
  if (next_write() > now) return;
  const size_t size = slice_ > 0 ? std::min(slice_, held_.size()) : held_.size();
  const ssize_t sent = send(to_, held_.data(), size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (Later()) return;
    held_.clear();
    end_ = End::kReset;
    return;
  }
  held_.erase(0, static_cast<size_t>(sent));
  if (held_.empty()) slice_ = 0;
  if (slice_ > 0) not_before_ = now + kSlicePause;
}

GatePipe::End GatePipe::due_end() const {
  // What is stalled will not be written any more.
  return held_.empty() || stalled_ ? end_ : End::kNone;
}

}  // namespace seedance::testing
