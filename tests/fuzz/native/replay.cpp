// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Feeds files to a target, without a fuzzer: what any compiler can build. Arguments: folders with inputs.
#include "input.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

int main(int count, char **arguments) {
  size_t passed = 0;
  for (int index = 1; index < count; index++) {
    std::vector<std::filesystem::path> names;
    for (const auto &entry : std::filesystem::directory_iterator(arguments[index]))
      names.push_back(entry.path());
    std::sort(names.begin(), names.end());
    for (const std::filesystem::path &name : names) {
      std::printf("%s\n", name.c_str());
      std::fflush(stdout); // The last one is the one that ended the process.
      std::ifstream file(name, std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
      passed++;
    }
  }
  std::printf("%zu passed, 0 failed\n", passed);
  return passed > 0 ? 0 : 1;
}
