#ifndef SEEDANCE_SERVICE_RPC_REACTORS_BYTE_PIPE_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_BYTE_PIPE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/engine/assets/assets.h"

namespace seedance::rpc {

// Passes the chunks of an upload from the gRPC stream, which must not block, to a transfer thread, which may. Holds at
// most kRoomBytes plus one chunk. One writer thread, one reader thread.
class BytePipe final : public http::ByteSource {
 public:
  // The writer is asked for more while fewer bytes wait.
  static constexpr size_t kRoomBytes = 128 << 10;

  // `size`: total bytes if known. `on_room` runs on the reader's thread when it starts to read (unless something was
  // pushed before), and when there is room again after Push returned false; so nothing is taken from the network before
  // a reader exists. Next returns DEADLINE_EXCEEDED when nothing arrives for `stall_limit`.
  BytePipe(std::optional<int64_t> size, absl::Duration stall_limit, base::Clock& clock,
           absl::AnyInvocable<void()> on_room);

  // Adds a chunk; never blocks. True: there is room for another one. False: wait for `on_room`.
  [[nodiscard]] bool Push(std::string chunk);

  // Marks the end of the stream. Without it the reader never sees an end.
  void Close();

  // Makes Next return `status` at once, dropping what waits. The first Abort counts, also after Close.
  void Abort(absl::Status status);

  // For the reader. Blocks until a chunk arrives, the stream ends or it is aborted.
  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override { return size_; }

 private:
  // Calls on_room if it is due.
  void AskForMore();

  const std::optional<int64_t> size_;
  const absl::Duration stall_limit_;
  base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::string> chunks_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool owed_ ABSL_GUARDED_BY(mutex_) = true;  // on_room is due when there is room.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // Not OK: Next returns it.
  absl::Status aborted_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void()> on_room_;  // Called by the reader only.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_BYTE_PIPE_H_
