#include "agent/model/model_name.hpp"

#include <string>

#include "agent/error.hpp"
#include "remote/error.hpp"

namespace bitx::agent {

ModelName parse_model_name(std::string_view text, std::string_view where) {
    try {
        return ModelName::parse(text);
    } catch (const remote::LayoutError& error) {
        throw Error(std::string(where) + ": " + error.what());
    }
}

}  // namespace bitx::agent
