#ifndef SEEDANCE_TESTS_TESTING_TCP_GATE_PIPE_H_
#define SEEDANCE_TESTS_TESTING_TCP_GATE_PIPE_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "absl/time/time.h"

namespace seedance::testing {

// What a TcpGate does to connections, by chance. A piece is what one read from a socket gives, 16 KiB at most: with
// HTTP and gRPC mostly one message. One draw decides on each; the chances of a piece must not exceed 1 together.
struct GateWeather {
  double refuse = 0;  // Of a new connection: it is reset at once.
  double cut = 0;     // Of a piece: a part of it passes, then both sides see an orderly end (FIN).
  double reset = 0;   // The same with RST.
  double stall = 0;   // It and all that follows in this direction stays in the gate, until one side gives up.
  double slice = 0;   // It passes in a hundred small writes, of less than eight bytes when it is short.
  double delay = 0;   // It waits, up to `longest_delay`.
  double garble = 0;  // Of a piece towards the client: some of its bytes have another bit 7, so that what was text is
                      // none any more, and never another valid word or number.
  absl::Duration longest_delay = absl::Milliseconds(50);
};

// What a TcpGate has done so far.
struct GateStats {
  int64_t connections = 0;
  int64_t refused = 0;
  int64_t cuts = 0;
  int64_t resets = 0;
  int64_t stalls = 0;
  int64_t slices = 0;
  int64_t delays = 0;
  int64_t garbled = 0;
  int64_t held_bytes = 0;  // In the gate at this moment.
  int64_t open = 0;        // Connections at this moment.
};

enum class GateDirection { kToServer, kToClient };

// One direction of a connection through a TcpGate: reads pieces from one socket, writes them to the other. Sockets are
// non-blocking and belong to the caller. For one thread.
class GatePipe {
 public:
  // How the connection must end, once everything before was written.
  enum class End { kNone, kFin, kReset };

  GatePipe(int from, int to, GateDirection direction) : from_(from), to_(to), direction_(direction) {}

  // Whether Read should be called when `from` is readable.
  bool wants_read() const { return !eof_ && end_ == End::kNone && held_.size() < kMostHeld; }
  void Read(const GateWeather& weather, std::mt19937_64& random, absl::Time now, GateStats& stats);

  // When Write should be called next, once `to` is writable; InfiniteFuture: there is nothing to write.
  absl::Time next_write() const;
  void Write(absl::Time now);

  void SetStalled(bool stalled) { stalled_ = stalled; }
  int64_t held_bytes() const { return static_cast<int64_t>(held_.size()); }

  // End of the whole connection that is due now.
  End due_end() const;
  // The source has ended and everything was passed on.
  bool drained() const { return eof_ && held_.empty(); }

 private:
  static constexpr size_t kMostHeld = 256 << 10;

  void Garble(std::mt19937_64& random, std::string& piece) const;

  const int from_;
  const int to_;
  const GateDirection direction_;
  std::string held_;
  size_t slice_ = 0;       // Bytes of a write while a piece is sliced; 0: no limit.
  absl::Time not_before_;  // Of the next write.
  bool stalled_ = false;
  bool eof_ = false;
  End end_ = End::kNone;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_TCP_GATE_PIPE_H_
