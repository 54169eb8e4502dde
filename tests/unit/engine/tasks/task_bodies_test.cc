// Hundreds of task bodies, good and bad, for every documented model of every vendor: each is judged as the vendor's
// pages say, every broken rule under its own path, and no vendor is called for any of them.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/engine/tasks/tasks.h"
#include "service/upstream/anyfast/profiles.h"
#include "service/upstream/piapi/profiles.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/tasks/documented_models.h"

namespace seedance::testing {
namespace {

using model::GenerationTask;
using model::MediaType;
using model::Reference;
using model::Resolution;
using model::TaskRequest;
using Role = model::ReferenceRole;
using Paths = std::set<std::string>;

// A body, and what is to become of it.
struct Row {
  std::string what;
  TaskRequest request;
  Paths broken;  // Empty: the task is good.
  // Of a good task, what it becomes where that is of interest.
  std::string sent_prompt;
  std::string model;
  std::vector<std::string> labels;  // Of the references as they are sent.
};

TaskRequest Body(const Documented& model) {
  TaskRequest request;
  request.upstream = model.upstream;
  request.model = model.name;
  request.prompt = "a cat walks";
  if (model.resolution_required) request.resolution = *model.resolutions.begin();
  return request;
}

Reference Url(Role role, const std::string& label = "", bool ephemeral = false) {
  return {label, role, std::nullopt, "https://example.com/media", ephemeral};
}

std::vector<Reference> Urls(size_t images, size_t videos, size_t audios) {
  std::vector<Reference> references;
  references.insert(references.end(), images, Url(Role::kReferenceImage));
  references.insert(references.end(), videos, Url(Role::kReferenceVideo));
  references.insert(references.end(), audios, Url(Role::kReferenceAudio));
  return references;
}

std::string At(size_t index, const std::string& field = "") {
  return absl::StrCat("generation_task.references[", index, "]", field);
}

class TaskBodiesTest : public EngineTest {
 protected:
  TaskBodiesTest() {
    vendor_.profile() = upstream::AnyFastProfile();
    own_.profile() = upstream::PiApiProfile("developer");
  }

  ~TaskBodiesTest() override {
    for (FakeVendor* vendor : {&vendor_, &own_}) {
      EXPECT_EQ(vendor->create_task.calls() + vendor->get_task.calls() + vendor->create_asset.calls() +
                    vendor->get_asset.calls() + vendor->list_assets.calls() + vendor->create_group.calls() +
                    vendor->get_group.calls() + vendor->stage_file.calls(),
                0)
          << "a vendor was called";
    }
    EXPECT_TRUE(store_->ListTasks({kTenant, {}, {}}, {}, 1)->items.empty());
  }

  // An asset of the tenant, of that kind and play time.
  Reference Asset(const std::string& upstream, MediaType type, double seconds = 0, const std::string& label = "") {
    model::Asset asset;
    asset.handle = {upstream, absl::StrCat("a", ++assets_)};
    asset.tenant = kTenant;
    asset.group = {upstream, "g"};
    asset.display_name = asset.handle.id;
    asset.media_type = type;
    asset.state = model::AssetState::kActive;
    asset.media_info.duration = absl::Seconds(seconds);
    asset.create_time = asset.update_time = clock_.Now();
    EXPECT_TRUE(store_->PutAsset(asset).ok());
    Reference reference;
    reference.label = label;
    reference.asset = asset.handle;
    return reference;
  }

  // Makes a row of the model's body with `edit`.
  void Add(const Documented& model, const std::string& what, const std::function<void(TaskRequest&)>& edit,
           Paths broken) {
    Row row;
    row.what = absl::StrCat(model.upstream, " ", model.name, ": ", what);
    row.request = Body(model);
    edit(row.request);
    for (const std::string& path : broken) {
      row.broken.insert(path.compare(0, 16, "generation_task.") == 0 ? path : "generation_task." + path);
    }
    rows_.push_back(std::move(row));
  }
  void Add(const Documented& model, const std::string& what, std::vector<Reference> references, Paths broken) {
    Add(
        model, what, [&](TaskRequest& r) { r.references = std::move(references); }, std::move(broken));
  }

  // Judges all rows, at least `least` of them.
  void Run(size_t least) {
    Start();
    EXPECT_GE(rows_.size(), least);
    for (const Row& row : rows_) Run(row);
  }

  std::vector<Row> rows_;

