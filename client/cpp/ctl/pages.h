#ifndef SEEDANCE_CLIENT_CPP_CTL_PAGES_H_
#define SEEDANCE_CLIENT_CPP_CTL_PAGES_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace seedance::client::ctl {

// What a list command collected.
template <typename Item>
struct Listing {
  std::vector<Item> items;
  bool more = false;  // There are further ones beyond the limit.
};

// Reads pages until `limit` items are there (0: all). `fetch(request)` reads one page, `items(page)` gives its items.
template <typename Item, typename Request, typename Fetch, typename Items>
absl::StatusOr<Listing<Item>> ReadPages(Request request, int64_t limit, Fetch fetch, Items items) {
  constexpr int64_t kPage = 200;
  Listing<Item> listing;
  while (true) {
    const int64_t missing = limit - static_cast<int64_t>(listing.items.size());
    request.set_page_size(static_cast<int32_t>(limit == 0 ? kPage : std::min(kPage, missing)));
    const auto page = fetch(request);
    if (!page.ok()) return page.status();
    for (const Item& item : items(*page)) listing.items.push_back(item);
    request.set_page_token(page->next_page_token());
    if (page->next_page_token().empty()) return listing;
    if (limit != 0 && static_cast<int64_t>(listing.items.size()) >= limit) {
      listing.more = true;
      return listing;
    }
  }
}

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_PAGES_H_
