#include "support/disk_recorder.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace carrel::testing {
namespace {

namespace fs = std::filesystem;
using event = disk_recorder::event;
using kind = disk_recorder::kind;

constexpr std::size_t sector_bytes = 512;

std::atomic<disk_recorder*> active{nullptr};

void put(std::string& file, std::size_t at, std::string_view bytes) {
    if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

void apply(std::string& file, const event& each) {
    if (each.what == kind::write) put(file, each.at, each.bytes);
    else file.resize(each.at);
}

// What a disk keeps of what it need not.
class chance {
public:
    chance(loss what, std::size_t count, std::mt19937_64& random)
        : what_(what),
          random_(random),
          quarters_(random() % 4),
          names_until_(random() % (count + 1)) {}

    bool keeps_name(std::size_t number) {
        switch (what_) {
            case loss::nothing: return false;
            case loss::everything: return true;
            case loss::torn: return random_() % 2 == 0;
            case loss::names_first: return number < names_until_;
        }
        return false;
    }

    void apply_some(std::string& file, const event& each) {
        if (what_ == loss::nothing) return;
        if (what_ == loss::everything) return apply(file, each);
        if (each.what == kind::truncate) {
            if (keeps()) apply(file, each);
            return;
        }
        const std::size_t begin = each.at, end = begin + each.bytes.size();
        for (auto at = begin; at < end;) {
            const auto next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
            if (keeps()) put(file, at, std::string_view(each.bytes).substr(at - begin, next - at));
            at = next;
        }
    }

private:
    // The odds differ between images: none, or most of it.
    bool keeps() { return random_() % 4 < quarters_; }

    const loss what_;
    std::mt19937_64& random_;
    const std::uint64_t quarters_;
    const std::size_t names_until_;
};

template <class Names>
void apply_name(Names& there, const event& each) {
    const auto bearer = there.find({each.directory, each.name});
    const bool is_it = bearer != there.end() && bearer->second == each.node;
    if (each.what != kind::name && is_it) there.erase(bearer);
    if (each.what == kind::name) there[{each.directory, each.name}] = each.node;
    if (each.what == kind::rename) there[{each.directory, each.new_name}] = each.node;
}

std::string name_in(const std::string& path) { return fs::path(path).filename().string(); }

}  // namespace

bool changes_names(const event& each) noexcept {
    return each.what == kind::name || each.what == kind::rename || each.what == kind::remove;
}

disk_recorder* disk_recorder::current() noexcept { return active.load(); }

disk_recorder::disk_recorder(std::string root)
    : root_(std::move(root)) {
    add_node("", true, {});
    adopt("");
    active = this;
}

disk_recorder::~disk_recorder() { stop(); }

void disk_recorder::stop() noexcept { active = nullptr; }

void disk_recorder::adopt(const std::string& path) {
    for (const auto& each : fs::directory_iterator(root_ + "/" + path)) {
        const std::string below = path.empty() ? name_in(each.path()) : path + "/" + name_in(each.path());
        std::string content;
        if (!each.is_directory()) {
            std::ifstream file(each.path(), std::ios::binary);
            content.assign(std::istreambuf_iterator<char>(file), {});
        }
        const auto made = add_node(below, each.is_directory(), std::move(content));
        names_at_start_[{by_path_.at(path), name_in(below)}] = made;
        if (each.is_directory()) adopt(below);
    }
}

std::uint32_t disk_recorder::add_node(const std::string& path, bool is_directory, std::string content) {
    const auto number = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({is_directory, path, std::move(content)});
    by_path_[path] = number;
    return number;
}

std::optional<std::string> disk_recorder::inside(const std::string& path) const {
    auto plain = fs::path(path).lexically_normal().string();
    if (plain.ends_with('/')) plain.pop_back();
    if (plain == root_) return std::string();
    if (!plain.starts_with(root_ + "/")) return std::nullopt;
    return plain.substr(root_.size() + 1);
}

disk_recorder::event disk_recorder::name_event(kind what, const std::string& path, std::uint32_t bearer) const {
    event made{what, bearer, 0, name_in(path), {}, 0, {}};
    made.directory = by_path_.at(fs::path(path).parent_path().string());
    return made;
}

void disk_recorder::leave_out_syncs(std::function<bool(std::string_view path)> which) {
    const std::lock_guard lock(mutex_);
    is_left_out_ = std::move(which);
}

void disk_recorder::fail_syncs(std::function<bool(std::string_view path)> which) {
    const std::lock_guard lock(mutex_);
    is_failing_ = std::move(which);
}

std::string disk_recorder::path_of(int descriptor) const {
    const auto& which = nodes_[open_.at(descriptor)];
    return which.is_directory ? which.path + "/" : which.path;
}

bool disk_recorder::fails_sync(int descriptor) const { return is_failing_ && is_failing_(path_of(descriptor)); }

void disk_recorder::note(std::uint64_t mark) {
    const std::lock_guard lock(mutex_);
    events_.push_back({kind::mark, 0, 0, {}, {}, mark, {}});
}

void disk_recorder::opened(const std::string& path, bool may_create, bool truncates, int descriptor) {
    open_.erase(descriptor);
    const auto below = inside(path);
    if (!below) return;
    auto known = by_path_.find(*below);
    if (known == by_path_.end() && !may_create) return;
    if (known == by_path_.end()) {
        const auto made = add_node(*below, false, {});
        events_.push_back(name_event(kind::name, *below, made));
        known = by_path_.find(*below);
    } else if (truncates) {
        events_.push_back({kind::truncate, known->second, 0, {}, {}, 0, {}});
    }
    open_[descriptor] = known->second;
}

void disk_recorder::written(int descriptor, std::string_view bytes, std::uint64_t at) {
    events_.push_back({kind::write, open_.at(descriptor), 0, {}, {}, at, std::string(bytes)});
}

void disk_recorder::truncated(int descriptor, std::uint64_t size) {
    events_.push_back({kind::truncate, open_.at(descriptor), 0, {}, {}, size, {}});
}

void disk_recorder::synced(int descriptor) {
    if (is_left_out_ && is_left_out_(path_of(descriptor))) return;
    events_.push_back({kind::sync, open_.at(descriptor), 0, {}, {}, 0, {}});
}

void disk_recorder::made_directory(const std::string& path) {
    const auto below = inside(path);
    if (below) events_.push_back(name_event(kind::name, *below, add_node(*below, true, {})));
}

void disk_recorder::renamed(const std::string& from, const std::string& to) {
    const auto old_path = inside(from), new_path = inside(to);
    if (!old_path || !new_path) return;
    const auto bearer = by_path_.at(*old_path);
    auto made = name_event(kind::rename, *old_path, bearer);
    made.new_name = name_in(*new_path);
    events_.push_back(std::move(made));
    by_path_.erase(*old_path);
    by_path_[*new_path] = bearer;
}

void disk_recorder::removed(const std::string& path) {
    const auto below = inside(path);
    const auto known = below ? by_path_.find(*below) : by_path_.end();
    if (known == by_path_.end()) return;
    events_.push_back(name_event(kind::remove, *below, known->second));
    by_path_.erase(known);
}

// Of each node how many events are on the disk for sure.
std::vector<std::size_t> disk_recorder::synced_before(std::size_t count) const {
    std::vector<std::size_t> synced(nodes_.size(), 0);
    for (std::size_t i = 0; i < count; ++i)
        if (events_[i].what == kind::sync) synced[events_[i].node] = i + 1;
    return synced;
}

disk_image disk_recorder::after_power_loss(std::size_t count, loss what, std::mt19937_64& random) const {
    const auto synced = synced_before(count);
    chance luck(what, count, random);
    auto there = names_at_start_;
    std::vector<std::string> contents;
    for (const auto& each : nodes_) contents.push_back(each.content);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& each = events_[i];
        if (changes_names(each)) {
            if (i < synced[each.directory] || luck.keeps_name(i)) apply_name(there, each);
        } else if (each.what == kind::write || each.what == kind::truncate) {
            if (i < synced[each.node]) apply(contents[each.node], each);
            else luck.apply_some(contents[each.node], each);
        }
    }
    disk_image image;
    collect(there, contents, 0, "", image);
    return image;
}

void disk_recorder::collect(const names& there, const std::vector<std::string>& contents, std::uint32_t directory,
                            const std::string& path, disk_image& into) const {
    for (auto each = there.lower_bound({directory, ""}); each != there.end() && each->first.first == directory;
         ++each) {
        const std::string below = path.empty() ? each->first.second : path + "/" + each->first.second;
        if (nodes_[each->second].is_directory) {
            into[below] = std::nullopt;
            collect(there, contents, each->second, below, into);
        } else {
            into[below] = contents[each->second];
        }
    }
}

void write_image(const disk_image& image, const std::string& directory) {
    fs::create_directories(directory);
    for (const auto& [path, content] : image) {
        const std::string place = directory + "/" + path;
        if (!content) {
            fs::create_directory(place);
            fs::permissions(place, fs::perms::owner_all);
            continue;
        }
        std::ofstream out(place, std::ios::binary | std::ios::trunc);
        out.write(content->data(), static_cast<std::streamsize>(content->size()));
        fs::permissions(place, fs::perms::owner_read | fs::perms::owner_write);
    }
}

}  // namespace carrel::testing