 private:
  void Run(const Row& row) {
    engine::CreateTaskParams params;
    params.request = row.request;
    params.validate_only = true;
    const absl::StatusOr<GenerationTask> task = CreateTask(params);
    const std::vector<std::string> fields = FieldsOf(task.status());
    EXPECT_EQ(Paths(fields.begin(), fields.end()), row.broken) << row.what << ": " << task.status();
    EXPECT_EQ(task.ok(), row.broken.empty()) << row.what << ": " << task.status();
    if (!task.ok()) {
      EXPECT_EQ(ReasonOf(task), base::Reason::kInvalidInput) << row.what;
      return;
    }
    EXPECT_EQ(task->id, "") << row.what;
    EXPECT_EQ(task->request.sent_prompt, row.sent_prompt.empty() ? row.request.prompt : row.sent_prompt) << row.what;
    EXPECT_EQ(task->request.model, row.model.empty() ? row.request.model : row.model) << row.what;
    if (row.labels.empty()) return;
    std::vector<std::string> labels;
    for (const Reference& reference : task->request.references) labels.push_back(reference.label);
    EXPECT_EQ(labels, row.labels) << row.what;
  }

  int assets_ = 0;
};

TEST_F(TaskBodiesTest, PromptsAndShapesOfEveryModel) {
  for (const Documented& model : AllModels()) {
    const auto prompt = [&](const std::string& what, const std::string& text, const Paths& broken) {
      Add(
          model, what, [&](TaskRequest& r) { r.prompt = text; }, broken);
    };
    std::string chinese;
    for (int i = 0; i < 4000; ++i) chinese += "猫";
    prompt("4000 characters", std::string(4000, 'x'), {});
    prompt("4001 characters", std::string(4001, 'x'), {"prompt"});
    prompt("4000 Chinese characters", chinese, {});
    prompt("4001 Chinese characters", chinese + "猫", {"prompt"});
    prompt("no prompt", "", {"prompt"});
    for (const auto& [seconds, good] : std::vector<std::pair<int, bool>>{{model.min_seconds - 1, false},
                                                                         {model.min_seconds, true},
                                                                         {model.max_seconds, true},
                                                                         {model.max_seconds + 1, false},
                                                                         {0, false},
                                                                         {-1, model.automatic},
                                                                         {-2, false}}) {
      Add(
          model, absl::StrCat(seconds, " s"), [s = seconds](TaskRequest& r) { r.duration_seconds = s; },
          good ? Paths{} : Paths{"duration"});
    }
    for (const Resolution resolution : {Resolution::kUnspecified, k480, k720, k1080, k2k, k4k}) {
      const bool good =
          resolution == Resolution::kUnspecified ? !model.resolution_required : model.resolutions.count(resolution) > 0;
      Add(
          model, absl::StrCat("resolution ", static_cast<int>(resolution)),
          [=](TaskRequest& r) { r.resolution = resolution; }, good ? Paths{} : Paths{"resolution"});
    }
    for (const std::string ratio : {"", "16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive", "2:1", "16 : 9"}) {
      const bool good = ratio == "adaptive" ? model.anyfast() : ratio != "2:1" && ratio != "16 : 9";
      Add(
          model, "ratio " + ratio, [&](TaskRequest& r) { r.aspect_ratio = ratio; },
          good ? Paths{} : Paths{"aspect_ratio"});
    }
  }
  Run(850);
}

TEST_F(TaskBodiesTest, ExtrasOfEveryModel) {
  for (const Documented& model : AllModels()) {
    const auto extra = [&](const std::string& what, const std::function<void(TaskRequest&)>& edit, const Paths& broken,
                           bool only_anyfast = false) {
      Add(model, what, edit, only_anyfast && !model.anyfast() ? Paths{what.substr(0, what.find(' '))} : broken);
    };
    for (const int64_t bad : {int64_t{-2}, int64_t{4294967296}}) {
      extra(absl::StrCat("seed ", bad), [=](TaskRequest& r) { r.seed = bad; }, {"seed"});
    }
    for (const int64_t good : {int64_t{0}, int64_t{4294967295}}) {
      extra(
          absl::StrCat("seed ", good), [=](TaskRequest& r) { r.seed = good; }, {}, true);
    }
    extra("seed -1", [](TaskRequest& r) { r.seed = -1; }, {});
    extra(
        "watermark true", [](TaskRequest& r) { r.watermark = true; }, {}, true);
    Add(model, "watermark false", [](TaskRequest& r) { r.watermark = false; }, {});
    extra(
        "return_last_frame true", [](TaskRequest& r) { r.return_last_frame = true; }, {}, true);
    extra(
        "web_search true", [](TaskRequest& r) { r.web_search = true; }, {}, true);
    for (const bool audio : {true, false}) {
      extra("generate_audio", [=](TaskRequest& r) { r.generate_audio = audio; }, {});
    }
    extra("ephemeral_retention of nothing", [](TaskRequest& r) { r.ephemeral_hours = 4; }, {"ephemeral_retention"});
  }
  for (const Documented& model : AllModels()) {
    if (model.images == 0) continue;
    Add(model, "web search with a reference",
        [](TaskRequest& r) {
          r.web_search = true;
          r.references = Urls(1, 0, 0);
        },
        {"web_search"});
    Add(
        model, "everything wrong at once",
        [](TaskRequest& r) {
          r.prompt = "{nobody}" + std::string(4001, 'x');
          r.duration_seconds = 99;
          r.aspect_ratio = "5:1";
          r.seed = -7;
          r.web_search = true;
          r.ephemeral_hours = 1;
          r.references = {Url(Role::kLastFrame), Url(Role::kReferenceImage), Url(Role::kUnspecified)};
        },
        [&] {
          Paths paths = {"prompt",     "duration",           "aspect_ratio",
                         "seed",       "web_search",         "ephemeral_retention",
                         "references", "references[1].role", "references[2].role"};
          if (model.images == 2) paths.insert("references[2]");
          return paths;
        }());
  }
  Run(350);
}

TEST_F(TaskBodiesTest, CountsOfReferencesOfEveryModel) {
  for (const Documented& model : AllModels()) {
    const auto [images, videos, audios] = std::tuple(model.images, model.videos, model.audios);
    const auto last = [&](size_t count) { return Paths{At(count - 1)}; };
    if (images > 0) {
      Add(model, "one image less", Urls(images - 1, 0, 0), {});
      Add(model, "all images", Urls(images, 0, 0), {});
      Add(model, "no prompt but an image",
          [](TaskRequest& r) {
            r.prompt.clear();
            r.references = Urls(1, 0, 0);
          },
          {});
      Add(model, "an audio too many", Urls(1, 0, audios + 1), last(audios + 2));
      Add(model, "a URL without a role", {Url(Role::kReferenceImage), Url(Role::kUnspecified)},
          images > 1 ? Paths{At(1, ".role")} : Paths{At(1), At(1, ".role")});
      Add(model, "adaptive with a first frame",
          [](TaskRequest& r) {
            r.aspect_ratio = "adaptive";
            r.references = {Url(Role::kFirstFrame)};
          },
          {});
      Add(
          model, "a fixed ratio with a first frame",
          [](TaskRequest& r) {
            r.aspect_ratio = "16:9";
            r.references = {Url(Role::kFirstFrame)};
          },
          model.frames_only_adaptive ? Paths{"aspect_ratio"} : Paths{});
    }
    Add(model, "an image too many", Urls(images + 1, 0, 0), last(images + 1));
    Add(model, "a video too many", Urls(0, videos + 1, 0), last(videos + 1));
    if (videos > 0) Add(model, "all videos", Urls(0, videos, 0), {});
    if (audios > 0) {
      Add(model, "all audios", Urls(1, 0, audios), {});
      Add(model, "audio alone", Urls(0, 0, 1), model.audio_alone ? Paths{} : Paths{"references"});
      Add(
          model, "audio alone without a prompt",
          [](TaskRequest& r) {
            r.prompt.clear();
            r.references = Urls(0, 0, 1);
          },
          model.audio_alone ? Paths{"prompt"} : Paths{"references", "prompt"});
    }
    const bool fits = model.total == 0 || images + videos + audios <= model.total;
    if (videos > 0) {
      Add(model, "all of everything", Urls(images, videos, audios), fits ? Paths{} : last(model.total + 1));
    }
    if (model.total > 0) {
      Add(model, "the most of all kinds", Urls(images, videos, model.total - images - videos), {});
      if (!fits) Add(model, "one more of all kinds", Urls(images, videos - 1, audios), last(model.total + 1));
    }
  }
  Run(300);
}

// The rules of roles, in the words of the vendors' pages.
Paths BrokenByRoles(const std::vector<Reference>& references) {
  const auto count = [&](Role role) {
    return std::count_if(references.begin(), references.end(), [role](const Reference& r) { return r.role == role; });
  };
  Paths broken;
  const auto first = count(Role::kFirstFrame);
  const auto last = count(Role::kLastFrame);
  if (first > 1 || last > 1 || (last == 1 && first == 0)) broken.insert("references");
  if (!references.empty() && count(Role::kReferenceAudio) == std::ssize(references)) broken.insert("references");
  for (size_t i = 0; i < references.size() && first + last > 0; ++i) {
    if (references[i].role != Role::kFirstFrame && references[i].role != Role::kLastFrame) {
      broken.insert(At(i, ".role"));
    }
  }
  return broken;
}

TEST_F(TaskBodiesTest, EveryCombinationOfRoles) {
  const std::vector<std::pair<Role, size_t>> most = {{Role::kReferenceAudio, 1},
                                                     {Role::kFirstFrame, 2},
                                                     {Role::kReferenceImage, 1},
                                                     {Role::kLastFrame, 2},
                                                     {Role::kReferenceVideo, 1}};
  std::vector<std::vector<Reference>> combinations = {{}};
  for (const auto& [role, count] : most) {
    const std::vector<std::vector<Reference>> shorter = combinations;
    for (size_t more = 1; more <= count; ++more) {
      for (std::vector<Reference> each : shorter) {
        each.insert(each.end(), more, Url(role));
        combinations.push_back(each);
      }
    }
  }
  for (const Documented& model : AllModels()) {
    if (model.name != "seedance" && model.name != "seedance-2") continue;
    for (const auto& each : combinations) {
      std::string what = "roles";
      for (const Reference& reference : each) absl::StrAppend(&what, " ", static_cast<int>(reference.role));
      Add(model, what, each, BrokenByRoles(each));
    }
  }
  Run(144);
}

TEST_F(TaskBodiesTest, AssetsAndEphemeralReferencesOfEveryModel) {
  for (const Documented& model : AllModels()) {
    if (model.images == 0) continue;
    const auto upgrade = [&](const std::string& what, const std::vector<Reference>& references, bool allow,
                             const Paths& broken) {
      Add(
          model, what,
          [&](TaskRequest& r) {
            r.references = references;
            r.allow_model_upgrade = allow;
          },
          broken);
      if (broken.empty() && !model.assets && !model.twin.empty()) rows_.back().model = model.twin;
    };
    const std::vector<Reference> asset = {Asset(model.upstream, MediaType::kImage)};
    upgrade("an asset", asset, false, model.assets ? Paths{} : Paths{"model"});
    upgrade("an asset, with upgrade", asset, true, model.assets || !model.twin.empty() ? Paths{} : Paths{"model"});
    const std::vector<Reference> imported = {Url(Role::kReferenceImage, "", true)};
    const Paths refused = {At(0, ".ephemeral")};
    upgrade("an ephemeral URL", imported, false, model.imports() ? Paths{} : refused);
    if (!model.anyfast()) {
      upgrade("an ephemeral URL, with upgrade", imported, true,
              model.imports() || !model.twin.empty() ? Paths{} : refused);
    }
    std::vector<Reference> wrong = asset;
    wrong[0].ephemeral = true;
    upgrade("an ephemeral asset", wrong, false, model.assets ? refused : Paths{At(0, ".ephemeral"), "model"});
    if (!model.imports()) continue;
    for (const auto& [hours, good] : std::vector<std::pair<int, bool>>{{2, false}, {3, true}, {8, true}, {9, false}}) {
      Add(
          model, absl::StrCat("kept for ", hours, " h"),
          [&, h = hours](TaskRequest& r) {
            r.references = imported;
            r.ephemeral_hours = h;
          },
          good ? Paths{} : Paths{"ephemeral_retention"});
    }
  }
  for (const std::string upstream : {"fake", "own"}) {
    const Documented by_default = {upstream, "", 4, 15, false, {}, false, 9, 3, 3, 0, false, ""};
    Add(by_default, "an asset without a model", {Asset(upstream, MediaType::kImage)}, {});
    rows_.back().model = upstream == "fake" ? "seedance" : "seedance-2-less-restriction";
    Add(by_default, "no asset, no model", std::vector<Reference>{}, {});
    rows_.back().model = upstream == "fake" ? "seedance" : "seedance-2";
    Documented unknown = by_default;
    unknown.name = upstream == "fake" ? "seedance-2" : "seedance-2.0";  // The other vendor's.
    Add(unknown, "another vendor's model", std::vector<Reference>{}, {"model"});
    Add(unknown, "another vendor's asset",
        {Asset(upstream == "fake" ? "own" : "fake", MediaType::kImage), Asset(upstream, MediaType::kImage)},
        {At(0, ".asset"), "model"});
  }
  Run(150);
}

TEST_F(TaskBodiesTest, MediaOfAssetsOfEveryModel) {
  for (const Documented& model : AllModels()) {
    if (!model.assets || model.videos == 0) continue;
    const double most = model.anyfast() ? model.max_seconds + 0.2 : model.max_seconds;
    const auto videos = [&](const std::string& what, const std::vector<double>& seconds, const Paths& broken) {
      std::vector<Reference> references;
      for (const double each : seconds) references.push_back(Asset(model.upstream, MediaType::kVideo, each));
      Add(model, "videos " + what, std::move(references), broken);
    };
    const auto audios = [&](const std::string& what, const std::vector<double>& seconds, const Paths& broken) {
      std::vector<Reference> references = {Asset(model.upstream, MediaType::kImage)};
      for (const double each : seconds) references.push_back(Asset(model.upstream, MediaType::kAudio, each));
      Add(model, "audios " + what, std::move(references), broken);
    };
    videos("below", {most - 1}, {});
    videos("at", {most + 0.06}, {});
    videos("above", {most + 0.07}, {At(0)});
    videos("together at", {most / 2, most / 2}, {});
    videos("together above", {most / 2, most / 2, 0.1}, {At(2)});
    videos("unknown", {most, 0, 0}, {});
    audios("at", {most}, {});
    audios("above", {2, most + 1}, {At(2)});
    audios("together above", {most / 2, most / 2 + 0.1}, {At(2)});
    Reference wrong = Asset(model.upstream, MediaType::kVideo);
    wrong.role = Role::kReferenceImage;
    Add(model, "a video as an image", {wrong}, {At(0, ".role")});
    wrong = Asset(model.upstream, MediaType::kAudio);
    wrong.role = Role::kFirstFrame;
    Add(model, "a sound as a frame", {wrong}, {At(0, ".role")});
  }
  Run(150);
}

TEST_F(TaskBodiesTest, MentionsInEveryNotation) {
  struct Mentions {
    std::string prompt;
    std::string anyfast;  // Empty: a reference is missing.
    std::string piapi;
  };
  const std::vector<Mentions> all = {
      {"{hero} walks to {beat} as in {walk}", "@图2 walks to @音频1 as in @视频1",
       "Image 2 walks to Audio 1 as in Video 1"},
      {"@图1和@图2", "@图1和@图2", "Image 1和Image 2"},
      {"@image2 @VIDEO1 @Audio1", "@图2 @视频1 @音频1", "Image 2 Video 1 Audio 1"},
      {"Image 1's hat, Audio 1.", "@图1's hat, @音频1.", "Image 1's hat, Audio 1."},
      {"{hero}2 and my{hero}s", "@图2 2 and my@图2 s", "Image 2 2 and my Image 2 s"},
      {"MyImage 9, image 9, {{hero}}, {\"a\": 1}", "MyImage 9, image 9, {hero}, {\"a\": 1}",
       "MyImage 9, image 9, {hero}, {\"a\": 1}"},
      {"{nobody}", "", ""},
      {"{Hero}", "", ""},
      {"@图3", "", ""},
      {"Image 0", "", ""},
      {"@视频2", "", ""},
      {"Audio 2", "", ""},
      {"@image99999999999999999999", "", ""},
  };
  for (const Documented& model : AllModels()) {
    if (!model.assets || model.videos == 0) continue;
    const std::vector<Reference> references = {
        Asset(model.upstream, MediaType::kAudio, 0, "beat"), Url(Role::kReferenceImage, "street"),
        Asset(model.upstream, MediaType::kVideo, 0, "walk"), Asset(model.upstream, MediaType::kImage, 0, "hero")};
    for (const Mentions& each : all) {
      Add(
          model, each.prompt,
          [&](TaskRequest& r) {
            r.prompt = each.prompt;
            r.references = references;
          },
          each.anyfast.empty() ? Paths{"prompt"} : Paths{});
      rows_.back().sent_prompt = model.anyfast() ? each.anyfast : each.piapi;
      rows_.back().labels = {"street", "hero", "walk", "beat"};
    }
  }
  Run(180);
}

}  // namespace
}  // namespace seedance::testing
