#include "sigma/yaml.hpp"

#include "sigma/limits.hpp"
#include "sigma/source_text.hpp"

#include <yaml-cpp/yaml.h>

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <new>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

namespace carrel::sigma {

namespace {

/// Ends a reading from within the parser's calls.
struct refusal {
    std::size_t offset;
    std::string detail;
};

constexpr std::string_view core_tags = "tag:yaml.org,2002:";

/// Builds the tree from the parser's events and refuses what is beyond the limits before it is built. The parser descends
/// a level a call, and so is cut as deep as a rule may be.
class builder : public YAML::EventHandler {
public:
    explicit builder(yaml_tree& tree)
        : tree_(tree) {}

    /// What else there is must not be a document. One that holds nothing stands behind a last `---`; where there seem to
    /// be more, the parser stays at a sign that it has no place for.
    void expect_end() noexcept { ended_ = true; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (ended_ && ++empty_documents_ > 1) throw refusal{offset_of(mark), "what stands here belongs to nothing"};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (ended_) return;
        yaml_node& made = make(mark, anchor);
        // Where there is no value the mark is of what comes next.
        if (!open_.empty() && open_.back().key != nullptr) made.offset = open_.back().key->offset;
        attach(made);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        yaml_node& made = make(mark, anchor);
        if (value.size() > scalar_max)
            throw refusal{made.offset, "a value is longer than " + std::to_string(scalar_max) + " bytes"};
        made.kind = yaml_node::kinds::text;
        made.text = value;
        made.plain = is_plain(made, tag);
        attach(made);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        count_anchor(mark);
        const auto named = anchors_.find(anchor);
        if (named == anchors_.end() || is_open(named->second))
            throw refusal{offset_of(mark), "an alias refers to what it stands in"};
        if (open_.size() + named->second->height > yaml_depth_max) refuse_depth(mark);
        count_nodes(mark, named->second->size);
        attach(*named->second);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(mark, tag, "seq", anchor, yaml_node::kinds::list);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(mark, tag, "map", anchor, yaml_node::kinds::map);
    }
    void OnMapEnd() override {
        merge();
        end();
    }

private:
    struct level {
        yaml_node* node;
        const yaml_node* key = nullptr;                  // of the member whose value comes next
        const yaml_node* merged = nullptr;               // the value of `<<`
        std::unordered_set<std::string_view> keys = {};  // of this map
    };

    static std::size_t offset_of(const YAML::Mark& mark) noexcept {
        return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    }
    [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
        throw refusal{offset_of(mark), "nested deeper than " + std::to_string(yaml_depth_max)};
    }

    static bool is_plain(const yaml_node& of, const std::string& tag) {
        if (tag == "?" || tag.empty()) return true;
        if (tag == "!") return false;
        if (tag == std::string(core_tags) + "str") return false;
        for (const std::string_view kind : {"int", "float", "bool", "null"})
            if (tag == std::string(core_tags) + std::string(kind)) return true;
        throw refusal{of.offset, "tag " + tag + " is not supported"};
    }

    void count_anchor(const YAML::Mark& mark) {
        if (++anchor_count_ > yaml_anchors_max)
            throw refusal{offset_of(mark), "more than " + std::to_string(yaml_anchors_max) + " anchors and aliases"};
    }
    void count_nodes(const YAML::Mark& mark, std::size_t count) {
        node_count_ += count;
        if (node_count_ > yaml_nodes_max)
            throw refusal{offset_of(mark), "more than " + std::to_string(yaml_nodes_max) + " values"};
    }

    yaml_node& make(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (ended_) throw refusal{offset_of(mark), "a second document starts here"};
        count_nodes(mark, 1);
        yaml_node& made = tree_.nodes.emplace_back();
        made.offset = offset_of(mark);
        if (anchor != 0) {
            count_anchor(mark);
            anchors_[anchor] = &made;
        }
        return made;
    }

