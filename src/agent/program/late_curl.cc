// SPDX-License-Identifier: Apache-2.0
//
// libcurl, loaded when the first download begins rather than when the program does. Only the process without
// rights ever calls it, and it brings thirty libraries along: mapped into the idle daemon they would be some
// 4 MB of its resident memory, and as much code that runs as root for nothing. A program that this file is
// linked into finds these functions here, and so does not name libcurl at all.
//
// Each of them looks up its namesake and calls it. The header's macros would check the types of options, and
// are for callers.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace {

constexpr const char* kName = "libcurl.so.4";

/// Without it there is no way on: the package depends on it.
void* find(const char* function) {
  static void* const library = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  void* const found = library == nullptr ? nullptr : ::dlsym(library, function);
  if (found != nullptr) return found;
  fmt::print(stderr, "sutured: {} cannot be loaded: {}\n", kName, ::dlerror());
  ::_exit(1);
}

template <typename Function>
Function* late(Function* /*itself*/, const char* name) {
  return reinterpret_cast<Function*>(find(name));
}

}  // namespace

extern "C" {

CURLcode curl_global_init(long flags) {
  return late(curl_global_init, __func__)(flags);
}

CURL* curl_easy_init() {
  return late(curl_easy_init, __func__)();
}

void curl_easy_cleanup(CURL* curl) {
  late(curl_easy_cleanup, __func__)(curl);
}

void curl_easy_reset(CURL* curl) {
  late(curl_easy_reset, __func__)(curl);
}

CURLcode curl_easy_perform(CURL* curl) {
  return late(curl_easy_perform, __func__)(curl);
}

const char* curl_easy_strerror(CURLcode code) {
  return late(curl_easy_strerror, __func__)(code);
}

struct curl_slist* curl_slist_append(struct curl_slist* list, const char* text) {
  return late(curl_slist_append, __func__)(list, text);
}

void curl_slist_free_all(struct curl_slist* list) {
  late(curl_slist_free_all, __func__)(list);
}

time_t curl_getdate(const char* text, const time_t* unused) {
  return late(curl_getdate, __func__)(text, unused);
}

CURLM* curl_multi_init() {
  return late(curl_multi_init, __func__)();
}

CURLMcode curl_multi_cleanup(CURLM* multi) {
  return late(curl_multi_cleanup, __func__)(multi);
}

CURLMcode curl_multi_add_handle(CURLM* multi, CURL* curl) {
  return late(curl_multi_add_handle, __func__)(multi, curl);
}

CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* curl) {
  return late(curl_multi_remove_handle, __func__)(multi, curl);
}

CURLMcode curl_multi_perform(CURLM* multi, int* running) {
  return late(curl_multi_perform, __func__)(multi, running);
}

CURLMcode curl_multi_poll(CURLM* multi, struct curl_waitfd* more, unsigned count, int most, int* ready) {
  return late(curl_multi_poll, __func__)(multi, more, count, most, ready);
}

CURLMsg* curl_multi_info_read(CURLM* multi, int* left) {
  return late(curl_multi_info_read, __func__)(multi, left);
}

// An option's value is a pointer, a long or a curl_off_t: one word each where this is built for, and it comes
// in the same register whether or not the function says that there may be more.
static_assert(sizeof(void*) == sizeof(long) && sizeof(void*) == sizeof(curl_off_t));

CURLcode late_setopt(CURL* curl, CURLoption option, void* value) asm("curl_easy_setopt");
CURLcode late_getinfo(CURL* curl, CURLINFO info, void* value) asm("curl_easy_getinfo");

CURLcode late_setopt(CURL* curl, CURLoption option, void* value) {
  return late(curl_easy_setopt, "curl_easy_setopt")(curl, option, value);
}

CURLcode late_getinfo(CURL* curl, CURLINFO info, void* value) {
  return late(curl_easy_getinfo, "curl_easy_getinfo")(curl, info, value);
}

}  // extern "C"
