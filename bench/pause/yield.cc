// SPDX-License-Identifier: Apache-2.0
#include "pause/yield.h"

#include <x86intrin.h>

#include "pause/group.h"

namespace suture::bench {

int yield(std::string_view verb, const char* path) {
  auto& group = *static_cast<Group*>(map_group(path, sizeof(Group), verb == "start"));
  if (verb == "start") {
    start_group(
        group, 1,
        [](void* argument) {
          ++static_cast<Group*>(argument)->ready;
          while (true) _mm_pause();
        },
        &group);
  } else if (verb == "stop") {
    end_group(group);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace suture::bench
