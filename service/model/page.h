#ifndef SEEDANCE_SERVICE_MODEL_PAGE_H_
#define SEEDANCE_SERVICE_MODEL_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace seedance::model {

// Where a list goes on: strictly after the item with this sort key (newest first, ties by id). Empty: at the start.
struct PageCursor {
  int64_t create_micros = 0;
  std::string id;

  bool at_start() const { return id.empty(); }
  friend bool operator==(const PageCursor&, const PageCursor&) = default;
};

// Opaque text of a cursor; `filter` (every other field of the list request) is bound to it.
std::string EncodePageToken(const PageCursor& cursor, std::string_view filter);

// The reverse; an empty token is the start. INVALID_ARGUMENT on field `page_token` when the text is not such a token
// or belongs to another filter.
absl::StatusOr<PageCursor> DecodePageToken(std::string_view token, std::string_view filter);

// One page of a list.
template <typename Item>
struct Page {
  std::vector<Item> items;
  PageCursor next;  // at_start(): this is the last page.
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_PAGE_H_
