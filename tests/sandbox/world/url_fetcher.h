#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_URL_FETCHER_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_URL_FETCHER_H_

#include <functional>
#include <optional>
#include <string>

#include "service/base/thread_pool.h"
#include "tests/sandbox/wire/http_call.h"
#include "tests/sandbox/world/web_client.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// Fetches the URLs of new assets on threads of its own. Thread-safe.
class UrlFetcher {
 public:
  // Nothing when there was no whole answer of status 200, or no byte, or too many of them.
  using Done = std::function<void(std::optional<UploadedFile> file)>;

  UrlFetcher() : pool_("sandbox-fetch", 8, 100'000) {}
  ~UrlFetcher() { Stop(); }

  // `done` is called once, from any thread.
  void Fetch(const std::string& url, Done done);

  // Breaks running fetches off and waits for their `done`.
  void Stop();

 private:
  std::optional<UploadedFile> Load(const std::string& url);

  WebClient web_;
  base::ThreadPool pool_;
};

// Puts what was fetched into the asset; without it the asset becomes Failed (`DownloadFailed`). `strict`: also when the
// bytes break the vendor's limits.
void TakeFetched(const std::optional<UploadedFile>& file, bool strict, Asset& asset);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_URL_FETCHER_H_
