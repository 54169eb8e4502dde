#include "service/base/metric_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace seedance::base {
namespace {

constexpr auto kCounter = MetricSpec::Type::kCounter;
constexpr auto kGauge = MetricSpec::Type::kGauge;
constexpr auto kHistogram = MetricSpec::Type::kHistogram;

using Bounds = std::vector<double>;

// Of buckets, in seconds: of what the store does, of calls and requests, of waits, of tasks.
Bounds StoreTimes() { return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; }
Bounds CallTimes() { return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}; }
Bounds WaitTimes() { return {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900}; }
Bounds LagTimes() { return {0.5, 1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 30, 60, 120, 300, 900}; }
Bounds TaskTimes() { return {10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1800, 3600, 7200}; }

std::vector<MetricSpec> CallMetrics() {
  return {
      {"seedance_calls_total", kCounter, {"method", "code"}, {}, "Calls that have ended, by status code of gRPC."},
      {"seedance_call_seconds", kHistogram, {"method"}, CallTimes(), "Time from a call's arrival to its end."},
      {"seedance_open_calls", kGauge, {}, {}, "Open calls of all kinds, watch streams among them."},
      {"seedance_watch_streams", kGauge, {}, {}, "Open watch streams."},
      {"seedance_messages_total",
       kCounter,
       {"method", "direction"},
       {},
       "Messages received from callers and sent to them."},
      {"seedance_message_bytes_total",
       kCounter,
       {"method", "direction"},
       {},
       "Bytes of these messages: for UploadAsset and DownloadGenerationResult those of the media."},
      {"seedance_calls_refused_total",
       kCounter,
       {"limit"},
       {},
       "Calls that were refused or ended by a limit of the gateway."},
      {"seedance_unread_answer_bytes", kGauge, {}, {}, "Bytes of answers that their callers have not read yet."},
  };
}

std::vector<MetricSpec> VendorMetrics() {
  return {
      {"seedance_vendor_requests_total",
       kCounter,
       {"upstream", "operation", "outcome"},
       {},
       "Requests to vendors by outcome: OK, or the reason of the error."},
      {"seedance_vendor_request_seconds",
       kHistogram,
       {"upstream", "operation"},
       CallTimes(),
       "Time from sending a request to the end of its answer."},
      {"seedance_vendor_requests_waiting",
       kGauge,
       {"upstream", "kind"},
       {},
       "Requests (polls, submissions) that are due and wait for their turn."},
      {"seedance_vendor_request_delay_seconds",
       kHistogram,
       {"upstream", "kind"},
       WaitTimes(),
       "How late polls and submissions begin, counted from when they were due."},
      {"seedance_vendor_max_requests_per_second",
       kGauge,
       {"upstream", "kind"},
       {},
       "The rate that is configured, of all gateways together; 0: none."},
      {"seedance_vendor_cooldowns_total",
       kCounter,
       {"upstream", "kind"},
       {},
       "Answers that required a cooldown, of one request or of all of the kind (429, Retry-After)."},
      {"seedance_vendor_cooldown_seconds",
       kGauge,
       {"upstream", "kind"},
       {},
       "Remaining cooldown of all requests of the kind; 0: none."},
      {"seedance_breaker_open",
       kGauge,
       {"upstream"},
       {},
       "1 while the circuit breaker is open and admits one probe at a time."},
      {"seedance_breaker_openings_total", kCounter, {"upstream"}, {}, "How often the circuit breaker opened."},
      {"seedance_polls_total",
       kCounter,
       {"upstream", "resource", "outcome"},
       {},
       "Polls of tasks and assets by outcome: OK, or the reason of the error."},
      {"seedance_submits_total",
       kCounter,
       {"upstream", "acceptance"},
       {},
       "Submissions of tasks by whether the vendor accepted them."},
      {"seedance_webhook_pokes_total",
       kCounter,
       {"upstream", "open"},
       {},
       "Webhooks of vendors by whether their task is open here."},
      {"seedance_vendor_entries_skipped_total",
       kCounter,
       {"upstream", "resource"},
       {},
       "Entries of a vendor's lists that were skipped, because their ids cannot be used."},
  };
}

