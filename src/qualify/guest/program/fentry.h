// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::guest {

/// Attaches a BPF program to the entry of a function of vmlinux. Says "attached", waits for a signal, says
/// how often it ran. 3 when this kernel cannot do that.
int fentry(const char* function);

}  // namespace suture::guest
