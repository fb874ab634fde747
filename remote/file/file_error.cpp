#include "remote/file/file_error.hpp"

#include <cerrno>
#include <system_error>

#include "remote/error.hpp"

namespace bitx::remote {

void throw_file_error(int error, std::string_view doing, std::string_view key, std::string_view store) {
    const std::string object = key.empty() ? "the store " + std::string(store)
                                           : std::string(key) + " in the store " + std::string(store);
    const std::string what =
        "cannot " + std::string(doing) + " " + object + ": " + std::generic_category().message(error);
    switch (error) {
        case ENOENT:
            throw AbsentError(object + " does not exist");
        case ENOSPC:
            throw DeniedError(what + "; free some space there and try again");
        case EDQUOT:
            throw DeniedError(what + "; free some of your quota there and try again");
        case EROFS:
            throw DeniedError(what + "; the store is mounted read-only here");
        case EACCES:
        case EPERM:
            throw DeniedError(what + "; ask the owner of that folder for access");
        case EFBIG:
            throw DeniedError(what + "; raise the limit on file sizes (ulimit -f)");
        case ELOOP:
            throw LayoutError(object + " is a symbolic link; a store's folder must hold none");
        case ENOTDIR:
            throw LayoutError(object + " lies below a file or a symbolic link; a store's folder must hold " +
                              "neither there");
        case EISDIR:
        case ENOTEMPTY:
            throw LayoutError(object + " is a folder; it should be a file");
        default:
            throw UnavailableError(what);
    }
}

}  // namespace bitx::remote
