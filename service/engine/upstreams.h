#ifndef SEEDANCE_SERVICE_ENGINE_UPSTREAMS_H_
#define SEEDANCE_SERVICE_ENGINE_UPSTREAMS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/base/thread_pool.h"
#include "service/engine/call_context.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// The configured vendors, who may use them, and the threads that call them. Fixed after construction.
class Upstreams {
 public:
  struct Config {
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;  // Empty: all.
    bool dedicated = false;            // Exactly one tenant may use it.
    size_t max_submits = 32;           // Threads for submits and other changes.
    size_t max_polls = 32;             // Threads for polls and other reads.
    size_t max_transfers = 32;         // Threads for uploads and downloads.
  };

  // One vendor account with its three pools, separate so that none starves another.
  struct Entry {
    explicit Entry(Config config);
    std::unique_ptr<upstream::Upstream> upstream;
    std::vector<std::string> tenants;
    bool dedicated;
    base::ThreadPool submits;
    base::ThreadPool polls;
    base::ThreadPool transfers;

    bool Allows(const std::string& tenant) const;
  };

  explicit Upstreams(std::vector<Config> configs);

  // The upstream of that name, or, for an empty name, the first one that the tenant may use. INVALID_ARGUMENT on
  // `field` when there is none.
  absl::StatusOr<Entry*> Choose(const std::string& tenant, const std::string& name, const std::string& field);

  // The upstream of that name if the tenant may use it, else null.
  Entry* Find(const std::string& tenant, const std::string& name);

  // All that the tenant may use, in the order of the configuration.
  std::vector<Entry*> Of(const std::string& tenant);

  // Waits for the running calls.
  void Stop();

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
};

// Facts of `context` for a call to the vendor.
upstream::CallOptions ToCallOptions(const CallContext& context);

// RESOURCE_EXHAUSTED: a pool's queue is full.
absl::Status PoolFull(const Upstreams::Entry& entry);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPSTREAMS_H_
