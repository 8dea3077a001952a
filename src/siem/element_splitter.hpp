#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace carrel::siem {

/// Cuts a JSON text that arrives in pieces into the elements of its array, or into the one value it is. It looks at
/// brackets, strings and commas only: what an element holds is checked by who takes it. Not thread-safe.
class element_splitter {
public:
    enum class step { need_more, element, broken };

    explicit element_splitter(std::size_t element_bytes_max)
        : bytes_max_(element_bytes_max) {}

    /// Takes bytes off the front of `bytes` up to the end of an element, or all of them.
    step next(std::string_view& bytes);
    /// No more bytes come. `broken` unless the text was whole; `element` for a number that only now ends.
    step finish();

    /// The element just found; valid until the next call.
    std::string_view element() const noexcept { return held_; }
    /// Whether it was too long: then `element` is empty.
    bool is_oversized() const noexcept { return oversized_; }
    /// Why the text is broken.
    std::string_view why() const noexcept;
    std::size_t bytes_held() const noexcept { return held_.size(); }

private:
    enum class place { before_all, before_first, before_element, inside, behind_element, behind_all };

    step between(std::string_view& bytes);
    step inside(std::string_view& bytes);
    step end_element();
    bool ends_here(char c) noexcept;
    void hold(std::string_view part);

    std::size_t bytes_max_;
    std::string held_;
    place place_ = place::before_all;
    std::size_t depth_ = 0;
    bool in_array_ = false;
    bool in_string_ = false, escaped_ = false, scalar_ = false, oversized_ = false;
};

}  // namespace carrel::siem
