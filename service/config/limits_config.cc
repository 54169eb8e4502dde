#include "service/config/limits_config.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/config/field_rules.h"
#include "service/config/limit_fields.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;
using model::ModelProfile;
using model::UpstreamProfile;

constexpr double kMostPrice = 1e9;
constexpr size_t kMostModelName = 128;

const std::vector<std::string>& ImageFormats() {
  static const auto* words = new std::vector<std::string>{"jpeg", "png", "gif", "webp", "bmp", "tiff", "heic", "heif"};
  return *words;
}

const std::vector<std::string>& VideoFormats() {
  static const auto* words = new std::vector<std::string>{"mp4", "mov"};
  return *words;
}

const std::vector<std::string>& AudioFormats() {
  static const auto* words = new std::vector<std::string>{"mp3", "wav"};
  return *words;
}

// Only if both bounds are set (not 0).
template <typename T>
void CheckOrder(LimitReader& fields, const char* least_name, const T& least, const char* most_name, const T& most) {
  if (least > T{} && most > T{} && least > most) fields.Add(least_name, absl::StrCat("is more than ", most_name));
}

// Constraints between the limits of any media.
void CheckMediaOrder(const model::MediaLimits& limits, LimitReader& fields) {
  CheckOrder(fields, "min_side", limits.min_side, "max_side", limits.max_side);
  CheckOrder(fields, "min_ratio", limits.min_ratio, "max_ratio", limits.max_ratio);
  CheckOrder(fields, "min_pixels", limits.min_pixels, "max_pixels", limits.max_pixels);
  CheckOrder(fields, "min_frame_rate", limits.min_frame_rate, "max_frame_rate", limits.max_frame_rate);
}

void ApplyMedia(const proto::MediaLimits& from, const std::string& path, const std::vector<std::string>& formats,
                model::MediaLimits& limits, std::vector<ConfigProblem>& problems) {
  LimitReader fields(from, path, problems);
  VisitMedia(fields, limits, formats);
  CheckMediaOrder(limits, fields);
  CheckOrder(fields, "min_duration", limits.min_duration, "max_duration", limits.max_duration);
}

void ApplyPrice(const proto::Price& from, const std::string& path, ModelProfile& model,
                std::vector<ConfigProblem>& problems) {
  LimitReader fields(from, path, problems);
  model::Price price;
  price.currency = from.currency();
  if (price.currency.empty()) fields.Add("currency", "is required, for example USD");
  if (!price.currency.empty() && !IsCurrency(price.currency)) fields.Add("currency", kCurrencyRule);
  fields.Number("per_task", price.per_task, 0, kMostPrice);
  fields.Number("per_second", price.per_second, 0, kMostPrice);
  for (const auto& [word, amount] : from.per_second_of()) {
    const std::string field = absl::StrCat("per_second_of.", word);
    const model::Resolution resolution = ResolutionOf(word);
    if (resolution == model::Resolution::kUnspecified) fields.Add(field, "is not a resolution such as 720p");
    if (amount < 0 || amount > kMostPrice) {
      fields.Add(field, absl::StrCat("must be 0 to ", Plain(kMostPrice), ", is ", Plain(amount)));
    }
    price.per_second_of[resolution] = amount;
  }
  model.price = std::move(price);
}

// Billing models are the vendor's, and fixed.
void ApplyAssetPrice(const proto::AssetPrice& from, const std::string& path, model::AssetProfile& assets,
                     std::vector<ConfigProblem>& problems) {
  LimitReader fields(from, path, problems);
  const model::BillingModels& billing = assets.billing;
  const std::set<std::string> known = {billing.group, billing.image, billing.video, billing.audio};
  model::AssetPrice price;
  price.currency = from.currency();
  if (price.currency.empty()) fields.Add("currency", "is required, for example USD");
  if (!price.currency.empty() && !IsCurrency(price.currency)) fields.Add("currency", kCurrencyRule);
  for (const auto& [name, amount] : from.per_call()) {
    const std::string field = absl::StrCat("per_call.", name);
    if (name.empty() || known.count(name) == 0) {
      fields.Add(field, billing.group.empty() && billing.image.empty()
                            ? "is not a billing model: the vendor bills no creations of groups and assets"
                            : absl::StrCat("must be a billing model of the vendor: ", absl::StrJoin(known, ", ")));
    }
    if (!(amount >= 0 && amount <= kMostPrice)) {
      fields.Add(field, absl::StrCat("must be 0 to ", Plain(kMostPrice), ", is ", Plain(amount)));
    }
    price.per_call[name] = amount;
  }
  assets.price = std::move(price);
}

