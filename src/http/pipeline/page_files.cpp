#include "http/pipeline/page_files.hpp"

#include "base/sha256.hpp"
#include "http/protocol/deflater.hpp"
#include "web/files.hpp"

namespace carrel::http {

namespace {

constexpr std::size_t tag_digits = 16;
constexpr std::string_view page_name = "index.html";
// In the page, the place of the build's name.
constexpr std::string_view build_mark = "BUILD";

std::string_view media_type_of(std::string_view name) noexcept {
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "text/html; charset=utf-8";
}

std::string tag_of(std::string_view text) { return base::sha256_hex(text).substr(0, tag_digits); }

std::string name_of_build() {
    base::sha256 sum;
    for (const auto& each : web::files()) {
        sum.update(each.name);
        sum.update(each.text);
    }
    return base::hex_of(sum.value()).substr(0, tag_digits);
}

std::string with_build(std::string_view text, std::string_view build) {
    std::string made(text);
    for (auto at = made.find(build_mark); at != std::string::npos; at = made.find(build_mark, at + build.size()))
        made.replace(at, build_mark.size(), build);
    return made;
}

}  // namespace

page_files::page_files() {
    deflater packer;
    const std::string build = name_of_build();
    for (const auto& each : web::files()) {
        const bool is_page = each.name == page_name;
        auto& made = by_path_[is_page ? "/" : "/assets/" + build + "/" + std::string(each.name)];
        made.text = is_page ? with_build(each.text, build) : std::string(each.text);
        if (!packer.pack(made.text, made.packed)) made.packed.clear();
        made.media_type = media_type_of(each.name);
        made.tag = tag_of(made.text);
        made.may_be_kept = !is_page;
    }
}

const page_files& page_files::instance() {
    static const page_files one;
    return one;
}

const page_file* page_files::find(std::string_view path) const noexcept {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : &found->second;
}

}  // namespace carrel::http
