#include "siem/playbooks/object_reader.hpp"

#include "base/utf8.hpp"
#include "resource/field.hpp"
#include "resource/problems.hpp"

namespace carrel::siem {

namespace {

std::string size_rule(object_reader::bounds size) {
    return "must have " + std::to_string(size.min) + " to " + std::to_string(size.max) + " characters";
}

std::optional<std::string> text_of(const boost::json::value& given, object_reader::bounds size, std::string& why) {
    const auto* const text = given.if_string();
    if (text == nullptr) {
        why = "must be a string";
        return std::nullopt;
    }
    const auto count = static_cast<std::int64_t>(json::count_code_points({text->data(), text->size()}));
    if (count < size.min || count > size.max) {
        why = size_rule(size);
        return std::nullopt;
    }
    return std::string(text->data(), text->size());
}

}  // namespace

object_reader::object_reader(const boost::json::value& given, std::string path, std::vector<fault>& faults)
    : object_(given.if_object()),
      path_(std::move(path)),
      faults_(&faults) {
    if (object_ == nullptr) faults_->push_back({path_, 0, "must be an object"});
}

std::string object_reader::path_of(std::string_view name) const {
    return (path_.empty() ? std::string() : path_ + ".").append(name);
}

const boost::json::value* object_reader::find(std::string_view name) {
    known_.emplace(name);
    return object_ == nullptr ? nullptr : object_->if_contains({name.data(), name.size()});
}

void object_reader::refuse(std::string_view name, std::string why) {
    faults_->push_back({path_of(name), 0, std::move(why)});
}

void object_reader::require(std::string_view name, bool is_required) {
    if (is_required && object_ != nullptr) refuse(name, "is required");
}

std::optional<std::string> object_reader::text(std::string_view name, bounds size, bool is_required) {
    const auto* const given = find(name);
    if (given == nullptr) {
        require(name, is_required);
        return std::nullopt;
    }
    std::string why;
    auto read = text_of(*given, size, why);
    if (!read) refuse(name, std::move(why));
    return read;
}

std::int64_t object_reader::integer(std::string_view name, bounds of, std::int64_t initial) {
    const auto* const given = find(name);
    if (given == nullptr) return initial;
    value read;
    const field rules{.name = name, .kind = field_kind::integer, .min = of.min, .max = of.max};
    if (auto wrong = read_field(rules, *given, read)) {
        refuse(name, std::move(wrong->detail));
        return initial;
    }
    return std::get<std::int64_t>(read);
}

bool object_reader::boolean(std::string_view name, bool initial) {
    const auto* const given = find(name);
    if (given == nullptr) return initial;
    if (const auto* truth = given->if_bool()) return *truth;
    refuse(name, "must be true or false");
    return initial;
}

std::optional<std::int64_t> object_reader::choice(std::string_view name, std::span<const std::string_view> values,
                                                  bool is_required) {
    const auto* const given = find(name);
    if (given == nullptr) {
        require(name, is_required);
        return std::nullopt;
    }
    const auto* const text = given->if_string();
    const auto place = text == nullptr ? std::nullopt : index_of(values, {text->data(), text->size()});
    if (!place) refuse(name, "must be one of " + list_of(values));
    return place;
}

std::vector<std::string> object_reader::texts(std::string_view name, std::size_t count_max, bounds size) {
    std::vector<std::string> all;
    const auto items = list(name, {0, static_cast<std::int64_t>(count_max)});
    for (std::size_t i = 0; i < items.size(); ++i) {
        std::string why;
        if (auto read = text_of(items[i], size, why)) all.push_back(std::move(*read));
        else refuse(std::string(name) + "[" + std::to_string(i) + "]", std::move(why));
    }
    return all;
}

std::span<const boost::json::value> object_reader::list(std::string_view name, bounds count, bool is_required) {
    const auto* const given = find(name);
    if (given == nullptr) {
        require(name, is_required);
        return {};
    }
    const auto* const items = given->if_array();
    const auto size = items == nullptr ? -1 : static_cast<std::int64_t>(items->size());
    if (size < count.min || size > count.max) {
        refuse(name, "must be a list of " + std::to_string(count.min) + " to " + std::to_string(count.max));
        return {};
    }
    return {items->data(), items->size()};
}

void object_reader::refuse_others() {
    if (object_ == nullptr) return;
    for (const auto& each : *object_) {
        const std::string_view name(each.key().data(), each.key().size());
        if (!known_.contains(name)) refuse(quoted(name), "is an unknown member");
    }
}

}  // namespace carrel::siem
