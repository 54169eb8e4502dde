#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_OPTIONS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace seedance::sandbox {

enum class PiApiPlan { kHobbyist, kDeveloper, kPremium, kEnterprise };

// How status words are written.
enum class WordCase {
  kTitle,  // Completed
  kLower,  // completed
  kUpper,  // COMPLETED
  kMixed,  // One of the three, by resource and word.
};

// Where the list of tasks stands in its answer.
enum class HistoriesShape {
  kObject,  // data.tasks, with data.total.
  kArray,   // data.
  kNone,    // There is no such path.
};

// How the emulated PiAPI behaves. What its contract leaves open is a setting.
struct PiApiOptions {
  PiApiPlan plan = PiApiPlan::kDeveloper;
  WordCase word_case = WordCase::kTitle;
  std::optional<int64_t> max_assets;        // Instead of the plan's quota of managed assets.
  std::optional<absl::Duration> asset_ttl;  // Virtual, instead of the plan's idle time.
  int64_t max_ephemeral_assets = 20;        // Of auto_upload_assets, at the same time.
  int64_t max_tasks = 20;                   // Active at the same time.
  std::optional<int64_t> points;            // Of each key; not set: never short.
  bool ephemeral_plan_ok = true;            // False: uploads of files are refused for the plan.
  bool assets_on_all_twins = false;         // asset:// also on the less-restriction twins of mini and 2.5.
  HistoriesShape histories = HistoriesShape::kObject;
  bool histories_prompts = true;  // The list shows what was asked for.
  bool cancel = false;            // Tasks can be cancelled while they are Pending.
  int quota_status = 429;         // HTTP status when the asset quota is full.
  int limit_status = 429;         // HTTP status at the limit of active tasks.
  int credit_status = 402;        // HTTP status when points are short.
  bool refuse_in_body = false;    // Limit and credits answer HTTP 200, code 500, the text in data.error.message.

  int64_t AssetQuota() const;
  absl::Duration AssetTtl() const;
};

enum class WebhookEvents { kAll, kTerminal };

struct WebhookOptions {
  WebhookEvents events = WebhookEvents::kAll;
  double loss = 0;        // Share of events that are never sent.
  double duplicates = 0;  // Share of events that are sent twice.
  absl::Duration delay;   // Virtual, after the event.
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_OPTIONS_H_
