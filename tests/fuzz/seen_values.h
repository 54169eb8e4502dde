#ifndef SEEDANCE_TESTS_FUZZ_SEEN_VALUES_H_
#define SEEDANCE_TESTS_FUZZ_SEEN_VALUES_H_

#include <google/protobuf/message.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "service/base/mutex.h"
#include "tests/fuzz/draw.h"

namespace seedance::fuzz {

// Strings that the server sent: names of resources, tokens, texts. The last 64 of each field are kept. Thread-safe.
class SeenValues {
 public:
  // Keeps every string in `response`.
  void Learn(const google::protobuf::Message& response);

  // A value for `field` of a request: a resource name of the collection that the field or its message names, or what
  // a field of this name held. Nothing when there is none yet.
  std::optional<std::string> For(const google::protobuf::FieldDescriptor& field, Draw& draw) const;

 private:
  void Keep(const std::string& key, const std::string& value) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Walk(const google::protobuf::Message& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  // By field name; names of resources by their collection and a slash.
  std::map<std::string, std::vector<std::string>> values_ ABSL_GUARDED_BY(mutex_);
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Texts of this prefix and a hash of so many letters belong to one request_id (message_maker.h). They are never
// learned.
inline constexpr char kBillTextPrefix[] = "bill-";
inline constexpr size_t kBillHashBytes = 24;

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_SEEN_VALUES_H_
