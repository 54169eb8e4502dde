#ifndef SEEDANCE_TESTS_FUZZ_FUZZ_CALL_H_
#define SEEDANCE_TESTS_FUZZ_FUZZ_CALL_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace seedance::fuzz {

// What a client does in one call.
struct FuzzCall {
  std::string path;                   // `/package.Service/Method`.
  std::string token;                  // Bearer token; empty: none.
  std::vector<std::string> messages;  // Sent in order, as they are.
  bool half_close = true;             // Say that no more messages follow.
  std::optional<size_t> cancel_at;    // Cancel after so many messages were sent.
  std::optional<size_t> read_most;    // Cancel after so many responses.
  absl::Duration deadline = absl::Minutes(1);

  // Whether the client may end the call before the server does.
  bool impatient() const {
    return !half_close || cancel_at.has_value() || read_most.has_value() || deadline < absl::Seconds(30);
  }
};

// The call as text that ParseEntry reads: a line for each member, bytes in Base64.
std::string SerializeEntry(const FuzzCall& call);
// INVALID_ARGUMENT for text that SerializeEntry does not write.
absl::StatusOr<FuzzCall> ParseEntry(const std::string& text);

struct FuzzAnswer {
  std::vector<std::string> responses;
  grpc::Status status;
  std::string trace_id;  // That the call was sent with.
};

// A client with one connection and one call at a time. Not thread-safe.
class FuzzClient {
 public:
  explicit FuzzClient(const std::string& address);
  ~FuzzClient();

  // Makes the call and reads to its end, which comes at its deadline at the latest.
  FuzzAnswer Perform(const FuzzCall& call, const std::string& trace_id);

 private:
  using Stream = grpc::GenericClientAsyncReaderWriter;

  // Waits for the one operation under way: whether it succeeded.
  bool Done();
  // False when the call was cancelled.
  bool Send(const FuzzCall& call, grpc::ClientContext& context, Stream& stream);
  void Receive(const FuzzCall& call, grpc::ClientContext& context, Stream& stream, FuzzAnswer& answer);

  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_FUZZ_CALL_H_
