#include "cli/otel_environment.hpp"

#include "base/hex.hpp"
#include "outbound/checks.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace carrel::cli {
namespace {

constexpr std::string_view traces_path = "/v1/traces";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = base::hex_value(lower(text[i + 1])), low = base::hex_value(lower(text[i + 2]));
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return out;
}

// A number that is all of the text, and within its bounds.
template <class Number>
std::optional<Number> number_of(const std::string& text, Number low, Number high) {
    Number number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size() || !(number >= low && number <= high))
        return std::nullopt;
    return number;
}

// One reading of the environment.
class reading {
public:
    explicit reading(const variable_lookup& variable)
        : variable_(variable) {}

    otel_environment all() {
        if (!is_on()) return std::move(found_);
        read_endpoint();
        read_headers();
        found_.ca_file = of_traces("CERTIFICATE").second;
        found_.time_max = milliseconds(of_traces("TIMEOUT"));
        found_.pause = milliseconds({"OTEL_BSP_SCHEDULE_DELAY", variable_("OTEL_BSP_SCHEDULE_DELAY")});
        read_compression();
        read_sampler();
        read_resource();
        return std::move(found_);
    }

private:
    using named = std::pair<std::string, std::string>;  // a variable's name and its value

    // What is said of traces, or else of all signals.
    named of_traces(const std::string& what) const {
        const std::string own = "OTEL_EXPORTER_OTLP_TRACES_" + what;
        if (auto value = variable_(own.c_str()); !value.empty()) return {own, std::move(value)};
        const std::string common = "OTEL_EXPORTER_OTLP_" + what;
        return {common, variable_(common.c_str())};
    }

    void fault(const std::string& name, const std::string& why) { found_.faults.push_back(name + ": " + why); }

    bool is_on() const {
        std::string disabled = variable_("OTEL_SDK_DISABLED");
        std::transform(disabled.begin(), disabled.end(), disabled.begin(), lower);
        return disabled != "true" && variable_("OTEL_TRACES_EXPORTER") != "none";
    }

    void read_endpoint() {
        const auto [name, protocol] = of_traces("PROTOCOL");
        if (!protocol.empty() && protocol != "http/json" && protocol != "http/protobuf") {
            const bool is_named = !of_traces("ENDPOINT").second.empty();
            return is_named ? fault(name, "'" + protocol + "' is not spoken here, so no traces are sent to it")
                            : void();
        }
        if (found_.endpoint = variable_("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); !found_.endpoint.empty()) return;
        found_.endpoint = variable_("OTEL_EXPORTER_OTLP_ENDPOINT");
        if (found_.endpoint.empty()) return;
        if (found_.endpoint.ends_with('/')) found_.endpoint.pop_back();
        found_.endpoint.append(traces_path);
    }

    void read_headers() {
        const auto [name, text] = of_traces("HEADERS");
        const auto pairs = parse_pairs(text);
        if (!pairs) return fault(name, "is no list such as name=value,name=value");
        for (const auto& [header, value] : *pairs) {
            if (outbound::is_sendable(header, value)) found_.headers.push_back({header, value});
            else fault(name, "has a header that cannot be sent");
        }
    }

    std::optional<std::chrono::milliseconds> milliseconds(const named& from) {
        if (from.second.empty()) return std::nullopt;
        const auto number = number_of<std::int64_t>(from.second, 1, 600'000);
        if (number) return std::chrono::milliseconds(*number);
        fault(from.first, "is no number of milliseconds from 1 to 600000");
        return std::nullopt;
    }

    void read_compression() {
        const auto [name, value] = of_traces("COMPRESSION");
        if (value == "gzip" || value == "none") found_.packs = value == "gzip";
        else if (!value.empty()) found_.compression_fault = name + ": '" + value + "' is neither gzip nor none";
    }

    // Of a `parentbased_` sampler whatever the caller decided counts first.
    void read_sampler() {
        constexpr std::string_view prefix = "parentbased_";
        const std::string name = variable_("OTEL_TRACES_SAMPLER");
        if (name.empty()) return;
        found_.callers_decide = name.starts_with(prefix);
        const auto sampler = std::string_view(name).substr(found_.callers_decide ? prefix.size() : 0);
        if (sampler == "always_on") found_.ratio = 1;
        else if (sampler == "always_off") found_.ratio = 0;
        else if (sampler == "traceidratio") read_ratio();
        else found_.sampler_fault = "OTEL_TRACES_SAMPLER: '" + name + "' is a sampler that is not known here";
    }

    void read_ratio() {
        const auto argument = variable_("OTEL_TRACES_SAMPLER_ARG");
        found_.ratio = argument.empty() ? std::optional<double>(1) : number_of<double>(argument, 0, 1);
        if (!found_.ratio)
            found_.sampler_fault = "OTEL_TRACES_SAMPLER_ARG: '" + argument + "' is no number from 0 to 1";
    }

    void read_resource() {
        if (auto pairs = parse_pairs(variable_("OTEL_RESOURCE_ATTRIBUTES"))) found_.resource = std::move(*pairs);
        else fault("OTEL_RESOURCE_ATTRIBUTES", "is no list such as name=value,name=value");
        const auto name = variable_("OTEL_SERVICE_NAME");
        if (name.empty()) return;
        std::erase_if(found_.resource, [](const auto& each) { return each.first == "service.name"; });
        found_.resource.emplace_back("service.name", name);
    }

    const variable_lookup& variable_;
    otel_environment found_;
};

}  // namespace

otel_environment read_otel_environment(const variable_lookup& variable) { return reading(variable).all(); }

std::optional<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto pair = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        if (equals == pair.npos || equals == 0) return std::nullopt;
        auto name = percent_decoded(trimmed(pair.substr(0, equals)));
        auto value = percent_decoded(trimmed(pair.substr(equals + 1)));
        if (!name || !value) return std::nullopt;
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

std::string traces_url(const std::string& named) {
    const auto scheme = named.find("://");
    if (scheme == named.npos) return named;
    const auto path = named.find_first_of("/?", scheme + 3);
    if (path == named.npos) return named + std::string(traces_path);
    return named.substr(path) == "/" ? named.substr(0, path) + std::string(traces_path) : named;
}

}  // namespace carrel::cli
