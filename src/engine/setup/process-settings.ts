/**
 * Compiled into the binding beside its own sources: settings that TensorFlow takes only from inside the process.
 *
 * - TF_CPP_MIN_LOG_LEVEL does not reach messages that come before logging is initialised, which a library never is;
 *   this makes the variable mean for all messages what it says.
 */
export const processSettingsSource = `#include <cstdlib>
#include "absl/log/globals.h"

namespace {
struct ProcessSettings {
  ProcessSettings() {
    const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
    if (level != nullptr) absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(std::atoi(level)));
  }
} process_settings;
}  // namespace
`;
