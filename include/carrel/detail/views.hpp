#pragma once

#include <carrel/value.hpp>

#include <optional>
#include <tuple>
#include <type_traits>

namespace carrel {

class column_value;

namespace detail {

/// Whether a `T` refers to bytes that it does not own: what must not leave the work whose session lent them.
template <class T>
struct is_view_like : std::false_type {};
template <class T>
requires(sizeof(T) == 1) struct is_view_like<T*> : std::true_type {
};  // text or bytes; not an object of the host's
template <class T>
struct is_view_like<T&> : std::true_type {};
template <class Char, class Traits>
struct is_view_like<std::basic_string_view<Char, Traits>> : std::true_type {};
template <class T, std::size_t Extent>
struct is_view_like<std::span<T, Extent>> : std::true_type {};
template <>
struct is_view_like<column_value> : std::true_type {};
template <class T>
struct is_view_like<std::optional<T>> : is_view_like<T> {};
template <class T, class Allocator>
struct is_view_like<std::vector<T, Allocator>> : is_view_like<T> {};
template <class First, class Second>
struct is_view_like<std::pair<First, Second>> : std::disjunction<is_view_like<First>, is_view_like<Second>> {};
template <class... Parts>
struct is_view_like<std::tuple<Parts...>> : std::disjunction<is_view_like<Parts>...> {};

template <class T>
inline constexpr bool is_view_like_v = is_view_like<std::remove_cv_t<T>>::value;

/// The text of a `const char*`, owned; remembers a null pointer, which is refused when it is bound.
struct owned_text {
    std::string text;
    bool is_null_pointer = false;

    owned_text(const char* from)  // NOLINT(google-explicit-constructor): takes the place of the pointer
        : text(from == nullptr ? "" : from),
          is_null_pointer(from == nullptr) {}
    operator const std::string&() const noexcept { return text; }  // NOLINT(google-explicit-constructor)
    operator std::string_view() const noexcept { return text; }    // NOLINT(google-explicit-constructor)
};

// What a job keeps of an argument: the bytes of a view, anything else as it is.
template <class T>
struct owned {
    using type = T;
};
template <>
struct owned<std::string_view> {
    using type = std::string;
};
template <>
struct owned<const char*> {
    using type = owned_text;
};
template <>
struct owned<char*> {
    using type = owned_text;
};
template <class T, std::size_t Extent>
struct owned<std::span<T, Extent>> {
    using type = std::vector<std::remove_cv_t<T>>;
};
template <class T>
struct owned<std::optional<T>> {
    using type = std::optional<typename owned<T>::type>;
};
template <class T>
using owned_t = typename owned<std::decay_t<T>>::type;

template <class To, class From>
To own(From&& from) {
    using bare = std::remove_cvref_t<From>;
    if constexpr (requires { from.has_value(); } && !std::is_same_v<To, bare>) {
        return from ? To(own<typename To::value_type>(*from)) : To();
    } else if constexpr (requires { from.size_bytes(); }) {
        return To(from.begin(), from.end());
    } else {
        return To(std::forward<From>(from));
    }
}

}  // namespace detail
}  // namespace carrel
