#include "archive/gzip.hpp"
#include "archive/sniff.hpp"
#include "json/writer.hpp"
#include "resource/checked_apart.hpp"
#include "resource/problems.hpp"
#include "siem/attack.hpp"
#include "siem/attack_records.hpp"
#include "siem/imports.hpp"

#include <map>
#include <set>
#include <variant>

// POST /mitre/import: a bundle of STIX becomes tactics, techniques and what belongs to them. A reader parses it, so that neither
// a shard nor the writer waits for that; the writer compares and stores in one transaction.
namespace carrel::siem {

namespace {

constexpr std::size_t bundle_bytes_max = 64u << 20;  // unpacked
constexpr std::size_t listed_max = 100;

struct imported_bundle : input {
    std::vector<attack_batch> batches;
    std::map<std::string, std::size_t, std::less<>> objects;
    std::string domain;
    std::vector<attack::bundle::warning> warnings;  // the first
    std::size_t warnings_count = 0;
    bool dry_run = false;
};

problem problem_of(const attack::faults& faults) {
    std::vector<fault> made;
    for (const attack::fault& each : faults)
        made.push_back(
            {each.path, 0, each.stix_id.empty() ? each.detail : each.detail + " (" + quoted(each.stix_id) + ")"});
    return siem::problem_of(problem_code::invalid, std::move(made));
}

std::variant<attack::bundle, problem> read_file(std::string_view file) {
    const auto parse = [](std::string_view json) -> std::variant<attack::bundle, problem> {
        auto read = attack::read_bundle(json, {.bytes_max = bundle_bytes_max});
        if (const auto* wrong = std::get_if<attack::faults>(&read)) return problem_of(*wrong);
        return std::get<attack::bundle>(std::move(read));
    };
    const auto kind = archive::sniff(file);
    if (kind == archive::kind::text) return parse(file);
    if (kind != archive::kind::gzip)
        return siem::problem_of(problem_code::invalid, "", "the body is neither JSON nor JSON packed by gzip");
    const auto unpacked = archive::unpack_gzip(file, bundle_bytes_max);
    if (!unpacked) return siem::problem_of(problem_code::invalid, "", unpacked.error().text);
    return parse(*unpacked);
}

result<void> read_import(const operation& what, read_session& session, const call& request, reply& into) {
    if (auto allowed = expect_parsing(session, what, request.file.size()); !allowed) return allowed;
    auto read = read_file(request.file);
    if (auto* wrong = std::get_if<problem>(&read)) return refuse(into, std::move(*wrong));
    auto& bundle = std::get<attack::bundle>(read);
    auto made = std::make_unique<imported_bundle>();
    made->dry_run = static_cast<const import_input&>(*request.parsed).dry_run;
    made->domain = domain_of(bundle);
    made->batches = records_of(bundle, request);
    made->objects = std::move(bundle.objects);
    made->warnings_count = bundle.warnings.size() + bundle.warnings_left_out;
    made->warnings = std::move(bundle.warnings);
    into.rest = std::move(made);
    return {};
}

// What became of the objects of one kind.
struct kind_counts {
    const resource* of = nullptr;
    std::int64_t created = 0, updated = 0, unchanged = 0, absent = 0;
};

// Stores one bundle, inside a transaction.
class bundle_store {
public:
    bundle_store(write_session& session, const call& request, const imported_bundle& all, reply& into)
        : session_(session),
          request_(request),
          all_(all),
          into_(into) {}

    result<void> run() {
        for (const attack_batch& each : all_.batches) {
            counts_.push_back({.of = each.of});
            for (const record& row : each.rows)
                if (auto done = store(*each.of, row); !done) return named(done.error(), *each.of, row);
            if (auto done = count_absent(each); !done) return done;
        }
        return {};
    }

    void write(json::writer& out) const {
        out.begin_object().key("dry_run").boolean(all_.dry_run).key("domain");
        if (all_.domain.empty()) out.null();
        else out.string(all_.domain);
        out.key("kinds").begin_object();
        for (const kind_counts& each : counts_) {
            out.key(noun_of(*each.of)).begin_object().key("created").integer(each.created);
            out.key("updated").integer(each.updated).key("unchanged").integer(each.unchanged);
            out.key("absent").integer(each.absent).end_object();
        }
        out.end_object().key("absent").begin_array();
        for (const std::string& each : absent_) out.string(each);
        out.end_array().key("objects").begin_object();
        for (const auto& [type, count] : all_.objects) out.key(type).integer(static_cast<std::int64_t>(count));
        out.end_object().key("warnings_count");
        out.integer(static_cast<std::int64_t>(all_.warnings_count + warnings_.size()));
        write_warnings(out.key("warnings"));
        out.end_object();
    }

private:
    void write_warnings(json::writer& out) const {
        std::size_t left = listed_max;
        out.begin_array();
        for (const auto* list : {&all_.warnings, &warnings_})
            for (auto each = list->begin(); each != list->end() && left > 0; ++each, --left)
                out.begin_object().key("stix_id").string(each->stix_id).key("detail").string(each->detail).end_object();
        out.end_array();
    }

    // A refusal names a field; of which object is said here.
    error named(error why, const resource& of, const record& row) {
        if (into_.refused)
            for (fault& each : into_.refused->faults)
                each.detail += " (" + std::string(of.name) + " " + *row.text(of.id) + ")";
        return why;
    }

