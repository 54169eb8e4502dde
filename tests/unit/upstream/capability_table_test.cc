// The tables "Which vendor can do what" and "What is billed" of service/upstream/README.md say what the profiles say.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "service/upstream/anyfast/profiles.h"
#include "service/upstream/piapi/profiles.h"

namespace seedance::upstream {
namespace {

using model::ModelProfile;
using model::UpstreamProfile;

struct Vendor {
  UpstreamProfile profile;             // Of its usual plan.
  std::vector<UpstreamProfile> plans;  // All plans.
};

std::string Number(double value) { return absl::StrFormat("%g", value); }

std::string Megabytes(int64_t bytes) { return absl::StrCat((bytes + (1 << 20) - 1) >> 20, " MiB"); }

std::string Range(double least, double most, const std::string& unit) {
  return absl::StrCat(Number(least), "-", Number(most), unit);
}

std::string Upper(const std::set<std::string>& formats) {
  std::vector<std::string> words;
  for (const std::string& format : formats) words.push_back(absl::AsciiStrToUpper(format));
  return absl::StrJoin(words, " ");
}

// `all`, `none`, or the number of models that can.
std::string Models(const Vendor& vendor, const std::function<bool(const ModelProfile&)>& can) {
  size_t count = 0;
  for (const ModelProfile& row : vendor.profile.models) count += can(row);
  if (count == vendor.profile.models.size()) return "all models";
  return count == 0 ? "no" : absl::StrCat(count, " of ", vendor.profile.models.size(), " models");
}

std::string Assets(const Vendor& vendor) {
  std::vector<std::string> names;
  for (const ModelProfile& row : vendor.profile.models) {
    if (row.asset_references) names.push_back("`" + row.name + "`");
  }
  if (names.size() == vendor.profile.models.size()) return "all models";
  return absl::StrJoin(names, ", ");
}

std::string Library(const Vendor& vendor) {
  std::vector<std::string> plans;
  for (const UpstreamProfile& plan : vendor.plans) {
    const model::AssetLibrary& library = plan.assets.library;
    if (library.max_assets == 0) return "without limit, for ever";
    plans.push_back(absl::StrCat(library.max_assets, " for ", absl::ToInt64Hours(library.idle_ttl) / 24, " d"));
  }
  return absl::StrCat(absl::StrJoin(plans, ", "), " unused");
}

std::string Image(const Vendor& vendor) {
  const model::MediaLimits& limits = vendor.profile.assets.image;
  return absl::StrCat(Upper(limits.formats), "; ", Megabytes(limits.max_bytes), "; ",
                      limits.open_bounds ? "between " : "", Range(limits.min_side, limits.max_side, " px"), ", ratio ",
                      Range(limits.min_ratio, limits.max_ratio, ""));
}

std::string Video(const Vendor& vendor) {
  const model::MediaLimits& limits = vendor.profile.assets.video;
  return absl::StrCat(
      Upper(limits.formats), "; ", Megabytes(limits.max_bytes), "; ",
      Range(absl::ToDoubleSeconds(limits.min_duration), absl::ToDoubleSeconds(limits.max_duration), " s"), ", ",
      Range(limits.min_frame_rate, limits.max_frame_rate, " fps"), ", ", Range(limits.min_side, limits.max_side, " px"),
      ", ratio ", Range(limits.min_ratio, limits.max_ratio, ""), ", ", limits.min_pixels, "-", limits.max_pixels,
      " pixels");
}

std::string Audio(const Vendor& vendor) {
  const model::MediaLimits& limits = vendor.profile.assets.audio;
  return absl::StrCat(
      Upper(limits.formats), "; ", Megabytes(limits.max_bytes), "; ",
      Range(absl::ToDoubleSeconds(limits.min_duration), absl::ToDoubleSeconds(limits.max_duration), " s"));
}

struct Row {
  std::string name;
  std::function<std::string(const Vendor&)> cell;
};

std::vector<Row> Rows() {
  const auto Own = [](bool vendor) { return std::string(vendor ? "at the vendor" : "in the gateway's store"); };
  const auto Taken = [](bool taken) { return std::string(taken ? "taken" : "staged behind a URL"); };
  return {
      {"Default model", [](const Vendor& v) { return "`" + v.profile.default_model + "`"; }},
      {"Asset groups", [=](const Vendor& v) { return Own(v.profile.assets.groups); }},
      {"Renaming an asset", [=](const Vendor& v) { return Own(v.profile.assets.rename); }},
      {"Bytes of a file", [=](const Vendor& v) { return Taken(v.profile.assets.bytes); }},
      {"Data URI, Base64", [=](const Vendor& v) { return Taken(v.profile.assets.data_uris); }},
      {"Assets kept", Library},
      {"Image", Image},
      {"Video", Video},
      {"Audio", Audio},
      {"Assets in a task", Assets},
      {"Ephemeral references",
       [](const Vendor& v) { return Models(v, [](const ModelProfile& row) { return row.ephemeral_references; }); }},
      {"Mention that the vendor gets", [](const Vendor& v) { return "`" + v.profile.notation.image + "1`"; }},
      {"Seed", [](const Vendor& v) { return Models(v, [](const ModelProfile& row) { return row.seed; }); }},
      {"Watermark", [](const Vendor& v) { return Models(v, [](const ModelProfile& row) { return row.watermark; }); }},
      {"Last frame", [](const Vendor& v) { return Models(v, [](const ModelProfile& row) { return row.last_frame; }); }},
      {"Web search", [](const Vendor& v) { return Models(v, [](const ModelProfile& row) { return row.web_search; }); }},
  };
}

std::string Billing(const std::string& model, bool vendor_has_it) {
  if (!model.empty()) return "per call, `" + model + "`";
  return vendor_has_it ? "not billed, bounded by the plan" : "free, kept by the gateway";
}

std::vector<Row> BillingRows() {
  const auto asset = [](model::MediaType type) {
    return [type](const Vendor& v) { return Billing(v.profile.assets.billing.Of(type), true); };
  };
  return {
      {"CreateAssetGroup",
       [](const Vendor& v) { return Billing(v.profile.assets.billing.group, v.profile.assets.groups); }},
      {"CreateAsset, UploadAsset: an image", asset(model::MediaType::kImage)},
      {"CreateAsset, UploadAsset: a video", asset(model::MediaType::kVideo)},
      {"CreateAsset, UploadAsset: an audio", asset(model::MediaType::kAudio)},
  };
}

void ExpectInReadme(const std::vector<Row>& rows, const std::string& heading) {
  const Vendor anyfast{AnyFastProfile(), {AnyFastProfile()}};
  Vendor piapi{PiApiProfile("developer"), {}};
  for (const char* plan : {"hobbyist", "developer", "premium", "enterprise"}) piapi.plans.push_back(PiApiProfile(plan));
  std::ifstream file(SEEDANCE_README);
  std::stringstream readme;
  readme << file.rdbuf();
  std::string expected;
  for (const Row& row : rows) {
    absl::StrAppend(&expected, "| ", row.name, " | ", row.cell(anyfast), " | ", row.cell(piapi), " |\n");
  }
  EXPECT_NE(readme.str().find(expected), std::string::npos)
      << "service/upstream/README.md must hold, under `" << heading << "`:\n"
      << expected;
}

TEST(CapabilityTable, ReadmeSaysWhatIsBilled) { ExpectInReadme(BillingRows(), "What is billed"); }

TEST(CapabilityTable, ReadmeSaysWhatTheProfilesSay) { ExpectInReadme(Rows(), "Which vendor can do what"); }

}  // namespace
}  // namespace seedance::upstream
