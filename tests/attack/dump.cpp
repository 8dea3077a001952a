#include "attack/bundle.hpp"
#include "json/writer.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace carrel;

// The most memory that this program ever had. The figure of getrusage begins with that of the process which started it.
long peak_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    return 0;
}

void write_list(json::writer& out, std::string_view name, const std::vector<std::string>& texts) {
    out.key(name).begin_array();
    for (const auto& each : texts) out.string(each);
    out.end_array();
}

void write_entry(json::writer& out, const attack::entry& one) {
    out.key("id").string(one.id).key("stix_id").string(one.stix_id).key("name").string(one.name);
    out.key("description").string(one.description).key("url").string(one.url).key("version").string(one.version);
    out.key("created").string(one.created ? siem::format_time(*one.created) : "");
    out.key("modified").string(one.modified ? siem::format_time(*one.modified) : "");
    out.key("revoked").boolean(one.revoked).key("deprecated").boolean(one.deprecated);
    out.key("revoked_by").string(one.revoked_by);
}

template <class Entry, class Rest>
void write_entries(json::writer& out, std::string_view name, const std::vector<Entry>& entries, Rest rest) {
    out.key(name).begin_array();
    for (const auto& each : entries) {
        out.begin_object();
        write_entry(out, each);
        rest(each);
        out.end_object();
    }
    out.end_array();
}

void write_bundle(json::writer& out, const attack::bundle& all) {
    out.key("objects").begin_object();
    for (const auto& [type, count] : all.objects) out.key(type).integer(static_cast<std::int64_t>(count));
    out.end_object().key("warnings").begin_array();
    for (const auto& each : all.warnings) out.string(each.stix_id + " " + each.detail);
    out.end_array();
    write_entries(out, "matrices", all.matrices, [&](const auto& one) { write_list(out, "tactics", one.tactics); });
    write_entries(out, "tactics", all.tactics, [&](const auto& one) { out.key("short_name").string(one.short_name); });
    write_entries(out, "data_sources", all.data_sources, [&](const auto& one) {
        write_list(out, "platforms", one.platforms);
        write_list(out, "collection_layers", one.collection_layers);
    });
    write_entries(out, "techniques", all.techniques, [&](const auto& one) {
        write_list(out, "tactics", one.tactics);
        write_list(out, "platforms", one.platforms);
        out.key("is_subtechnique").boolean(one.is_subtechnique).key("parent").string(one.parent);
    });
}

}  // namespace

// Writes as JSON what is read from the bundle in a file, and what that cost.
int main(int argc, char** argv) {
    if (argc != 2) return std::fputs("usage: attack_dump FILE\n", stderr), 2;
    // In one piece: a string that grew would hide below its own peak what the reading takes.
    std::string text(std::filesystem::file_size(argv[1]), '\0');
    std::ifstream(argv[1], std::ios::binary).read(text.data(), static_cast<std::streamsize>(text.size()));
    const long before_kib = peak_kib();
    const auto begin = std::chrono::steady_clock::now();
    const auto read = attack::read_bundle(text);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    const long grown_kib = peak_kib() - before_kib;

    std::string made;
    json::writer out(made);
    out.begin_object().key("milliseconds").real(took.count()).key("kib").integer(grown_kib).key("faults").begin_array();
    if (const auto* faults = std::get_if<attack::faults>(&read))
        for (const auto& each : *faults) out.string(each.path + " " + each.stix_id + " " + each.detail);
    out.end_array();
    if (const auto* all = std::get_if<attack::bundle>(&read)) write_bundle(out, *all);
    out.end_object();
    std::puts(made.c_str());
    return 0;
}