std::vector<MetricSpec> TaskMetrics() {
  return {
      {"seedance_tasks_created_total", kCounter, {"upstream", "model"}, {}, "Tasks that were accepted from callers."},
      {"seedance_tasks_ended_total",
       kCounter,
       {"upstream", "model", "state", "reason"},
       {},
       "Tasks that have ended, by final state and reason of the error."},
      {"seedance_task_seconds",
       kHistogram,
       {"upstream", "model"},
       TaskTimes(),
       "Time from the creation of a task to its success."},
      {"seedance_open_tasks", kGauge, {"upstream", "state"}, {}, "Tasks that have not ended, by state."},
      {"seedance_oldest_poll_age_seconds",
       kGauge,
       {"upstream"},
       {},
       "Longest time since the vendor last reported on a submitted task; 0: none."},
      {"seedance_discovery_lag_seconds",
       kHistogram,
       {"upstream"},
       LagTimes(),
       "Time from the end of a task, as reported by the vendor, until the gateway saw it."},
      {"seedance_task_write_seconds", kHistogram, {}, StoreTimes(), "Time to write a change of a task to the store."},
  };
}

std::vector<MetricSpec> MoneyMetrics() {
  return {
      {"seedance_estimated_cost_total",
       kCounter,
       {"upstream", "currency"},
       {},
       "Estimated cost of tasks that the vendor accepted; of an estimate with bounds, the upper one."},
      {"seedance_settled_cost_total",
       kCounter,
       {"upstream", "currency"},
       {},
       "What tasks cost by the vendor's own log, where the gateway reads it."},
      {"seedance_refunded_cost_total",
       kCounter,
       {"upstream", "currency"},
       {},
       "By how much the log corrected a settled cost downwards."},
      {"seedance_journal_entries_total",
       kCounter,
       {"kind", "end"},
       {},
       "Billed creations of groups and assets by how they ended: done, refused, not_accepted, in_doubt; those in doubt "
       "again when they are settled."},
      {"seedance_in_doubt",
       kGauge,
       {"kind"},
       {},
       "Billed requests whose outcome is not known: of groups and assets in the store, of tasks in this gateway's "
       "shards."},
      {"seedance_in_doubt_oldest_seconds", kGauge, {"kind"}, {}, "Age of the oldest of them; 0: none."},
  };
}

std::vector<MetricSpec> AssetMetrics() {
  return {
      {"seedance_assets", kGauge, {"upstream", "state"}, {}, "Assets in the store, by state."},
      {"seedance_library_assets", kGauge, {"upstream"}, {}, "Assets that take a place at the vendor."},
      {"seedance_library_reserved_places",
       kGauge,
       {"upstream"},
       {},
       "Places held by creations of assets in flight or in doubt."},
      {"seedance_library_max_assets",
       kGauge,
       {"upstream"},
       {},
       "Maximum number of assets that the vendor keeps; 0: no limit."},
      {"seedance_library_assets_used_once", kGauge, {"upstream"}, {}, "Assets that one task used, and no other since."},
      {"seedance_library_next_lapse_seconds",
       kGauge,
       {"upstream"},
       {},
       "Time until the vendor drops the first asset unless it is used; -1: it drops none."},
      {"seedance_transfers_running",
       kGauge,
       {"upstream"},
       {},
       "Uploads, downloads and staged files under way; without an upstream: files behind URLs that are read."},
      {"seedance_transfers_waiting", kGauge, {"upstream"}, {}, "Transfers that wait for a place."},
      {"seedance_transfers_too_slow_total",
       kCounter,
       {"upstream"},
       {},
       "Transfers ended with TRANSFER_TOO_SLOW because others waited and their peer was too slow."},
  };
}

std::vector<MetricSpec> TenantMetrics() {
  return {
      {"seedance_tenant_tasks_created_total",
       kCounter,
       {"tenant"},
       {},
       "As seedance_tasks_created_total. Of tenants only with admin.max_tenants_in_metrics."},
      {"seedance_tenant_tasks_ended_total", kCounter, {"tenant", "state"}, {}, "As seedance_tasks_ended_total."},
      {"seedance_tenant_estimated_cost_total",
       kCounter,
       {"tenant", "currency"},
       {},
       "As seedance_estimated_cost_total."},
  };
}

