#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/media/boxes.h"
#include "service/media/parsers.h"

namespace seedance::media {
namespace {

// Pictures are items of the box `meta`. Properties (size, rotation) are in a list of their own (`ipco`), and `ipma`
// assigns them to items. A picture composed of tiles is an item with a size like any other. `iloc` has the positions of
// the items in the file.
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
  static constexpr size_t kExtentsAtATime = 128;

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
      case Tag("iloc"):
        return parent == Tag("meta") && left() >= 8 ? ReadBox(8, &Heif::OnLocations) : NextBox();
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
    if (!data_) return Break("it ends before its pictures");
    // The items decide: some writers claim more bytes for their box than they write, others none ("to the end").
    RequireSize(reach_);
  }

  bool MayEndIn(uint32_t type) const override {
    if (!known()) return false;
    return type == Tag("mdat") ? reach_ > 0 : data_;
  }

  // Version, sizes of the numbers below in 4 bits each, count of items.
  void OnLocations(Bytes bytes) {
    version_ = bytes.At(0);
    offset_bytes_ = NumberBytes(bytes.At(4) >> 4);
    length_bytes_ = NumberBytes(bytes.At(4));
    base_bytes_ = NumberBytes(bytes.At(5) >> 4);
    index_bytes_ = version_ > 0 ? NumberBytes(bytes.At(5)) : 0;
    locations_ = bytes.Big16(6);
    if (version_ < 2) return NextLocation();
    ReadBox(2, &Heif::OnLocationsLow);
  }
  void OnLocationsLow(Bytes bytes) {
    locations_ = locations_ << 16 | bytes.Big16(0);
    NextLocation();
  }
  static size_t NumberBytes(int bits) { return static_cast<size_t>(bits & 12); }

  void NextLocation() {
    if (locations_-- == 0) return NextBox();
    ReadBox((version_ < 2 ? 2 : 4) + (version_ > 0 ? 2 : 0) + 2 + base_bytes_ + 2, &Heif::OnLocation);
  }
  // Number of the item, construction method (0: in this file), data reference (0: this file), base offset, number of
  // extents.
  void OnLocation(Bytes bytes) {
    size_t at = version_ < 2 ? 2 : 4;
    const bool elsewhere = version_ > 0 && (bytes.Big16(at) & 15) != 0;
    at += version_ > 0 ? 2 : 0;
    here_ = !elsewhere && bytes.Big16(at) == 0;
    base_ = Number(bytes, at + 2, base_bytes_);
    extents_ = bytes.Big16(at + 2 + base_bytes_);
    NextExtents();
  }
  void NextExtents() {
    const size_t row = index_bytes_ + offset_bytes_ + length_bytes_;
    if (extents_ == 0 || row == 0) return NextLocation();
    const size_t now = std::min(extents_, kExtentsAtATime);
    extents_ -= now;
    ReadBox(now * row, &Heif::OnExtents);
  }
  void OnExtents(Bytes bytes) {
    for (size_t at = index_bytes_; here_ && at < bytes.size(); at += index_bytes_ + offset_bytes_ + length_bytes_) {
      const uint64_t from = AddSaturated(base_, Number(bytes, at, offset_bytes_));
      const uint64_t to = AddSaturated(from, Number(bytes, at + offset_bytes_, length_bytes_));
      reach_ = std::max(reach_, static_cast<int64_t>(std::min(to, uint64_t{1} << 62)));
    }
    NextExtents();
  }
  static uint64_t Number(Bytes bytes, size_t at, size_t size) {
    return size == 0 ? 0 : size == 4 ? bytes.Big32(at) : bytes.Big64(at);
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
  // Width and height as fractions. Encoders of even sizes crop the last row of odd pictures this way.
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
      // The first bit marks properties that a reader must support.
      const int property = property_bytes_ == 1 ? bytes.At(at) & 0x7f : bytes.Big16(at) & 0x7fff;
      // The primary picture may be named only later.
      if (primary_ != 0 && primary_ != item_) continue;
      if (associations_.size() == kMostAssociations) return Break("its pictures have too many properties");
      associations_.push_back({item_, static_cast<uint16_t>(property)});
    }
    NextItem();
  }

  void Conclude() {
    if (primary_ == 0) return Break("it names no primary picture");
    int64_t width = 0;
    int64_t height = 0;
    const std::vector<Property> properties = OfPrimary();
    // The size is that of the stored picture, wherever it is among the transformations.
    for (const Property& property : properties) {
      if (property.type != Tag("ispe")) continue;
      width = property.width;
      height = property.height;
      break;
    }
    for (const Property& property : properties) {
      if (property.type == Tag("clap") && IsCrop(property, width, height)) {
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

  std::vector<Property> OfPrimary() const {
    std::vector<Property> properties;
    for (const Association& association : associations_) {
      const bool known = association.property > 0 && association.property <= properties_.size();
      if (association.item == primary_ && known) properties.push_back(properties_[association.property - 1u]);
    }
    return properties;
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
  uint32_t items_ = 0;  // Still to read in the present `ipma`.
  uint32_t item_ = 0;

  // Of `iloc`.
  int version_ = 0;
  size_t offset_bytes_ = 0;
  size_t length_bytes_ = 0;
  size_t base_bytes_ = 0;
  size_t index_bytes_ = 0;
  uint32_t locations_ = 0;  // Items still to read.
  bool here_ = false;       // Whether the present item is in this file.
  uint64_t base_ = 0;
  size_t extents_ = 0;
  int64_t reach_ = 0;  // End offset of the items; 0: not stated.
};

}  // namespace

std::unique_ptr<Parser> MakeHeif(std::string_view container) { return std::make_unique<Heif>(container); }

}  // namespace seedance::media
