#include "attack/catalogue.hpp"

#include <algorithm>
#include <set>

namespace carrel::attack {

namespace {

constexpr std::size_t references_bytes_max = 64u << 20;

bool is_a(std::string_view stix_id, std::string_view type) {
    return stix_id.size() > type.size() && stix_id.starts_with(type) && stix_id[type.size()] == '-';
}

void insert_sorted(std::vector<std::string>& into, const std::string& text) {
    const auto at = std::lower_bound(into.begin(), into.end(), text);
    if (at == into.end() || *at != text) into.insert(at, text);
}

class relating {
public:
    relating(catalogue& all, findings& found)
        : all_(all),
          found_(found),
          tactics_(index_of(all.tactics)),
          techniques_(index_of(all.techniques)),
          sources_(index_of(all.data_sources)),
          components_(index_of(all.components)),
          strategies_(index_of(all.strategies)),
          analytics_(index_of(all.analytics)) {
        for (auto& each : all.tactics) tactics_by_name_[each.short_name].push_back(&each);
        for (auto& each : all.techniques) techniques_by_id_.emplace(each.id, &each);
    }

    void run() {
        name_sources();
        order_matrices();
        for (auto& each : all_.techniques)
            if (!is_spent()) place(each);
        for (const auto& each : all_.relationships)
            if (!is_spent()) apply(each);
        if (is_spent()) found_.fault("objects", {}, "the objects refer to each other too often");
        for (auto& each : all_.techniques) complete(each);
        refuse_circles("parent", &technique::parent);
        refuse_circles("revoked-by", &entry::revoked_by);
    }

private:
    // Few objects can refer to each other often enough to take any memory: what references add is bounded.
    void spend(std::size_t bytes) { spent_ += bytes + 64; }
    bool is_spent() const noexcept { return spent_ > references_bytes_max; }

    void absent(const std::string& from, const std::string& to) {
        found_.warning(from, "refers to `" + to.substr(0, 200) + "`, which is not in the bundle or was skipped");
    }

    void name_sources() {
        for (auto& each : all_.components) {
            if (each.source.empty()) continue;
            if (const auto* source = found_in(sources_, each.source)) each.data_source = source->id;
            else absent(each.stix_id, each.source);
        }
    }
    void order_matrices() {
        for (auto& each : all_.matrices)
            for (const auto& column : each.columns)
                if (const auto* one = found_in(tactics_, column)) each.tactics.push_back(one->id);
                else absent(each.stix_id, column);
    }

    // Domains have tactics of the same short name: the kill chain tells them apart, unless there is only one of the name.
    void place(read_technique& one) {
        for (const auto& [chain, name] : one.phases) {
            if (std::find(one.tactic_names.begin(), one.tactic_names.end(), name) == one.tactic_names.end())
                one.tactic_names.push_back(name);
            if (const auto* of = tactic_of_phase(chain, name)) insert_sorted(one.tactics, of->id);
            else
                found_.warning(one.stix_id,
                               "is in the tactic `" + name.substr(0, 200) + "`, which is not in the bundle");
        }
    }
    const tactic* tactic_of_phase(const std::string& chain, const std::string& name) {
        const auto named = tactics_by_name_.find(name);
        if (named == tactics_by_name_.end()) return nullptr;
        const tactic* of = named->second.size() == 1 ? named->second.front() : nullptr;
        for (const auto* each : named->second) {
            spend(0);
            const auto& chains = each->kill_chains;
            if (std::find(chains.begin(), chains.end(), chain) == chains.end()) continue;
            if (of == nullptr || of->revoked || of->deprecated) of = each;
        }
        return of;
    }

    void apply(const relationship& link) {
        if (link.type == "revoked-by") return succeed(link);
        if (!is_a(link.target, "attack-pattern")) return;
        auto* target = found_in(techniques_, link.target);
        if (target == nullptr) return absent(link.stix_id, link.target);
        if (link.type == "subtechnique-of") adopt(link, *target);
        else detect(link, *target);
    }
    void adopt(const relationship& link, const technique& parent) {
        auto* child = found_in(techniques_, link.source);
        if (child == nullptr) return absent(link.stix_id, link.source);
        if (!child->parent.empty() && child->parent != parent.id)
            return found_.warning(link.stix_id, child->id + " has the parent " + child->parent + " already");
        child->parent = parent.id;
        child->is_subtechnique = true;
    }
    void succeed(const relationship& link) {
        const auto among = [&](auto& index) {
            auto* from = found_in(index, link.source);
            auto* to = found_in(index, link.target);
            if (from == nullptr) return absent(link.stix_id, link.source);
            if (to == nullptr) return absent(link.stix_id, link.target);
            from->revoked_by = to->id;
        };
        if (is_a(link.source, "attack-pattern")) among(techniques_);
        else if (is_a(link.source, "x-mitre-tactic")) among(tactics_);
        else if (is_a(link.source, "x-mitre-data-source")) among(sources_);
    }

