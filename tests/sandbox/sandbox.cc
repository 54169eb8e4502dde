#include "tests/sandbox/sandbox.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "tests/sandbox/anyfast/api.h"
#include "tests/sandbox/piapi/api.h"

namespace seedance::sandbox {
namespace {

uint64_t SeedOf(const Options& options) {
  return options.seed.has_value() ? *options.seed : base::SystemRandom().Bits();
}

std::vector<std::unique_ptr<Dialect>> MakeDialects(Shared shared) {
  std::vector<std::unique_ptr<Dialect>> dialects;
  dialects.push_back(std::make_unique<AnyFastApi>(shared));
  dialects.push_back(std::make_unique<PiApiApi>(shared));
  return dialects;
}

}  // namespace

Sandbox::Sandbox(Options options)
    : options_(std::move(options)),
      clock_(base::RealClock(), options_.speed),
      ids_(options_.seed),
      links_(absl::StrCat("link secret ", SeedOf(options_))),
      library_(options_.piapi),
      account_(options_.piapi, world_),
      webhooks_(options_, clock_, links_, SeedOf(options_)),
      faults_(SeedOf(options_)),
      vendor_(MakeShared(), faults_, log_, MakeDialects(MakeShared())),
      control_api_(MakeShared(), faults_, log_, [this] { Reset(); }) {}

absl::Status Sandbox::Start() {
  absl::StatusOr<std::string> listen = vendor_.Start(options_.listen);
  if (!listen.ok()) return listen.status();
  absl::StatusOr<std::string> control = control_api_.Start(options_.control);
  if (!control.ok()) return control.status();
  listen_ = *std::move(listen);
  control_ = *std::move(control);
  return absl::OkStatus();
}

void Sandbox::Stop() {
  vendor_.Stop();
  control_api_.Stop();
  fetcher_.Stop();
  webhooks_.Stop();
}

Shared Sandbox::MakeShared() {
  return {options_, clock_, ids_, ledger_, world_, links_, library_, account_, uploads_, fetcher_, webhooks_};
}

void Sandbox::Reset() {
  faults_.Reset();
  webhooks_.Reset();
  world_.Reset();
  library_.Reset();
  account_.Reset();
  uploads_.Reset();
  ledger_.Reset();
  log_.Reset();
  ids_.Reset();
  clock_.Reset();
}

}  // namespace seedance::sandbox
