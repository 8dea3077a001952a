#include "json/reader.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace carrel::json {

namespace {

namespace bj = boost::json;
using bj::error_code;
using bj::string_view;

// The keys of all objects that are open, to find the ones that come twice. Sorting at an object's end keeps a body of
// many thousand keys from costing the square of their number.
class open_keys {
public:
    void reset() {
        bytes_.clear();
        keys_.clear();
        frames_.clear();
    }
    void begin_object() { frames_.push_back({keys_.size(), bytes_.size()}); }
    void part(string_view text) { bytes_.append(text.data(), text.size()); }
    void end_key(std::size_t size) { keys_.push_back({bytes_.size() - size, size}); }

    // The key that came twice, or nothing.
    std::optional<std::string> end_object() {
        const frame top = frames_.back();
        const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(top.keys);
        const auto text = [this](const span& key) { return std::string_view(bytes_).substr(key.begin, key.size); };
        std::sort(begin, keys_.end(), [&](const span& a, const span& b) { return text(a) < text(b); });
        const auto twin =
            std::adjacent_find(begin, keys_.end(), [&](const span& a, const span& b) { return text(a) == text(b); });
        if (twin != keys_.end()) return std::string(text(*twin));
        keys_.resize(top.keys);
        bytes_.resize(top.bytes);
        frames_.pop_back();
        return std::nullopt;
    }

private:
    struct span {
        std::size_t begin, size;
    };
    struct frame {
        std::size_t keys, bytes;
    };
    std::string bytes_;
    std::vector<span> keys_;
    std::vector<frame> frames_;
};

// What basic_parser tells, put on a value stack.
struct handler {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    bj::value_stack values;
    open_keys keys;
    std::optional<std::string> duplicate;

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        keys.begin_object();
        return true;
    }
    bool on_object_end(std::size_t count, error_code& ec) {
        if (auto twice = keys.end_object()) {
            duplicate = std::move(twice);
            ec = bj::error::syntax;
            return false;
        }
        values.push_object(count);
        return true;
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) {
        values.push_array(count);
        return true;
    }
    bool on_key_part(string_view part, std::size_t, error_code&) {
        keys.part(part);
        values.push_chars(part);
        return true;
    }
    bool on_key(string_view last, std::size_t size, error_code&) {
        keys.part(last);
        keys.end_key(size);
        values.push_key(last);
        return true;
    }
    bool on_string_part(string_view part, std::size_t, error_code&) {
        values.push_chars(part);
        return true;
    }
    bool on_string(string_view last, std::size_t, error_code&) {
        values.push_string(last);
        return true;
    }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t number, string_view, error_code&) {
        values.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, string_view, error_code&) {
        values.push_uint64(number);
        return true;
    }
    bool on_double(double number, string_view, error_code&) {
        values.push_double(number);
        return true;
    }
    bool on_bool(bool truth, error_code&) {
        values.push_bool(truth);
        return true;
    }
    bool on_null(error_code&) {
        values.push_null();
        return true;
    }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }
};

bj::parse_options parser_options() {
    bj::parse_options options;
    options.max_depth = reader::depth_max;
    return options;
}

}  // namespace

struct reader::state {
    std::array<unsigned char, 16384> first_block;
    // Made anew for each text: releasing one keeps the block size it has grown to, and that doubles for ever.
    std::optional<bj::monotonic_resource> arena;
    bj::basic_parser<handler> parser{parser_options()};
    // Lives in the arena: destroyed before it is released.
    std::optional<bj::value> value;
};

reader::reader()
    : state_(std::make_unique<state>()) {}
reader::~reader() = default;

const boost::json::value* reader::parse(std::string_view text, parse_failure& failure) {
    state& self = *state_;
    handler& told = self.parser.handler();
    self.value.reset();
    told.values.reset();
    self.arena.emplace(self.first_block.data(), self.first_block.size());
    told.values.reset(bj::storage_ptr(&*self.arena));
    told.keys.reset();
    told.duplicate.reset();
    self.parser.reset();

    error_code ec;
    const std::size_t used = self.parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = bj::error::extra_data;
    if (ec) {
        failure.offset = used;
        failure.detail = told.duplicate ? "the key `" + *told.duplicate + "` comes twice" : ec.message();
        failure.duplicate = told.duplicate.value_or("");
        return nullptr;
    }
    self.value.emplace(told.values.release());
    return &*self.value;
}

}  // namespace carrel::json
