#include "fuzz.hpp"
#include "indicators/formats.hpp"
#include "indicators/lookup.hpp"
#include "indicators/normalize.hpp"

#include <algorithm>

namespace {

using namespace carrel;
using namespace carrel::indicators;

read_limits small() {
    read_limits within;
    within.items_max = 100;
    within.faults_max = 10;
    within.description_max = 50;
    within.tags_max = 3;
    return within;
}

bool is_found(lookup& keys, kind of, const std::string& text) {
    const auto forms = keys.forms(text);
    return std::any_of(forms.begin(), forms.end(), [&](const auto& key) { return key.of == of && key.text == text; });
}

// What a lookup must find by its normalized text; files, domains of one label and the like may be no more than words.
bool is_looked_up(kind of) {
    return of == kind::ip || of == kind::domain || of == kind::hash || of == kind::url || of == kind::email ||
           of == kind::cve || of == kind::ja3;
}

void check_value(std::string_view value) {
    static lookup keys;
    for (const auto of : all_kinds) {
        const auto made = normalize(of, value);
        if (const auto* why = std::get_if<refusal>(&made)) {
            fuzz::must(!why->reason.empty(), "a value is refused for a reason");
            continue;
        }
        const auto& text = std::get<normalized>(made).text;
        const auto again = normalize(of, text);
        fuzz::must(std::holds_alternative<normalized>(again) && std::get<normalized>(again).text == text,
                   "what is normalized stays as it is");
        if (is_looked_up(of)) fuzz::must(is_found(keys, of, text), "an indicator is found by its normalized text");
    }
    // Values of events are UTF-8; a control character beyond ASCII makes a key that no indicator has.
    if (std::holds_alternative<refusal>(normalize(kind::user_agent, value))) return;
    for (const auto& key : keys.forms(value)) {
        const auto made = normalize(key.of, key.text);
        fuzz::must(std::holds_alternative<normalized>(made) && std::get<normalized>(made).text == key.text,
                   "a key is normalized");
    }
    if (const auto of = guess_kind(value))
        fuzz::must(std::holds_alternative<normalized>(normalize(*of, value)), "a guessed kind takes the value");
}

void check(const reading& got, const read_limits& within) {
    fuzz::must(got.candidates.size() <= within.items_max && got.faults.size() <= within.faults_max,
               "feeds are bounded");
    for (const auto& each : got.candidates) {
        fuzz::must(!each.value.empty() && each.value.size() <= value_max, "a candidate has a value");
        fuzz::must(each.description.size() <= within.description_max && each.tags.size() <= within.tags_max,
                   "what is said of a candidate is bounded");
        fuzz::must(each.line != 0 || !each.path.empty(), "a candidate stands somewhere");
    }
    for (const auto& each : got.faults) fuzz::must(!each.detail.empty(), "a fault has a reason");
}

}  // namespace

// Feeds in every format, and each input as a value.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    const auto within = small();
    csv_options columns;
    columns.type = {.number = 1};
    columns.tags = {.number = 2};
    columns.first_seen = {.number = 3};
    json_options lists;
    lists.items = "data";
    for (const auto& got : {read_list(text, {}, within), read_csv(text, columns, within), read_stix(text, within),
                            read_misp(text, {}, within), read_json(text, {}, within), read_json(text, lists, within)}) {
        check(got, within);
        for (const auto& each : got.candidates) check_value(each.value);
    }
    check_value(text);
    return 0;
}