    bool is_open(const yaml_node* node) const {
        return std::any_of(open_.begin(), open_.end(), [&](const level& each) { return each.node == node; });
    }

    void begin(const YAML::Mark& mark, const std::string& tag, const char* core, YAML::anchor_t anchor,
               yaml_node::kinds kind) {
        if (open_.size() == yaml_depth_max) refuse_depth(mark);
        yaml_node& made = make(mark, anchor);
        if (!tag.empty() && tag != "?" && tag != "!" && tag != std::string(core_tags) + core)
            throw refusal{made.offset, "tag " + tag + " is not supported"};
        made.kind = kind;
        open_.push_back({.node = &made});
    }
    void end() {
        yaml_node& made = *open_.back().node;
        ++made.height;
        open_.pop_back();
        attach(made);
    }

    void attach(yaml_node& value) {
        if (open_.empty()) {
            tree_.root = &value;
            return;
        }
        level& at = open_.back();
        at.node->size += value.size;
        at.node->height = std::max(at.node->height, value.height);
        if (at.node->is_list()) {
            at.node->items.push_back(&value);
        } else if (at.key == nullptr) {
            take_key(at, value);
        } else {
            if (at.key->plain && at.key->text == "<<") at.merged = &value;
            else at.node->members.emplace_back(at.key, &value);
            at.key = nullptr;
        }
    }

    static void take_key(level& at, const yaml_node& key) {
        if (!key.is_text()) throw refusal{key.offset, "a key must be a text"};
        if (!at.keys.insert(key.text).second) throw refusal{key.offset, "duplicate key " + key.text};
        at.key = &key;
    }

    /// What `<<` names gives the members that the map does not have; of several maps the first that has one.
    void merge() {
        level& at = open_.back();
        if (at.merged == nullptr) return;
        if (at.merged->is_map()) return merge_map(at, *at.merged);
        if (!at.merged->is_list()) throw refusal{at.merged->offset, "<< asks for a map or a list of maps"};
        for (const yaml_node* each : at.merged->items) {
            if (!each->is_map()) throw refusal{each->offset, "<< asks for a map or a list of maps"};
            merge_map(at, *each);
        }
    }
    static void merge_map(level& at, const yaml_node& from) {
        for (const auto& member : from.members)
            if (at.keys.insert(member.first->text).second) at.node->members.push_back(member);
    }

    yaml_tree& tree_;
    std::vector<level> open_;
    std::unordered_map<YAML::anchor_t, yaml_node*> anchors_;
    std::size_t anchor_count_ = 0, node_count_ = 0;
    std::size_t empty_documents_ = 0;  // behind the one that is read
    bool ended_ = false;
};

std::unique_ptr<yaml_tree> build(std::string_view text) {
    auto tree = std::make_unique<yaml_tree>();
    builder made(*tree);
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    parser.HandleNextDocument(made);
    made.expect_end();
    while (parser.HandleNextDocument(made)) {
    }
    return tree;
}

}  // namespace

const yaml_node* yaml_node::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : members)
        if (key->text == name) return value;
    return nullptr;
}

std::variant<std::unique_ptr<yaml_tree>, faults> read_yaml(std::string_view document) {
    if (document.size() > rule_text_max)
        return faults{{1, 1, "longer than " + std::to_string(rule_text_max) + " bytes"}};
    if (auto bad = find_bad_character(document)) return faults{std::move(*bad)};
    const std::string_view text = without_mark(document);
    try {
        std::unique_ptr<yaml_tree> tree = build(text);
        if (tree->root == nullptr) return faults{{1, 1, "holds no document"}};
        return tree;
    } catch (const refusal& why) {
        return faults{fault_at(text, why.offset, why.detail)};
    } catch (const YAML::Exception& e) {
        const bool placed = !e.mark.is_null() && e.mark.pos >= 0;
        return faults{fault_at(text, placed ? static_cast<std::size_t>(e.mark.pos) : 0, "is not YAML: " + e.msg)};
    }
}

}  // namespace carrel::sigma
