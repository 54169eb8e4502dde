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

// Carries the chunks of an upload from the gRPC stream, which must not block, to a transfer thread, which may. Holds at
// most kRoomBytes and one chunk. One writer, one reader.
class BytePipe final : public http::ByteSource {
 public:
  // While fewer bytes than this wait the writer is asked for more.
  static constexpr size_t kRoomBytes = 128 << 10;

  // `on_room` runs on the reader's thread when it begins to read, unless something was pushed before, and when there is
  // room again after Push returned false. So nothing need be taken from the network while no reader is there yet. The
  // reader gives up with DEADLINE_EXCEEDED when nothing arrives for `stall_limit`.
  BytePipe(std::optional<int64_t> size, absl::Duration stall_limit, base::Clock& clock,
           absl::AnyInvocable<void()> on_room);

  // Adds a chunk, never blocks. True: there is room for another one. False: wait for on_room.
  [[nodiscard]] bool Push(std::string chunk);

  // No chunk follows. Without this the reader never sees an end.
  void Close();

  // The reader gets `status` at once, whatever still waits. The first Abort counts, also after Close.
  void Abort(absl::Status status);

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override { return size_; }

 private:
  void AskForMore();

  const std::optional<int64_t> size_;
  const absl::Duration stall_limit_;
  base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::string> chunks_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool owed_ ABSL_GUARDED_BY(mutex_) = true;  // on_room, as soon as there is room.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status aborted_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void()> on_room_;  // Called by the reader only.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_BYTE_PIPE_H_
