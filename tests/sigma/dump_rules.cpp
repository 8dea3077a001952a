// Reads the names of files from its input and prints a line of JSON for each: what this reader makes of the rule, or why
// it is none. With --time, only what it cost to read all of them.
#include "json/writer.hpp"
#include "sigma/rule.hpp"

#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace {

using carrel::json::writer;

void write_texts(writer& to, std::string_view key, const std::vector<std::string>& texts) {
    to.key(key).begin_array();
    for (const std::string& each : texts) to.string(each);
    to.end_array();
}
void write_part(writer& to, std::string_view key, const std::optional<std::string>& part) {
    if (part) to.key(key).string(*part);
}

void write(writer& to, const carrel::sigma::rule& of) {
    to.key("kind").string(of.kind()).key("title").string(of.title).key("id").string(of.id);
    to.key("level")
        .string(of.level ? name_of(*of.level) : "")
        .key("status")
        .string(of.status ? name_of(*of.status) : "");
    to.key("date").string(of.date).key("author").string(of.author).key("description").string(of.description);
    write_texts(to, "tags", of.tags);
    write_texts(to, "references", of.references);
    write_texts(to, "falsepositives", of.false_positives);
    write_texts(to, "techniques", of.mitre_techniques);
    write_texts(to, "tactics", of.mitre_tactics);
    to.key("logsource").begin_object();
    write_part(to, "category", of.source.category);
    write_part(to, "product", of.source.product);
    write_part(to, "service", of.source.service);
    to.end_object().key("tree").raw(to_json(of));
}
void write(writer& to, const carrel::sigma::faults& of) {
    to.key("faults").begin_array();
    for (const auto& each : of)
        to.begin_object()
            .key("line")
            .integer(static_cast<std::int64_t>(each.line))
            .key("column")
            .integer(static_cast<std::int64_t>(each.column))
            .key("detail")
            .string(each.detail)
            .end_object();
    to.end_array();
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::pair<std::string, std::string>> files;
    for (std::string name; std::getline(std::cin, name);) {
        std::ifstream in(name, std::ios::binary);
        if (!in) {
            std::cerr << name << " cannot be read\n";
            return 1;
        }
        files.emplace_back(name, std::string(std::istreambuf_iterator<char>(in), {}));
    }
    const bool timed = count > 1 && std::string_view(arguments[1]) == "--time";
    const std::clock_t begin = std::clock();
    std::size_t bytes = 0;
    for (const auto& [name, text] : files) {
        const auto read = carrel::sigma::parse_rule(text);
        if (timed) {
            if (const auto* rule = std::get_if<carrel::sigma::rule>(&read)) bytes += to_json(*rule).size();
            continue;
        }
        std::string line;
        writer to(line);
        to.begin_object().key("file").string(name);
        std::visit([&](const auto& result) { write(to, result); }, read);
        to.end_object();
        std::cout << line << '\n';
    }
    if (timed)
        std::cout << files.size() << " rules, " << bytes << " bytes of trees, "
                  << static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC << " s of one core\n";
    return 0;
}
