// expect: one_statement: a view would outlive what it shows
#include <carrel/work.hpp>

#ifdef POSITIVE
using statement = decltype(carrel::one_statement("DELETE FROM notes WHERE text = ?", std::string_view("x")));
static_assert(std::is_same_v<statement, carrel::one_statement<std::string>>);
#else
using statement = carrel::one_statement<std::string_view>;
#endif
statement f(std::string_view text) { return statement("DELETE FROM notes WHERE text = ?", text); }
