#include "query/matcher.hpp"
#include "query/required.hpp"
#include "query/tokens.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <random>
#include <set>

namespace json = boost::json;
using namespace carrel::query;

BOOST_AUTO_TEST_SUITE(query_properties)

namespace {

// Few words and keys, so that queries hit; escapes, accents, other scripts and numbers among them.
class maker {
public:
    explicit maker(unsigned seed)
        : random_(seed) {}

    std::size_t below(std::size_t end) { return random_() % end; }
    template <std::size_t N>
    std::string one_of(const std::array<std::string_view, N>& all) {
        return std::string(all[below(N)]);
    }

    std::string word() {
        static constexpr std::array<std::string_view, 16> words = {"alpha",
                                                                   "ALPHA",
                                                                   "alp",
                                                                   "beta",
                                                                   "7",
                                                                   "07",
                                                                   "36028797018963968",
                                                                   "36028797018963969",
                                                                   "\xC3\x89t\xC3\xA9",
                                                                   "ete",
                                                                   "\xE6\x9D\xB1\xE4\xBA\xAC",
                                                                   "\xE4\xBA\xAC",
                                                                   "stra\xC3\x9F"
                                                                   "e",
                                                                   "strasse",
                                                                   "-1.50",
                                                                   "null"};
        return one_of(words);
    }
    std::string key() {
        static constexpr std::array<std::string_view, 8> keys = {"a", "b",          "a.b", "c",
                                                                 "A", "cl\xC3\xA9", "x y", "k\"q"};
        return one_of(keys);
    }
    std::string text() {
        static constexpr std::array<std::string_view, 7> between = {" ", "\\", "/", "\"", "\n", ".", "\xE2\x80\xA6"};
        std::string made = word();
        while (below(3) != 0) made += one_of(between) + word();
        return made;
    }
    json::value value(std::size_t depth) {
        switch (below(depth == 0 ? 6 : 9)) {
            case 0: return static_cast<std::int64_t>(below(20)) - 10;
            case 1: return 36'028'797'018'963'968 + static_cast<std::int64_t>(below(3));
            case 2: return below(2) == 0;
            case 3: return nullptr;
            case 6: {
                json::array list;
                while (below(3) != 0) list.push_back(value(depth - 1));
                return list;
            }
            case 7:
            case 8: return object(depth - 1);
            default: return json::string(text());
        }
    }
    json::object object(std::size_t depth) {
        json::object made;
        for (std::size_t i = below(4); i-- > 0;) made[key()] = value(depth);
        return made;
    }
    // As `serialize` writes it, some ASCII letters as \u escapes.
    std::string event() {
        const std::string plain = json::serialize(object(3));
        if (below(3) != 0) return plain;
        std::string escaped;
        for (std::size_t at = 0; at < plain.size(); ++at) {
            const bool is_letter = std::string_view("abeAl7").find(plain[at]) != std::string_view::npos;
            const bool in_string = is_letter && at > 0 && (plain[at - 1] == '"' || plain[at - 1] == ' ');
            escaped += in_string ? "\\u00" + hex(plain[at]) : std::string(1, plain[at]);
        }
        return escaped;
    }

    std::string field() {
        std::string path;
        for (const char c : key() + (below(2) == 0 ? "." + key() : "")) {
            if (c == ' ' || c == '"') path += '\\';
            path += c;
        }
        return path;
    }
    std::string quoted(const std::string& text) {
        std::string made = "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') made += '\\';
            made += c;
        }
        return made + '"';
    }
    std::string term() {
        static constexpr std::array<std::string_view, 4> signs = {">", ">=", "<", "<="};
        static constexpr std::array<std::string_view, 6> numbers = {
            "0", "-3", "7", "36028797018963968", "36028797018963969", "1e1"};
        const std::string where = below(2) == 0 ? "" : field() + ":";
        switch (below(9)) {
            case 0: return where + quoted(text());
            case 1: return where + "al*";
            case 2: return where + "3602879701896396*";
            case 3: return field() + ":*";
            case 4: return field() + ":" + one_of(signs) + one_of(numbers);
            case 5: return field() + ":=" + quoted(text());
            case 6: return "host:" + word();
            default: return where + (where.empty() ? quoted(word()) : word());
        }
    }
    std::string query(std::size_t depth) {
        if (depth == 0 || below(3) == 0) return term();
        switch (below(4)) {
            case 0: return "NOT (" + query(depth - 1) + ")";
            case 1: return "-(" + query(depth - 1) + ") " + query(depth - 1);
            case 2: return "(" + query(depth - 1) + " OR " + query(depth - 1) + ")";
            default: return "(" + query(depth - 1) + " " + query(depth - 1) + ")";
        }
    }

private:
    static std::string hex(char c) {
        constexpr std::string_view digits = "0123456789abcdef";
        return {digits[static_cast<unsigned char>(c) >> 4], digits[c & 15]};
    }
    std::mt19937 random_;
};

// What the language means, in the plainest way: every member with its path, every term against every value.
class reference {
public:
    explicit reference(const json::value& event) { collect("", 0, event); }

