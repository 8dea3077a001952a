#include "siem/attack_records.hpp"

#include "json/writer.hpp"
#include "siem/attack.hpp"

#include <map>
#include "resource/references.hpp"

namespace carrel::siem {

namespace {

// Fills in the members of one record by name.
class members_of {
public:
    explicit members_of(const resource& of)
        : of_(of),
          given_(of.fields.size()) {}

    void set(std::string_view name, const std::string& text) {
        if (!text.empty()) given_[of_.position(name)].emplace(std::in_place_type<std::string>, text);
    }
    void set(std::string_view name, const std::vector<std::string>& items) {
        given_[of_.position(name)].emplace(std::in_place_type<std::string>, list_text(items));
    }
    void set(std::string_view name, bool truth) {
        given_[of_.position(name)].emplace(std::in_place_type<std::int64_t>, truth ? 1 : 0);
    }
    void set(std::string_view name, const std::optional<timestamp>& time) {
        if (time) given_[of_.position(name)].emplace(std::in_place_type<std::int64_t>, *time);
    }
    given_members take() { return std::move(given_); }

private:
    const resource& of_;
    given_members given_;
};

void set_common(const attack::entry& from, const std::string& domain, members_of& into) {
    into.set("id", from.id);
    into.set("stix_id", from.stix_id);
    into.set("domain", domain);
    into.set("name", from.name);
    into.set("description", from.description);
    into.set("url", from.url);
    into.set("attack_version", from.version);
    into.set("attack_created_at", from.created);
    into.set("attack_modified_at", from.modified);
    into.set("deprecated", from.deprecated);
    into.set("revoked", from.revoked);
    into.set("revoked_by", from.revoked_by);
}

void set_own(const attack::tactic& from, members_of& into) {
    into.set("short_name", from.short_name);
    into.set("kill_chains", from.kill_chains);
}
void set_own(const attack::matrix& from, members_of& into) { into.set("tactics", from.tactics); }
void set_own(const attack::data_source& from, members_of& into) {
    into.set("platforms", from.platforms);
    into.set("collection_layers", from.collection_layers);
}
void set_own(const attack::data_component& from, members_of& into) {
    if (from.id.empty()) into.set("id", from.stix_id);  // older bundles have no other id of it
    into.set("data_source", from.data_source);
}
void set_own(const attack::technique& from, members_of& into) {
    into.set("is_subtechnique", from.is_subtechnique);
    into.set("parent", from.parent);
    into.set("tactics", from.tactics);
    into.set("platforms", from.platforms);
    into.set("data_sources", from.data_sources);
    into.set("data_source_ids", from.data_source_ids);
    into.set("detection_strategies", from.detection_strategies);
    into.set("detection", from.detection);
}

// Parents before what is below them; the bundle has no circles.
std::vector<attack::technique> parents_first(std::vector<attack::technique> all) {
    std::map<std::string_view, std::size_t> place;
    for (std::size_t i = 0; i < all.size(); ++i) place.emplace(all[i].id, i);
    std::vector<std::size_t> order;
    std::vector<bool> placed(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::vector<std::size_t> way;
        for (std::size_t at = i; !placed[at];) {
            placed[at] = true;
            way.push_back(at);
            const auto parent = place.find(all[at].parent);
            if (parent == place.end()) break;
            at = parent->second;
        }
        order.insert(order.end(), way.rbegin(), way.rend());
    }
    std::vector<attack::technique> sorted;
    sorted.reserve(all.size());
    for (const std::size_t each : order) sorted.push_back(std::move(all[each]));
    return sorted;
}

class converter {
public:
    converter(attack::bundle& from, const call& request)
        : from_(from),
          request_(request),
          domain_(domain_of(from)) {}

    template <class Entry>
    attack_batch run(const resource& of, const std::vector<Entry>& entries) {
        attack_batch made{&of, {}};
        made.rows.reserve(entries.size());
        for (const Entry& each : entries) {
            members_of members(of);
            set_common(each, domain_, members);
            set_own(each, members);
            record row;
            const auto faults = make_record(of, request_, members.take(), row);
            if (faults.empty()) made.rows.push_back(std::move(row));
            else warn(each.stix_id, "skipped: `" + faults.front().field + "` " + faults.front().detail);
        }
        return made;
    }

private:
    void warn(const std::string& stix_id, std::string detail) {
        from_.warnings.push_back({stix_id, std::move(detail)});
    }

    attack::bundle& from_;
    const call& request_;
    std::string domain_;
};

}  // namespace

std::string domain_of(const attack::bundle& from) {
    std::string domain;
    for (const auto& each : from.matrices) domain += (domain.empty() ? "" : ",") + each.id;
    return domain;
}

std::vector<attack_batch> records_of(attack::bundle& from, const call& request) {
    converter convert(from, request);
    from.techniques = parents_first(std::move(from.techniques));
    std::vector<attack_batch> all;
    all.push_back(convert.run(attack_tactics(), from.tactics));
    all.push_back(convert.run(attack_matrices(), from.matrices));
    all.push_back(convert.run(attack_data_sources(), from.data_sources));
    all.push_back(convert.run(attack_data_components(), from.data_components));
    all.push_back(convert.run(attack_techniques(), from.techniques));
    return all;
}

}  // namespace carrel::siem
