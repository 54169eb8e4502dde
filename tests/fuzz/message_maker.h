#ifndef SEEDANCE_TESTS_FUZZ_MESSAGE_MAKER_H_
#define SEEDANCE_TESTS_FUZZ_MESSAGE_MAKER_H_

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "service/base/mutex.h"
#include "tests/fuzz/draw.h"
#include "tests/fuzz/seen_values.h"

namespace seedance::fuzz {

// How a message is filled.
struct MessagePlan {
  double odd = 0;    // Probability that a field holds an odd value instead of a plausible one.
  bool bill = true;  // Give creations texts that belong to their request_id, see below.
};

// Request ids for all clients of a run: a new one, or one of the last 24, which other methods and tenants have too.
// Thread-safe.
class RequestIds {
 public:
  std::string Next(Draw& draw);

 private:
  base::Mutex mutex_;
  std::vector<std::string> recent_ ABSL_GUARDED_BY(mutex_);
};

// Fills request messages by their descriptors. It knows plausible values of some field names; a field that it does not
// know gets values by its type. Not thread-safe.
//
// With `bill`, a message that creates something has one of RequestIds, and its display name or prompt begins with
// kBillTextPrefix and a hash of tenant, message type and request_id. So among the vendor's bills no two may have texts
// that begin with the same hash.
class MessageMaker {
 public:
  MessageMaker(std::string tenant, SeenValues& seen, RequestIds& request_ids, Draw& draw)
      : tenant_(std::move(tenant)), seen_(seen), request_ids_(request_ids), draw_(draw) {}

  // `position`: place in a stream of requests, 0 for the only message; the first of a plausible stream has the first
  // member of a oneof, the others have the last.
  std::unique_ptr<google::protobuf::Message> Make(const google::protobuf::Descriptor& type, const MessagePlan& plan,
                                                  size_t position = 0);

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  void Fill(Message& message, int depth);
  void FillOneof(Message& message, const google::protobuf::OneofDescriptor& oneof, int depth);
  void FillField(Message& message, const Field& field, int depth);
  void FillRepeated(Message& message, const Field& field, int depth);
  void SetOne(Message& message, const Field& field, int depth);
  bool IsPresent(const Field& field);
  void BindBill(Message& message);
  void BindTexts(Message& message, const std::string& text);

  bool Odd() { return draw_.Chance(plan_.odd); }
  std::string Text(const Field& field);
  std::string PlausibleText(const Field& field);
  std::string Bytes(const Field& field);
  int64_t Integer(const Field& field);
  int EnumNumber(const Field& field);

  const std::string tenant_;
  SeenValues& seen_;
  RequestIds& request_ids_;
  Draw& draw_;
  MessagePlan plan_;
  size_t position_ = 0;
};

// Removes what would make the gateway connect to another machine: a URL of unknown origin that is to be fetched.
// False when nothing had to be removed.
bool KeepLocal(google::protobuf::Message& message);

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_MESSAGE_MAKER_H_