// Constraints between the limits of one model, after all were applied.
void CheckModel(const ModelProfile& model, LimitReader& fields) {
  CheckOrder(fields, "min_duration_seconds", model.min_duration_seconds, "max_duration_seconds",
             model.max_duration_seconds);
  const int length = model.default_duration_seconds;
  if (length < model.min_duration_seconds || length > model.max_duration_seconds) {
    fields.Add("default_duration_seconds",
               absl::StrCat("must be ", model.min_duration_seconds, " to ", model.max_duration_seconds,
                            ", the durations of the model, is ", length));
  }
  if (!model.resolutions.empty() && model.resolutions.count(model.default_resolution) == 0) {
    fields.Add("default_resolution", absl::StrCat("must be one of the model's resolutions, is `",
                                                  std::string(model::ResolutionName(model.default_resolution)), "`"));
  }
}

void ApplyModel(const proto::ModelLimits& from, const std::string& path, ModelProfile& model,
                std::vector<ConfigProblem>& problems) {
  LimitReader fields(from, path, problems);
  VisitModel(fields, model);
  LimitReader video(from.reference_video(), path + "reference_video.", problems);
  VisitReferenceVideo(video, model.reference_video);
  CheckMediaOrder(model.reference_video, video);
  CheckOrder(video, "min_duration", model.reference_video.min_duration, "max_video_duration of the model",
             model.max_video_duration);
  if (from.has_price()) ApplyPrice(from.price(), path + "price.", model, problems);
  CheckModel(model, fields);
}

bool IsModelName(const std::string& name) {
  const std::string stem = name.substr(0, name.find('*'));
  return !stem.empty() && name.size() <= kMostModelName && name.size() - stem.size() <= 1 &&
         std::all_of(stem.begin(), stem.end(), [](char c) { return c > ' ' && c <= '~'; });
}

ModelProfile* FindRow(std::vector<ModelProfile>& rows, const std::string& name) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const ModelProfile& each) { return each.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

// Applies the rows of the configuration to the documented ones.
class ModelRows {
 public:
  ModelRows(const proto::Limits& limits, std::string path, std::vector<ConfigProblem>& problems,
            std::vector<ModelProfile>& documented)
      : limits_(limits), path_(std::move(path)), problems_(problems), documented_(documented) {}

  void Apply() {
    for (int i = 0; i < limits_.models_size(); ++i) ChangeDocumented(i);
    for (int i = 0; i < limits_.models_size(); ++i) AddNew(i);
    documented_.insert(documented_.begin(), added_.begin(), added_.end());
    for (const auto& [name, index] : lines_) CheckOther(name, PathOf(index));
  }

 private:
  std::string PathOf(int index) const { return absl::StrCat(path_, "models[", index, "]."); }
  void Add(int index, const std::string& field, const std::string& what) {
    problems_.push_back({PathOf(index) + field, what, 0});
  }

  void ChangeDocumented(int index) {
    const proto::ModelLimits& from = limits_.models(index);
    if (!IsModelName(from.name())) {
      return Add(index, "name", "is required: visible ASCII characters, with at most one * at the end");
    }
    if (!lines_.emplace(from.name(), index).second) {
      return Add(index, "name", absl::StrCat("`", from.name(), "` is the name of an earlier row"));
    }
    ModelProfile* row = FindRow(documented_, from.name());
    if (row == nullptr) return;
    if (!from.like().empty()) Add(index, "like", "is for models that are not documented");
    ApplyModel(from, PathOf(index), *row, problems_);
  }

  void AddNew(int index) {
    const proto::ModelLimits& from = limits_.models(index);
    const auto line = lines_.find(from.name());
    if (line == lines_.end() || line->second != index || FindRow(documented_, from.name()) != nullptr) return;
    const ModelProfile* like = FindRow(documented_, from.like());
    if (like == nullptr) like = FindRow(added_, from.like());
    if (like == nullptr) {
      return Add(index, "like", absl::StrCat("must name a documented model, because `", from.name(), "` is not one"));
    }
    ModelProfile row = *like;
    row.name = from.name();
    ApplyModel(from, PathOf(index), row, problems_);
    added_.push_back(std::move(row));
  }

  // The replacement model must exist and accept assets.
  void CheckOther(const std::string& name, const std::string& path) {
    const ModelProfile* row = FindRow(documented_, name);
    if (row == nullptr || row->asset_references || row->asset_reference_model.empty()) return;
    UpstreamProfile all;
    all.models = documented_;
    const ModelProfile* other = all.FindModel(row->asset_reference_model);
    if (other != nullptr && other->asset_references) return;
    problems_.push_back({path + "asset_reference_model",
                         absl::StrCat("`", row->asset_reference_model, "` is not a model that accepts assets"), 0});
  }

  const proto::Limits& limits_;
  const std::string path_;
  std::vector<ConfigProblem>& problems_;
  std::vector<ModelProfile>& documented_;
  std::vector<ModelProfile> added_;
  std::map<std::string, int> lines_;  // Names of valid rows and their indexes.
};

proto::Price PriceOf(const model::Price& price) {
  proto::Price written;
  written.set_currency(price.currency);
  written.set_per_task(price.per_task);
  written.set_per_second(price.per_second);
  for (const auto& [resolution, amount] : price.per_second_of) {
    (*written.mutable_per_second_of())[std::string(model::ResolutionName(resolution))] = amount;
  }
  return written;
}

}  // namespace

