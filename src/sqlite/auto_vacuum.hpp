#pragma once

#include <carrel/options.hpp>

namespace carrel::sqlite {

/// A hook for `options::on_connect`: the next VACUUM makes the file one that can give pages back while it is used. Until
/// then it stays as it is.
connect_hook incremental_at_next_vacuum();

}  // namespace carrel::sqlite
