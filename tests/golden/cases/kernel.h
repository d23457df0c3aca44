// SPDX-License-Identifier: Apache-2.0
//
// As much of a kernel as the cases need: what its macros leave behind in an object, in our own words. The
// layouts are those of 6.1 for x86-64, see src/delta/special_sections.cc.
#pragma once

#define noinline __attribute__((noinline))
#define notrace __attribute__((no_instrument_function))
#define always_inline inline __attribute__((always_inline))
#define section(name) __attribute__((section(name)))
#define __init section(".init.text") __attribute__((cold))
#define __initdata section(".init.data")
#define NULL ((void*)0)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define UNIQUE(name) PASTE(PASTE(__UNIQUE_ID_, name), __COUNTER__)

/* struct bug_entry: two relative pointers, line, flags. */
#define WARN()                                                      \
  asm volatile(                                                     \
      "1: ud2\n"                                                    \
      ".pushsection __bug_table,\"aw\"\n"                           \
      "2: .long 1b - .\n .long %c0 - .\n .word %c1\n .word 0x901\n" \
      ".popsection" ::"i"(__FILE__),                                \
      "i"(__LINE__))

/* A load which may fault: struct exception_table_entry. */
#define LOAD_USER(value, pointer, error)            \
  asm volatile(                                     \
      "1: mov (%2), %0\n"                           \
      "2:\n"                                        \
      ".pushsection __ex_table,\"a\"\n .balign 4\n" \
      " .long 1b - .\n .long 2b - .\n .long 3\n"    \
      ".popsection"                                 \
      : "=r"(value), "+r"(error)                    \
      : "r"(pointer))

#define LOCK_INC(counter)                                          \
  asm volatile(                                                    \
      ".pushsection .smp_locks,\"a\"\n .balign 4\n .long 1f - .\n" \
      ".popsection\n1: lock incl %0"                               \
      : "+m"(counter))

/* struct alt_instr: two relative pointers, feature, two lengths. */
#define ALTERNATIVE(old, new, feature) \
  asm volatile("1: " old "\n2:\n"                                                  \
               ".pushsection .altinstructions,\"a\"\n"                             \
               " .long 1b - .\n .long 3f - .\n .word " TEXT(feature) "\n"          \
               " .byte 2b - 1b\n .byte 4f - 3f\n"                                  \
               ".popsection\n"                                                     \
               ".pushsection .altinstr_replacement,\"ax\"\n"                       \
               "3: " new "\n4:\n.popsection")

/* struct jump_entry: two relative pointers to code, one to the key. */
struct static_key {
  int enabled;
};
static always_inline int static_branch(struct static_key* const key) {
  asm goto(
      "1: .byte 0x0f,0x1f,0x44,0x00,0x00\n"
      ".pushsection __jump_table,\"aw\"\n .balign 8\n"
      " .long 1b - .\n .long %l[yes] - .\n .quad %c0 - .\n"
      ".popsection" ::"i"(key)::yes);
  return 0;
yes:
  return 1;
}

/* A direct call that the kernel may redirect: struct static_call_site. */
#define STATIC_CALL(name)                        \
  asm volatile(                                  \
      ".pushsection .static_call_sites,\"aw\"\n" \
      " .long 1f - .\n .long __SCK__" #name      \
      " - .\n .popsection\n"                     \
      "1: call __SCT__" #name ::                 \
          : "memory", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11")

#define EXPORT_SYMBOL(name)                                                                               \
  static const char PASTE(__kstrtab_, name)[] section("__ksymtab_strings") __attribute__((used)) = #name; \
  static void* const PASTE(__ksymtab_, name) section("___ksymtab+" #name) __attribute__((used)) = (void*)&name

#define initcall(function)                                                                                  \
  static int (*const PASTE(__initcall_, function))(void) section(".initcall6.init") __attribute__((used)) = \
      function

int printk(const char* format, ...);
int foo(int);
int bar(int);
void* kmalloc(unsigned long size);
