#include <vector>

#include "absl/strings/str_cat.h"
#include "service/media/boxes.h"
#include "service/media/parsers.h"

namespace seedance::media {
namespace {

// Pictures are items of the box `meta`. Properties (size, turns) stand in a list of their own (`ipco`), and `ipma` says
// which item has which. A picture that is put together from tiles is an item with a size as any other.
class Heif : public BoxParser {
 public:
  explicit Heif(std::string_view container) : BoxParser(model::MediaType::kImage, container) {}

 private:
  struct Property {
    uint32_t type = 0;
    int64_t width = 0;  // Of `ispe` and `clap`.
    int64_t height = 0;
    bool turned = false;  // Of `irot`.
  };
  struct Association {
    uint32_t item = 0;
    uint16_t property = 0;  // From 1.
  };
  // A picture of many tiles has some hundreds of items.
  static constexpr size_t kMostProperties = 4096;
  static constexpr size_t kMostAssociations = 16384;

  void OnBox(uint32_t type, uint32_t parent) override {
    if (parent == Tag("ipco")) return OnProperty(type);
    switch (type) {
      case Tag("meta"):
        return parent == 0 && !known() ? Enter(4) : NextBox();
      case Tag("mdat"):
      case Tag("idat"):
        data_ = true;
        return NextBox();
      case Tag("iprp"):
        return parent == Tag("meta") ? Enter() : NextBox();
      case Tag("ipco"):
        return parent == Tag("iprp") ? Enter() : NextBox();
      case Tag("ipma"):
        return parent == Tag("iprp") ? ReadBox(8, &Heif::OnAssociations) : NextBox();
      case Tag("pitm"):
        return parent == Tag("meta") ? ReadBox(6, &Heif::OnPrimary) : NextBox();
      default:
        return NextBox();
    }
  }

  void OnLeave(uint32_t type) override {
    if (type == Tag("meta")) Conclude();
  }

  void OnLastBox() override {
    if (!known()) return Break("it has no box `meta`");
    if (!data_) Break("it ends before its pictures");
  }

  void OnPrimary(Bytes bytes) {
    primary_ = bytes.Big16(4);
    // A later version has numbers of 32 bits.
    if (bytes.At(0) == 0) return NextBox();
    ReadBox(2, &Heif::OnPrimaryLow);
  }
  void OnPrimaryLow(Bytes bytes) {
    primary_ = primary_ << 16 | bytes.Big16(0);
    NextBox();
  }

  void OnProperty(uint32_t type) {
    if (properties_.size() == kMostProperties) return Break("its pictures have too many properties");
    properties_.push_back({type});
    switch (type) {
      case Tag("ispe"):
        return ReadBox(12, &Heif::OnSize);
      case Tag("irot"):
        return ReadBox(1, &Heif::OnTurn);
      case Tag("clap"):
        return ReadBox(16, &Heif::OnCrop);
      default:
        return NextBox();
    }
  }

  void OnSize(Bytes bytes) {
    properties_.back().width = bytes.Big32(4);
    properties_.back().height = bytes.Big32(8);
    NextBox();
  }
  void OnTurn(Bytes bytes) {
    properties_.back().turned = (bytes.At(0) & 1) != 0;
    NextBox();
  }
  // Width and height as fractions. Encoders of even sizes cut the last row of odd pictures off so.
  void OnCrop(Bytes bytes) {
    const auto fraction = [&](size_t at) {
      const uint32_t divisor = bytes.Big32(at + 4);
      return divisor == 0 ? 0 : (int64_t{bytes.Big32(at)} + divisor / 2) / divisor;
    };
    properties_.back().width = fraction(0);
    properties_.back().height = fraction(8);
    NextBox();
  }

  void OnAssociations(Bytes bytes) {
    item_bytes_ = bytes.At(0) < 1 ? 2 : 4;
    property_bytes_ = (bytes.At(3) & 1) != 0 ? 2 : 1;
    items_ = bytes.Big32(4);
    NextItem();
  }
  void NextItem() {
    if (items_-- == 0) return NextBox();
    ReadBox(item_bytes_ + 1, &Heif::OnItem);
  }
  void OnItem(Bytes bytes) {
    item_ = item_bytes_ == 2 ? bytes.Big16(0) : bytes.Big32(0);
    const size_t count = bytes.At(item_bytes_);
    if (count == 0) return NextItem();
    ReadBox(count * property_bytes_, &Heif::OnItemProperties);
  }
  void OnItemProperties(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += property_bytes_) {
      // The first bit says whether a reader has to know the property.
      const int property = property_bytes_ == 1 ? bytes.At(at) & 0x7f : bytes.Big16(at) & 0x7fff;
      // Which is the primary picture may only be told later.
      if (primary_ != 0 && primary_ != item_) continue;
      if (associations_.size() == kMostAssociations) return Break("its pictures have too many properties");
      associations_.push_back({item_, static_cast<uint16_t>(property)});
    }
    NextItem();
  }

  void Conclude() {
    if (primary_ == 0) return Break("it does not tell its primary picture");
    int64_t width = 0;
    int64_t height = 0;
    for (const Association& association : associations_) {
      if (association.item != primary_ || association.property == 0 || association.property > properties_.size()) {
        continue;
      }
      const Property& property = properties_[association.property - 1u];
      if (property.type == Tag("ispe") || (property.type == Tag("clap") && IsCrop(property, width, height))) {
        width = property.width;
        height = property.height;
      }
      if (property.turned) std::swap(width, height);
    }
    if (width == 0 && height == 0) return Break("its primary picture has no size");
    if (!SetSize(width, height)) return;
    properties_ = {};
    associations_ = {};
    Know();
  }

  static bool IsCrop(const Property& crop, int64_t width, int64_t height) {
    return crop.width > 0 && crop.height > 0 && crop.width <= width && crop.height <= height;
  }

  bool data_ = false;
  uint32_t primary_ = 0;
  std::vector<Property> properties_;
  std::vector<Association> associations_;

  size_t item_bytes_ = 2;
  size_t property_bytes_ = 1;
  uint32_t items_ = 0;  // That are still to come in the `ipma` at hand.
  uint32_t item_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeHeif(std::string_view container) { return std::make_unique<Heif>(container); }

}  // namespace seedance::media
