#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// Parts of a blob as a file has them: a version, a number of events, the size of each part, and a checksum of these; then
/// the parts, each with a checksum of its own, so that one is read without the others. A part that becomes much smaller by
/// it is packed.
std::string pack_parts(const std::vector<std::string>& parts, std::size_t events, int level);

/// The same, read part by part. The bytes must outlive it.
class part_reader {
public:
    /// Nothing for bytes that are damaged, or that are not `count` parts.
    static std::optional<part_reader> open(std::string_view bytes, std::size_t count);

    std::size_t events() const noexcept { return events_; }
    /// Nothing for one that is damaged. The bytes of one that was packed go into `unpacked`.
    std::optional<std::string_view> part(std::size_t which, std::shared_ptr<const std::string>& unpacked) const;

private:
    std::size_t events_ = 0;
    std::vector<std::string_view> parts_;
};

}  // namespace carrel::segments
