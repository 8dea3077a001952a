#pragma once

#include "resource/operation.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Reads the members of one object of JSON that a client gave, and reports each fault by its path: `steps[2].parameters.url`. What is
/// no object has no members. Members that nobody has read are unknown.
class object_reader {
public:
    object_reader(const boost::json::value& given, std::string path, std::vector<fault>& faults);

    bool is_object() const noexcept { return object_ != nullptr; }
    std::string path_of(std::string_view name) const;
    /// The member as it is; null if it is not there.
    const boost::json::value* find(std::string_view name);

    struct bounds {
        std::int64_t min = 0, max = 0;
    };
    /// Of `min` to `max` characters; nothing if it is not there or wrong.
    std::optional<std::string> text(std::string_view name, bounds size, bool is_required = false);
    std::int64_t integer(std::string_view name, bounds of, std::int64_t initial);
    bool boolean(std::string_view name, bool initial);
    /// The place of a name in `values`.
    std::optional<std::int64_t> choice(std::string_view name, std::span<const std::string_view> values,
                                       bool is_required = false);
    /// A list of at most `count_max` texts, each of `size` characters.
    std::vector<std::string> texts(std::string_view name, std::size_t count_max, bounds size);
    /// The items of a list of `count.min` to `count.max`, each to be read by the caller.
    std::span<const boost::json::value> list(std::string_view name, bounds count, bool is_required = false);

    void refuse(std::string_view name, std::string why);
    /// Call it last: a fault for each member that was not requested.
    void refuse_others();

private:
    void require(std::string_view name, bool is_required);

    const boost::json::object* object_ = nullptr;
    std::string path_;
    std::vector<fault>* faults_;
    std::set<std::string, std::less<>> known_;
};

}  // namespace carrel::siem
