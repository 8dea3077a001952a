#include "json/reader.hpp"

#include "base/siphash.hpp"

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

// The keys of all objects that are open, to find the ones that come twice. Keyed hashes are sorted and compared, so that
// neither many keys nor chosen ones cost the square of their number.
class open_keys {
public:
    void reset() {
        bytes_.clear();
        keys_.clear();
        frames_.clear();
    }
    void begin_object() { frames_.push_back({keys_.size(), bytes_.size()}); }
    void part(string_view text) { bytes_.append(text.data(), text.size()); }
    void end_key(std::size_t size) {
        const std::size_t begin = bytes_.size() - size;
        keys_.push_back({base::keyed_hash(std::string_view(bytes_).substr(begin)), begin, size});
    }
    // Of the innermost object, so far.
    std::size_t count() const noexcept { return keys_.size() - frames_.back().keys; }

    // The key that came twice, or nothing.
    std::optional<std::string> end_object() {
        const frame top = frames_.back();
        const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(top.keys);
        const auto text = [this](const key& of) { return std::string_view(bytes_).substr(of.begin, of.size); };
        std::sort(begin, keys_.end(), [](const key& a, const key& b) { return a.hash < b.hash; });
        for (auto at = begin; at != keys_.end(); ++at)
            for (auto next = at + 1; next != keys_.end() && next->hash == at->hash; ++next)
                if (text(*next) == text(*at)) return std::string(text(*at));
        keys_.resize(top.keys);
        bytes_.resize(top.bytes);
        frames_.pop_back();
        return std::nullopt;
    }

private:
    struct key {
        std::uint64_t hash;
        std::size_t begin, size;
    };
    struct frame {
        std::size_t keys, bytes;
    };
    std::string bytes_;
    std::vector<key> keys_;
    std::vector<frame> frames_;
};

// What basic_parser reports, put on a value stack. The value of a member beyond `members_max` is only checked.
struct handler {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    bj::value_stack values;
    open_keys keys;
    std::optional<std::string> duplicate;
    std::size_t left_out = 0;
    bool is_skipping = false;       // the value being read belongs to a member that is left out
    std::size_t skipped_depth = 0;  // objects and arrays open within it

    void reset(bj::storage_ptr storage) {
        values.reset(std::move(storage));
        keys.reset();
        duplicate.reset();
        left_out = skipped_depth = 0;
        is_skipping = false;
    }

    // Puts a value on the stack, or passes over it.
    template <class Push>
    bool scalar(Push push) {
        if (!is_skipping) push();
        else if (skipped_depth == 0) is_skipping = false;
        return true;
    }
    void open_nested() {
        if (is_skipping) ++skipped_depth;
    }
    // Whether what ends is kept.
    bool close_nested() {
        if (!is_skipping) return true;
        if (--skipped_depth == 0) is_skipping = false;
        return false;
    }
    bool is_beyond() const noexcept { return keys.count() >= reader::members_max; }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        open_nested();
        keys.begin_object();
        return true;
    }
    bool on_object_end(std::size_t count, error_code& ec) {
        if (auto twice = keys.end_object()) {
            duplicate = std::move(twice);
            ec = bj::error::syntax;
            return false;
        }
        if (close_nested()) values.push_object(std::min(count, reader::members_max));
        return true;
    }
    bool on_array_begin(error_code&) {
        open_nested();
        return true;
    }
    bool on_array_end(std::size_t count, error_code&) {
        if (close_nested()) values.push_array(count);
        return true;
    }
    bool on_key_part(string_view part, std::size_t, error_code&) {
        keys.part(part);
        if (!is_skipping && !is_beyond()) values.push_chars(part);
        return true;
    }
    bool on_key(string_view last, std::size_t size, error_code&) {
        const bool beyond = is_beyond();
        keys.part(last);
        keys.end_key(size);
        left_out += beyond ? 1 : 0;
        if (is_skipping) return true;
        is_skipping = beyond;
        if (!beyond) values.push_key(last);
        return true;
    }
    bool on_string_part(string_view part, std::size_t, error_code&) {
        if (!is_skipping) values.push_chars(part);
        return true;
    }
    bool on_string(string_view last, std::size_t, error_code&) {
        return scalar([&] { values.push_string(last); });
    }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t number, string_view, error_code&) {
        return scalar([&] { values.push_int64(number); });
    }
    bool on_uint64(std::uint64_t number, string_view, error_code&) {
        return scalar([&] { values.push_uint64(number); });
    }
    bool on_double(double number, string_view, error_code&) {
        return scalar([&] { values.push_double(number); });
    }
    bool on_bool(bool truth, error_code&) {
        return scalar([&] { values.push_bool(truth); });
    }
    bool on_null(error_code&) {
        return scalar([&] { values.push_null(); });
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
    // Made anew for each text: `release` frees its blocks but keeps the size of the next one, which doubles with every
    // block until no memory is large enough.
    std::optional<bj::monotonic_resource> arena;
    bj::basic_parser<handler> parser{parser_options()};
    // Lives in the arena: destroyed before it.
    std::optional<bj::value> value;
};

reader::reader()
    : state_(std::make_unique<state>()) {}
reader::~reader() {
    state_->value.reset();
    state_->parser.handler().reset({});
}

const boost::json::value* reader::parse(std::string_view text, parse_failure& failure) {
    state& self = *state_;
    handler& sink = self.parser.handler();
    self.value.reset();
    sink.reset({});
    self.arena.emplace(self.first_block.data(), self.first_block.size());
    sink.reset(bj::storage_ptr(&*self.arena));
    self.parser.reset();

    error_code ec;
    const std::size_t used = self.parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = bj::error::extra_data;
    if (ec) {
        failure.offset = used;
        failure.detail = sink.duplicate ? "the key `" + *sink.duplicate + "` comes twice" : ec.message();
        failure.duplicate = sink.duplicate.value_or("");
        return nullptr;
    }
    self.value.emplace(sink.values.release());
    return &*self.value;
}

std::size_t reader::members_left_out() const noexcept { return state_->parser.handler().left_out; }

}  // namespace carrel::json
