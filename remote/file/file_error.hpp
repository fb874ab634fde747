#pragma once

#include <string>
#include <string_view>

namespace bitx::remote {

/// Throws what an errno value of a system call on a store's folder means to the caller: AbsentError (ENOENT),
/// DeniedError (permissions, read-only, full disk or quota), LayoutError (a symbolic link, a file where a
/// folder belongs), else UnavailableError. `doing` reads as in "cannot <doing>", `store` names the store.
[[noreturn]] void throw_file_error(int error, std::string_view doing, std::string_view key,
                                   std::string_view store);

}  // namespace bitx::remote