std::vector<MetricSpec> StoreMetrics() {
  return {
      {"seedance_store_sound",
       kGauge,
       {},
       {},
       "1 when the last probe of the store was written durably and its files are in their place."},
      {"seedance_store_probe_age_seconds", kGauge, {}, {}, "Time since the last durable probe of the store."},
      {"seedance_store_transaction_seconds",
       kHistogram,
       {},
       StoreTimes(),
       "Time of a transaction that writes to the store, with its commit."},
      {"seedance_store_writes_total", kCounter, {}, {}, "Writes in these transactions."},
      {"seedance_store_read_seconds",
       kHistogram,
       {},
       StoreTimes(),
       "PostgreSQL: time of a read, with the wait for a connection."},
      {"seedance_store_size_bytes", kGauge, {}, {}, "SQLite: size of the database and its log."},
      {"seedance_store_disk_free_bytes", kGauge, {}, {}, "SQLite: free space of the file system of the database."},
      {"seedance_store_connections_in_use", kGauge, {}, {}, "PostgreSQL: connections for reads that are in use."},
      {"seedance_store_shards", kGauge, {}, {}, "Replicas: shards that this gateway owns."},
      {"seedance_store_replicas", kGauge, {}, {}, "Replicas: gateways that share the schema, as of the last lease."},
      {"seedance_store_lease_seconds",
       kGauge,
       {},
       {},
       "Replicas: what is left of the lease by this gateway's clock; 0: none."},
      {"seedance_store_shard_moves_total",
       kCounter,
       {"direction"},
       {},
       "Replicas: shards that came to this gateway and left it."},
      {"seedance_store_change_lag_seconds",
       kHistogram,
       {},
       StoreTimes(),
       "Replicas: time until a change that another gateway wrote was seen here."},
  };
}

std::vector<MetricSpec> ProcessMetrics() {
  return {
      {"seedance_build_info",
       kGauge,
       {"version", "revision"},
       {},
       "Always 1; the labels have the version and its commit."},
      {"seedance_draining", kGauge, {}, {}, "1 from SIGTERM on."},
      {"seedance_tls_certificate_expiry_timestamp_seconds",
       kGauge,
       {"role"},
       {},
       "When the first certificate expires, in Unix seconds: of the server's chain, of the client authorities."},
      {"seedance_tls_files_refused",
       kGauge,
       {},
       {},
       "1: the TLS files on disk are not usable and earlier ones stay in use."},
      {"seedance_tls_reloads_total", kCounter, {"result"}, {}, "Changes of the TLS files, taken or refused."},
      {"seedance_log_lines_dropped_total",
       kCounter,
       {"kind"},
       {},
       "Log lines that were dropped, by kind: over the rate of their kind, or nobody reads standard error."},
      {"seedance_trace_spans_total", kCounter, {"result"}, {}, "Spans that were exported, or dropped."},
      {"process_cpu_seconds_total", kCounter, {}, {}, "Processor time of user and system."},
      {"process_resident_memory_bytes", kGauge, {}, {}, "Resident memory."},
      {"process_virtual_memory_bytes", kGauge, {}, {}, "Virtual memory."},
      {"process_open_fds", kGauge, {}, {}, "Open file descriptors."},
      {"process_max_fds", kGauge, {}, {}, "Limit of open file descriptors."},
      {"process_threads", kGauge, {}, {}, "Threads."},
      {"process_start_time_seconds", kGauge, {}, {}, "When the process started, in Unix seconds."},
  };
}

}  // namespace

const std::vector<MetricSpec>& MetricTable() {
  static const auto* table = [] {
    auto* all = new std::vector<MetricSpec>();
    for (auto* part : {&CallMetrics, &TaskMetrics, &VendorMetrics, &MoneyMetrics, &AssetMetrics, &TenantMetrics,
                       &StoreMetrics, &ProcessMetrics}) {
      for (MetricSpec& spec : part()) all->push_back(std::move(spec));
    }
    return all;
  }();
  return *table;
}

const char* MetricTypeName(MetricSpec::Type type) {
  switch (type) {
    case kCounter:
      return "counter";
    case kGauge:
      return "gauge";
    case kHistogram:
      break;
  }
  return "histogram";
}

std::string MetricTableText() {
  std::string text = "| metric | type | labels | what it says |\n|---|---|---|---|\n";
  for (const MetricSpec& spec : MetricTable()) {
    absl::StrAppend(&text, "| `", spec.name, "` | ", MetricTypeName(spec.type), " | ", absl::StrJoin(spec.labels, ", "),
                    " | ", spec.help, " |\n");
  }
  return text;
}

}  // namespace seedance::base
