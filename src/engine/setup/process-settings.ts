/**
 * A native module of ours, loaded before the binding: it loads TensorFlow's base library and keeps one notice back.
 *
 * While that library is being loaded, before it has looked at TF_CPP_MIN_LOG_LEVEL, it announces that oneDNN is on.
 * The module catches what is written to standard error meanwhile and passes on everything but that announcement. With
 * TF_CPP_MIN_LOG_LEVEL=0 or unset it does nothing.
 */
export const processSettingsSource = `#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <string>
#include <unistd.h>

static bool is_notice(const std::string& line) {
  return line.find("absl::InitializeLog") != std::string::npos ||
         line.find("oneDNN custom operations are on") != std::string::npos;
}

static void pass_on(int from, int to) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(from, buffer, sizeof buffer)) > 0;) text.append(buffer, count);
  for (size_t start = 0; start < text.size();) {
    size_t newline = text.find('\\n', start);
    size_t end = newline == std::string::npos ? text.size() : newline + 1;
    std::string line = text.substr(start, end - start);
    if (!is_notice(line) && write(to, line.data(), line.size()) < 0) return;
    start = end;
  }
}

static void load_quietly(const std::string& library) {
  int real = dup(2);
  int ends[2];
  if (real < 0 || pipe(ends) != 0) return;
  for (int end : ends) fcntl(end, F_SETFL, O_NONBLOCK);
  dup2(ends[1], 2);
  dlopen(library.c_str(), RTLD_NOW);
  dup2(real, 2);
  pass_on(ends[0], real);
  close(ends[0]);
  close(ends[1]);
  close(real);
}

extern "C" NAPI_EXTERN napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  Dl_info self;
  if (level != nullptr && std::atoi(level) > 0 && dladdr((void*)&load_quietly, &self) != 0) {
    std::string path(self.dli_fname);
    load_quietly(path.substr(0, path.rfind('/') + 1) + FRAMEWORK_LIBRARY);
  }
  return exports;
}
`;
