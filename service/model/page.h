#ifndef SEEDANCE_SERVICE_MODEL_PAGE_H_
#define SEEDANCE_SERVICE_MODEL_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace seedance::model {

// Position in a list: strictly after the item with this sort key (newest first, ties by id). Empty id: the start.
struct PageCursor {
  // Unix microseconds of the creation.
  int64_t create_micros = 0;
  std::string id;

  // Whether it is the position before the first item.
  bool at_start() const { return id.empty(); }
  friend bool operator==(const PageCursor&, const PageCursor&) = default;
};

// Opaque page token, bound to `filter` (all other fields of the list request).
std::string EncodePageToken(const PageCursor& cursor, std::string_view filter);

// Inverse of EncodePageToken; an empty token is the start. INVALID_ARGUMENT on field `page_token` when the text is no
// such token or belongs to another filter.
absl::StatusOr<PageCursor> DecodePageToken(std::string_view token, std::string_view filter);

// One page of a list.
template <typename Item>
struct Page {
  // In list order; may be fewer than asked for even if more follow.
  std::vector<Item> items;
  PageCursor next;  // at_start(): this is the last page.
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_PAGE_H_