    bool holds(const expression& of, const event_columns& columns) const {
        const auto part = [&](const expression& each) { return holds(each, columns); };
        switch (of.kind) {
            case node_kind::all_of: return std::all_of(of.parts.begin(), of.parts.end(), part);
            case node_kind::one_of: return std::any_of(of.parts.begin(), of.parts.end(), part);
            case node_kind::none_of: return !part(of.parts.front());
            default: break;
        }
        if (of.leaf.of == column::host) return columns.host && has_phrase(of.leaf, *columns.host);
        return std::any_of(members_.begin(), members_.end(), [&](const member& each) {
            return (of.leaf.path.empty() || each.path == of.leaf.path) && passes(of.leaf, each);
        });
    }

private:
    struct member {
        std::string path, text;
        bool nested;
    };

    void collect(const std::string& path, std::size_t depth, const json::value& at) {
        if (const auto* object = at.if_object()) {
            if (depth > 0) members_.push_back({path, "", true});
            for (const auto& [key, inner] : *object)
                collect((depth > 0 ? path + "." : "") + std::string(key), depth + 1, inner);
        } else if (const auto* list = at.if_array()) {
            members_.push_back({path, "", true});
            for (const json::value& inner : *list) collect(path, depth + 1, inner);
        } else if (!at.is_null()) {
            members_.push_back({path, at.is_string() ? std::string(at.as_string()) : json::serialize(at), false});
        }
    }

    static bool passes(const term& of, const member& each) {
        if (of.test == test_kind::exists) return true;
        if (each.nested) return false;
        if (of.test == test_kind::equals) return each.text == of.value;
        if (of.test == test_kind::compare) return compares(of, each.text);
        return has_phrase(of, each.text);
    }
    static bool compares(const term& of, const std::string& text) {
        char* end = nullptr;
        const long double number = std::strtold(text.c_str(), &end);
        if (text.empty() || *end != '\0' || text == "null") return false;
        const long double bound = std::strtold(of.value.c_str(), nullptr);
        switch (of.compared) {
            case comparison::less: return number < bound;
            case comparison::at_most: return number <= bound;
            case comparison::at_least: return number >= bound;
            default: return number > bound;
        }
    }
    static bool has_phrase(const term& of, std::string_view text) {
        std::vector<std::string> words;
        std::string folded;
        append_folded(folded, text);
        std::string word;
        for (const char c : folded + " ") {
            if (c != ' ') word += c;
            if (c == ' ' && !word.empty()) words.push_back(std::exchange(word, {}));
        }
        for (std::size_t from = 0; from + of.words.size() <= words.size(); ++from) {
            bool all = true;
            for (std::size_t i = 0; i < of.words.size(); ++i) all = all && is(of.words[i], words[from + i]);
            if (all) return true;
        }
        return false;
    }
    static bool is(const word& wanted, const std::string& there) {
        if (wanted.inside) return there.find(wanted.text) != there.npos;
        return wanted.prefix ? there.starts_with(wanted.text) : there == wanted.text;
    }

    std::vector<member> members_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_matcher_finds_what_the_plainest_reading_finds_and_tokens_never_say_no_wrongly) {
    maker make(7);
    std::size_t found = 0, refused_by_tokens = 0;
    for (int round = 0; round < 2'000; ++round) {
        const std::string text = make.query(3);
        const auto read = parse(text);
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<expression>(read), text);
        const auto& wanted = std::get<expression>(read);
        matcher match(wanted);
        const requirement required = required_tokens(wanted);
        for (int i = 0; i < 20; ++i) {
            const std::string event = make.event();
            const std::string host = make.text();
            const event_columns columns{.host = host};
            const bool expected = reference(json::parse(event)).holds(wanted, columns);
            std::set<std::uint64_t> tokens;
            for_each_token(event, [&](std::uint64_t token, token_kind) { tokens.insert(token); });
            const bool may = required.holds([&](std::uint64_t token) { return tokens.contains(token); });
            BOOST_REQUIRE_MESSAGE(match.matches(event, columns) == expected,
                                  text << " on " << event << " host " << host);
            BOOST_REQUIRE_MESSAGE(!expected || may, text << " lacks a token in " << event);
            BOOST_REQUIRE_MESSAGE(!expected || match.can_match(event), text << " is refused at a glance in " << event);
            found += expected;
            refused_by_tokens += !may;
        }
    }
    BOOST_TEST(found > 5'000u);
    BOOST_TEST(refused_by_tokens > 5'000u);
}

BOOST_AUTO_TEST_CASE(any_text_is_a_query_or_a_fault_within_it) {
    constexpr std::string_view alphabet = "ab:*\"()\\- <>=ORANDT.\xC3\xA9\xFF";
    maker make(11);
    for (int round = 0; round < 50'000; ++round) {
        std::string text;
        for (std::size_t i = make.below(16); i-- > 0;) text += alphabet[make.below(alphabet.size())];
        const auto read = parse(text);
        if (const auto* error = std::get_if<syntax_error>(&read)) {
            BOOST_REQUIRE_MESSAGE((error->position >= 1 && error->position <= text.size() + 1), text);
        } else {
            matcher(std::get<expression>(read)).matches(R"({"a":"ab b","b":{"a":7}})", {});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