UpstreamProfile ApplyLimits(const UpstreamProfile& documented, const proto::Limits& limits, const std::string& path,
                            std::vector<ConfigProblem>& problems) {
  UpstreamProfile profile = documented;
  const std::string assets = path + "assets.";
  ApplyMedia(limits.assets().image(), assets + "image.", ImageFormats(), profile.assets.image, problems);
  ApplyMedia(limits.assets().video(), assets + "video.", VideoFormats(), profile.assets.video, problems);
  ApplyMedia(limits.assets().audio(), assets + "audio.", AudioFormats(), profile.assets.audio, problems);
  LimitReader fields(limits.assets(), assets, problems);
  VisitLibrary(fields, profile.assets.library);
  if (limits.assets().has_price())
    ApplyAssetPrice(limits.assets().price(), assets + "price.", profile.assets, problems);
  ModelRows(limits, path, problems, profile.models).Apply();
  return profile;
}

proto::Limits ToProto(const UpstreamProfile& profile) {
  proto::Limits limits;
  proto::AssetLimits& assets = *limits.mutable_assets();
  LimitWriter image(*assets.mutable_image());
  VisitMedia(image, profile.assets.image, {});
  LimitWriter video(*assets.mutable_video());
  VisitMedia(video, profile.assets.video, {});
  LimitWriter audio(*assets.mutable_audio());
  VisitMedia(audio, profile.assets.audio, {});
  LimitWriter library(assets);
  VisitLibrary(library, profile.assets.library);
  if (profile.assets.price.has_value()) {
    assets.mutable_price()->set_currency(profile.assets.price->currency);
    for (const auto& [name, amount] : profile.assets.price->per_call)
      (*assets.mutable_price()->mutable_per_call())[name] = amount;
  }
  for (const ModelProfile& model : profile.models) {
    proto::ModelLimits& row = *limits.add_models();
    row.set_name(model.name);
    LimitWriter fields(row);
    VisitModel(fields, model);
    LimitWriter reference(*row.mutable_reference_video());
    VisitReferenceVideo(reference, model.reference_video);
    if (model.price.has_value()) *row.mutable_price() = PriceOf(*model.price);
  }
  return limits;
}

void FillIn(const UpstreamProfile& profile, proto::Limits& limits) {
  std::map<std::string, std::string> like;
  for (const proto::ModelLimits& row : limits.models()) like[row.name()] = row.like();
  limits = ToProto(profile);
  for (proto::ModelLimits& row : *limits.mutable_models()) {
    if (const auto given = like.find(row.name()); given != like.end()) row.set_like(given->second);
  }
}

}  // namespace seedance::config
