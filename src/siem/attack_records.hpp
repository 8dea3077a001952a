#pragma once

#include "attack/bundle.hpp"
#include "resource/resource.hpp"

#include <string>
#include <vector>

namespace carrel::siem {

/// The objects of one kind that a bundle has, as records in an order in which each can refer to those before it.
struct attack_batch {
    const resource* of = nullptr;
    std::vector<record> rows;
};

/// A bundle as records, kinds that others refer to first. An object that cannot be one becomes a warning.
std::vector<attack_batch> records_of(attack::bundle& from, const call& request);

/// The matrices of a bundle, by which it is known again; empty if it has none.
std::string domain_of(const attack::bundle& from);

}  // namespace carrel::siem
