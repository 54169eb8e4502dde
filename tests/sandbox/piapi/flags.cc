#include "tests/sandbox/piapi/flags.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace seedance::sandbox {
namespace {

const std::map<std::string, PiApiPlan> kPlans = {{"hobbyist", PiApiPlan::kHobbyist},
                                                 {"developer", PiApiPlan::kDeveloper},
                                                 {"premium", PiApiPlan::kPremium},
                                                 {"enterprise", PiApiPlan::kEnterprise}};
const std::map<std::string, WordCase> kCases = {
    {"title", WordCase::kTitle}, {"lower", WordCase::kLower}, {"upper", WordCase::kUpper}, {"mixed", WordCase::kMixed}};
const std::map<std::string, HistoriesShape> kHistories = {
    {"object", HistoriesShape::kObject}, {"array", HistoriesShape::kArray}, {"none", HistoriesShape::kNone}};
const std::map<std::string, WebhookEvents> kEvents = {{"all", WebhookEvents::kAll},
                                                      {"terminal", WebhookEvents::kTerminal}};

}  // namespace

void PiApiFlags::AddTo(CLI::App& app) {
  app.add_option("--piapi-plan", piapi_.plan, "PiAPI: plan, which gives the asset quota and idle time [developer]")
      ->transform(CLI::CheckedTransformer(kPlans));
  app.add_option("--piapi-case", piapi_.word_case, "PiAPI: how status words are written [title]")
      ->transform(CLI::CheckedTransformer(kCases));
  app.add_option("--piapi-max-assets", piapi_.max_assets, "PiAPI: managed assets, instead of the plan's")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--piapi-ttl-seconds", ttl_seconds_, "PiAPI: virtual idle time of assets, instead of the plan's")
      ->check(CLI::Range(0.0, 1e9));
  app.add_option("--piapi-max-ephemeral", piapi_.max_ephemeral_assets, "PiAPI: ephemeral assets at the same time")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--piapi-max-tasks", piapi_.max_tasks, "PiAPI: active tasks at the same time")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--piapi-points", piapi_.points, "PiAPI: points of each key [never short]")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--piapi-ephemeral-plan-ok", piapi_.ephemeral_plan_ok, "PiAPI: the plan allows uploads of files")
      ->capture_default_str();
  app.add_flag("--piapi-assets-on-all-twins", piapi_.assets_on_all_twins,
               "PiAPI: take asset:// also on the less-restriction types of mini and 2.5");
  app.add_option("--piapi-histories", piapi_.histories,
                 "PiAPI: where the list of tasks stands: object (data.tasks), array (data), none (404) [object]")
      ->transform(CLI::CheckedTransformer(kHistories));
  app.add_option("--piapi-histories-prompts", piapi_.histories_prompts, "PiAPI: the list of tasks shows their input")
      ->capture_default_str();
  app.add_flag("--piapi-cancel", piapi_.cancel, "PiAPI: DELETE cancels a task that is Pending");
  AddRefusalsTo(app);
  AddWebhooksTo(app);
}

void PiApiFlags::AddRefusalsTo(CLI::App& app) {
  const auto status = CLI::Range(400, 599);
  app.add_option("--piapi-quota-status", piapi_.quota_status, "PiAPI: HTTP status when the asset quota is full")
      ->check(status)
      ->capture_default_str();
  app.add_option("--piapi-limit-status", piapi_.limit_status,
                 "PiAPI: HTTP status at the limit of active tasks or ephemeral assets")
      ->check(status)
      ->capture_default_str();
  app.add_option("--piapi-credit-status", piapi_.credit_status, "PiAPI: HTTP status when points are short")
      ->check(status)
      ->capture_default_str();
  app.add_flag("--piapi-refuse-in-body", piapi_.refuse_in_body,
               "PiAPI: limits and short points answer HTTP 200 with code 500 in the body");
}

void PiApiFlags::AddWebhooksTo(CLI::App& app) {
  const auto share = CLI::Range(0.0, 1.0);
  app.add_option("--webhook-events", webhook_.events, "Which events are sent to a task's webhook [all]")
      ->transform(CLI::CheckedTransformer(kEvents));
  app.add_option("--webhook-loss", webhook_.loss, "Share of events that are never sent")
      ->check(share)
      ->capture_default_str();
  app.add_option("--webhook-duplicates", webhook_.duplicates, "Share of events that are sent twice")
      ->check(share)
      ->capture_default_str();
  app.add_option("--webhook-delay-ms", webhook_delay_ms_, "Virtual time from an event to its delivery")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void PiApiFlags::Apply(Options& options) const {
  options.piapi = piapi_;
  if (ttl_seconds_.has_value()) options.piapi.asset_ttl = absl::Seconds(*ttl_seconds_);
  options.webhook = webhook_;
  options.webhook.delay = absl::Milliseconds(webhook_delay_ms_);
}

}  // namespace seedance::sandbox