    result<void> store(const resource& of, const record& given) {
        auto known = find(of, session_, *given.text(of.id));
        if (!known) return known.error();
        record row = *known ? taken_over(of, given, **known) : given;
        if (auto done = require_parent(of, row); !done) return done;
        if (*known && row.values == (*known)->values) {
            ++counts_.back().unchanged;
            return {};
        }
        if (auto done = free_stix_id(of, row); !done) return done;
        ++(*known ? counts_.back().updated : counts_.back().created);
        if (!*known) return add(of, session_, request_, row, into_);
        return change(of, **known, std::move(row));
    }

    result<void> change(const resource& of, const record& before, record after) {
        reply made;
        auto done = save(of, session_, request_, before, std::move(after), "imported", made);
        if (!done) into_.refused = std::move(made.refused);
        return done;
    }

    // What the bundle says of a record that is there; the rest stays.
    static record taken_over(const resource& of, const record& given, const record& known) {
        record row = known;
        for (const std::size_t i : of.stored)
            if (of.fields[i].from == origin::client) row.values[i] = given.values[i];
        const std::size_t domain = of.position("domain");
        if (!row.has(domain)) row.values[domain] = given.values[domain];
        return row;
    }

    result<void> require_parent(const resource& of, record& row) {
        if (&of != &attack_techniques()) return {};
        const std::size_t parent = of.position("parent");
        if (!row.has(parent)) return {};
        auto found = session_.first_integer("SELECT 1 FROM mitre_techniques WHERE id = ?", *row.text(parent));
        if (!found) return found.error();
        if (*found) return {};
        warn(row, of, "its parent " + *row.text(parent) + " is unknown: it has none");
        row.values[parent] = value();
        row.values[of.position("parent_row")] = value();
        return {};
    }

    // A bundle may give an object another id of ATT&CK than one before it did.
    result<void> free_stix_id(const resource& of, const record& row) {
        const std::size_t stix_id = of.position("stix_id");
        if (!row.has(stix_id)) return {};
        auto other = session_.first<std::string>(
            read_sql::dynamic("SELECT id FROM " + std::string(of.table) + " WHERE stix_id = ? AND id <> ?"),
            *row.text(stix_id), *row.text(of.id));
        if (!other) return other.error();
        if (!*other) return {};
        auto known = find(of, session_, **other);
        if (!known) return known.error();
        record after = **known;
        after.values[stix_id] = value();
        warn(row, of, "had the id " + **other + " before, which stays without a STIX id");
        return change(of, **known, std::move(after));
    }

    // What came with the same matrices before and is not there any more stays, and is reported.
    result<void> count_absent(const attack_batch& batch) {
        if (all_.domain.empty()) return {};
        std::set<std::string_view> here;
        for (const record& each : batch.rows) here.insert(*each.text(batch.of->id));
        auto stored = session_.all<std::string>(
            read_sql::dynamic("SELECT id FROM " + std::string(batch.of->table) + " WHERE domain = ? ORDER BY id"),
            all_.domain);
        if (!stored) return stored.error();
        for (std::string& each : *stored) {
            if (here.contains(each)) continue;
            ++counts_.back().absent;
            if (absent_.size() < listed_max) absent_.push_back(std::move(each));
        }
        return {};
    }

    void warn(const record& row, const resource& of, std::string detail) {
        const auto* stix_id = row.text(of.position("stix_id"));
        warnings_.push_back(
            {stix_id == nullptr ? std::string() : *stix_id, *row.text(of.id) + ": " + std::move(detail)});
    }

    write_session& session_;
    const call& request_;
    const imported_bundle& all_;
    reply& into_;
    std::vector<kind_counts> counts_;
    std::vector<std::string> absent_;
    std::vector<attack::bundle::warning> warnings_;
};

result<void> import_bundle(const operation&, write_session& session, const call& request, reply& into) {
    const auto& all = static_cast<const imported_bundle&>(*request.parsed);
    into.clear();
    bundle_store store(session, request, all, into);
    auto done = store_or_try(session, all.dry_run, into, [&] { return store.run(); });
    if (!done) return done;
    json::writer out(into.body);
    store.write(out);
    return {};
}

std::string import_schema() {
    std::string kinds;
    for (const char* each : {"tactics", "matrices", "data_sources", "data_components", "techniques"})
        kinds += std::string(kinds.empty() ? "" : ",") + "\"" + each + "\":" +
                 R"({"type":"object","required":["created","updated","unchanged","absent"],"properties":{)"
                 R"("created":{"type":"integer"},"updated":{"type":"integer"},"unchanged":{"type":"integer"},)"
                 R"("absent":{"type":"integer"}}})";
    return R"({"type":"object","required":["dry_run","domain","kinds","absent","objects","warnings_count","warnings"],)"
           R"("properties":{"dry_run":{"type":"boolean"},"domain":{"type":["string","null"]},)"
           R"("kinds":{"type":"object","properties":{)" +
           kinds +
           R"(}},"absent":{"type":"array","items":{"type":"string"}},)"
           R"("objects":{"type":"object","additionalProperties":{"type":"integer"}},"warnings_count":{"type":"integer"},)"
           R"("warnings":{"type":"array","items":{"type":"object","required":["stix_id","detail"],"properties":{)"
           R"("stix_id":{"type":"string"},"detail":{"type":"string"}}}}}})";
}

}  // namespace

operation attack_import_operation() {
    operation import;
    import.method = method::post;
    import.path = "/mitre/import";
    import.id = "import_attack";
    import.summary = "Takes a STIX bundle of MITRE ATT&CK, packed by gzip or not.";
    import.of = &attack_techniques();
    import.body = body_kind::file;
    import.is_about_version = false;
    import.parameters = {dry_run_parameter()};
    import.reply_schema = import_schema();
    import.check = check_import;
    import.read = read_import;
    import.write = import_bundle;
    return import;
}

}  // namespace carrel::siem