    void detect(const relationship& link, technique& by) {
        if (is_a(link.source, "x-mitre-data-component")) {
            if (const auto* one = found_in(components_, link.source)) observe(*one, by);
            else absent(link.stix_id, link.source);
        } else if (is_a(link.source, "x-mitre-detection-strategy")) {
            if (const auto* one = found_in(strategies_, link.source)) follow(*one, by);
            else absent(link.stix_id, link.source);
        }
    }
    void observe(const read_component& one, technique& by) {
        spend(0);
        const auto* source = found_in(sources_, one.source);
        if (source != nullptr) insert_sorted(by.data_source_ids, source->id);
        auto text = source != nullptr ? source->name + ": " + one.name : one.name;
        if (std::find(by.data_sources.begin(), by.data_sources.end(), text) == by.data_sources.end() &&
            by.data_sources.size() < found_.within().items_max) {
            spend(text.size());
            by.data_sources.push_back(std::move(text));
        }
    }
    // Newer bundles say by strategies how a technique is detected, older ones by a text of its own.
    void follow(const detection_strategy& one, technique& by) {
        if (!one.id.empty()) insert_sorted(by.detection_strategies, one.id);
        for (const auto& id : one.analytics) {
            if (is_spent()) return;
            const auto* each = found_in(analytics_, id);
            if (each == nullptr) {
                absent(one.stix_id, id);
                continue;
            }
            if (by.detection.size() + each->description.size() + 2 <= found_.within().text_max &&
                !each->description.empty()) {
                spend(each->description.size());
                by.detection += (by.detection.empty() ? "" : "\n\n") + each->description;
            }
            for (const auto& component : each->components)
                if (const auto* seen = found_in(components_, component)) observe(*seen, by);
                else absent(each->stix_id, component);
        }
    }

    void complete(technique& one) {
        if (!one.is_subtechnique || !one.parent.empty()) return;
        one.parent = one.id.substr(0, one.id.find('.'));
        if (one.parent == one.id) one.parent.clear();
        if (one.parent.empty()) found_.warning(one.stix_id, "is a sub-technique without a parent");
        else if (!techniques_by_id_.contains(one.parent))
            found_.warning(one.stix_id, "has the parent " + one.parent + ", which is not in the bundle");
    }

    // Each technique is visited twice at most: `seen` holds those that are known to lead out.
    template <class Member>
    void refuse_circles(std::string_view what, Member member) {
        std::set<const technique*> seen;
        for (const auto& each : all_.techniques) {
            std::vector<const technique*> way;
            const technique* at = &each;
            while (at != nullptr && seen.insert(at).second) {
                way.push_back(at);
                at = found_in(techniques_by_id_, at->*member);
            }
            const auto again = std::find(way.begin(), way.end(), at);
            if (again == way.end()) continue;
            std::string circle;
            for (auto step = again; step != way.end() && circle.size() < 200; ++step) circle += (*step)->id + " > ";
            found_.fault("objects", at->stix_id, std::string(what) + " goes in a circle: " + circle + at->id);
        }
    }

    catalogue& all_;
    findings& found_;
    std::size_t spent_ = 0;
    std::unordered_map<std::string, std::vector<tactic*>, stix_hash, std::equal_to<>> tactics_by_name_;
    std::unordered_map<std::string, technique*, stix_hash, std::equal_to<>> techniques_by_id_;
    by_stix_id<tactic*> tactics_;
    by_stix_id<read_technique*> techniques_;
    by_stix_id<data_source*> sources_;
    by_stix_id<read_component*> components_;
    by_stix_id<detection_strategy*> strategies_;
    by_stix_id<analytic*> analytics_;
};

}  // namespace

void relate(catalogue& all, findings& found) { relating(all, found).run(); }

}  // namespace carrel::attack
