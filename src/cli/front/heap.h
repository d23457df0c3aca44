// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::cli {

/// For a program that runs for milliseconds: memory comes in large pages, where the kernel has them, and
/// stays until the end. To take pages of 4 kB as they are touched would be a third of all time in a virtual
/// machine. Where anything of this cannot be had, the heap is as usual.
void take_memory_in_large_pages();

}  // namespace suture::cli
